"""The partners of an installation: each that has an address in the settings, as a destination.

A part of the composition root: with it, the only place that knows the concrete partners. A command
that asks partners needs this and not a whole hub; an adapter, with its SOAP library, is loaded
only where its partner has an address.
"""

from typing import TYPE_CHECKING

from hub.ports import Destination
from hub.rules.traits import Traits
from hub.settings import Settings, seconds

if TYPE_CHECKING:
    from adapters.town_center.settings import TownSettings


def make_destinations(settings: Settings) -> list[Destination]:
    """Return the partners that have an address."""
    connect, reply = seconds(settings.connect_timeout), seconds(settings.reply_timeout)
    made: list[Destination] = []
    if settings.province_url:
        from adapters.provincial.destination import ProvincialDestination
        from adapters.provincial.settings import ProvincialSettings

        made.append(
            ProvincialDestination(
                ProvincialSettings(
                    url=settings.province_url,
                    mode=settings.province_mode,
                    username=settings.province_username,
                    password=settings.province_password,
                    agency=settings.province_agency,
                    ca_file=settings.province_ca_file or None,
                    request_id=settings.province_request_id,
                    file_base_url=f"{settings.own_url}/files",
                    connect_timeout=connect,
                    reply_timeout=reply,
                    concurrency=settings.concurrency,
                )
            )
        )
    if settings.town_url:
        from adapters.town_center.destination import TownCenter

        made.append(TownCenter(town_settings(settings)))
    return made


def traits_of(settings: Settings) -> dict[str, Traits]:
    """Return what each partner that has an address promises of its calls, by its name."""
    destinations = make_destinations(settings)
    try:
        return {destination.name: destination.traits for destination in destinations}
    finally:
        for destination in destinations:
            destination.close()


def town_settings(settings: Settings) -> "TownSettings":
    """Return the town's part of the settings."""
    from adapters.town_center.settings import TownSettings

    return TownSettings(
        url=settings.town_url,
        client_id=settings.town_client_id,
        client_secret=settings.town_client_secret,
        callback_secret=settings.town_callback_secret,
        file_base_url=f"{settings.own_url}/files",
        connect_timeout=seconds(settings.connect_timeout),
        reply_timeout=seconds(settings.reply_timeout),
        concurrency=settings.concurrency,
    )
