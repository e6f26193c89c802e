"""The partners of an installation: each that has an address in the settings, as a destination.

A part of the composition root: with it, the only place that knows the concrete partners. A command
that asks partners needs this and not a whole hub; an adapter, with its SOAP library, is loaded
only where its partner has an address.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hub.messages.partners import BY_SHORT
from hub.ports import ContractReader, Destination, DriftObserver, ignore_drift
from hub.rules.calls.traits import Traits
from hub.settings import OF_PROFILE, Settings, SettingsError, seconds
from hub.texts import text

if TYPE_CHECKING:
    from adapters.provincial.settings import ProvincialSettings
    from adapters.town_center.settings import TownSettings
    from adapters.wire.profile import Loaded
    from adapters.wire.profile.show import ProfileRow


_WAY = {
    "ca_file": ("tls", "ca_file"),
    "certificate_file": ("tls", "client_certificate"),
    "key_file": ("tls", "client_key"),
    "proxy": ("proxy", "url"),
    "proxy_password_file": ("proxy", "password_file"),
}
"""Settings of a partner, behind its name, that stand for a key of its profile."""


def make_destinations(
    settings: Settings, *, observe: DriftObserver = ignore_drift
) -> list[Destination]:
    """Return the partners that have an address; raises SettingsError for a broken profile.

    `observe` gets the drift of their replies.
    """
    made: list[Destination] = []
    _check_unused(settings)
    if settings.province_url:
        from adapters.provincial.destination import ProvincialDestination

        made.append(ProvincialDestination(province_settings(settings), observe=observe))
    if settings.town_url:
        from adapters.town_center.destination import TownCenter

        made.append(TownCenter(town_settings(settings), observe=observe))
    return made


def _check_unused(settings: Settings) -> None:
    """Refuse a broken profile also of a partner that is not connected yet."""
    for partner in BY_SHORT:
        if settings.partner_profile(partner) and not settings.partner_url(partner):
            profile_of(settings, partner)


def make_contract_readers(settings: Settings) -> list[ContractReader]:
    """Return what reads the contracts that partners serve; raises SettingsError.

    Without those of which the profile names no address.
    """
    made: list[ContractReader | None] = []
    if settings.province_url:
        from adapters.provincial import served_contract as province

        made.append(province.contract_reader(province_settings(settings)))
    if settings.town_url:
        from adapters.town_center import served_contract as town

        made.append(town.contract_reader(town_settings(settings)))
    return [reader for reader in made if reader is not None]


def traits_of(settings: Settings) -> dict[str, Traits]:
    """Return what each destination that has an address promises of its calls, by its name."""
    from hub.bootstrap.devices.printers import make_printers

    destinations = [*make_destinations(settings), *make_printers(settings)]
    try:
        return {destination.name: destination.traits for destination in destinations}
    finally:
        for destination in destinations:
            destination.close()


def province_settings(settings: Settings) -> "ProvincialSettings":
    """Return the province's part of the settings."""
    from adapters.provincial.settings import ProvincialSettings
    from adapters.wire.ws_security import SecuritySettings

    return ProvincialSettings(
        url=settings.province_url,
        mode=settings.province_mode,
        username=settings.province_username,
        password=settings.province_password,
        agency=settings.province_agency,
        file_base_url=f"{settings.own_url}/files",
        connect_timeout=seconds(settings.connect_timeout),
        reply_timeout=seconds(settings.reply_timeout),
        concurrency=settings.concurrency,
        profile=province_profile(settings).profile,
        security=SecuritySettings(
            certificate=_file(settings.province_ws_certificate_file),
            key=_file(settings.province_ws_key_file),
            username=settings.province_ws_username,
            password=settings.province_ws_password,
            secret_form=settings.province_ws_password_form,
        ),
    )


def _file(name: str) -> Path | None:
    return Path(name) if name else None


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
        profile=town_profile(settings).profile,
    )


def province_profile(settings: Settings, proposal: str = "") -> "Loaded":
    """Return the province's profile; raises SettingsError with every problem.

    `proposal` is the text of a file that is laid over it.
    """
    from adapters.provincial.profile import load

    over = _way_to(settings, "province")
    if settings.province_request_id != OF_PROFILE:
        over["echo", "header"] = ("HUB_PROVINCE_REQUEST_ID", settings.province_request_id)
    return _loaded(
        load,
        "HUB_PROVINCE_PROFILE",
        settings.province_profile,
        settings.province_url,
        settings=over,
        proposal=proposal,
    )


def town_profile(settings: Settings, proposal: str = "") -> "Loaded":
    """Return the town's profile, see `province_profile`."""
    from adapters.town_center.profile import load

    own, url = settings.town_profile, settings.town_url
    over = _way_to(settings, "town")
    return _loaded(load, "HUB_TOWN_PROFILE", own, url, settings=over, proposal=proposal)


PROFILES: "dict[str, Callable[[Settings, str], Loaded]]" = {
    "province": province_profile,
    "town": town_profile,
}
"""By the partner's short name, what reads its profile."""


def profile_of(settings: Settings, partner: str, proposal: str = "") -> "Loaded":
    """Return a partner's profile, by its short name; see `province_profile`."""
    return PROFILES[partner](settings, proposal)


def _way_to(settings: Settings, partner: str) -> dict[tuple[str, ...], tuple[str, object]]:
    """Return what the settings say of certificates and proxy, by the key of the profile."""
    found: dict[tuple[str, ...], tuple[str, object]] = {}
    for name, key in _WAY.items():
        value = getattr(settings, f"{partner}_{name}")
        if value not in ("", OF_PROFILE):
            found[key] = (f"HUB_{partner.upper()}_{name.upper()}", value)
    return found


def own_certificates(settings: Settings) -> dict[str, Path]:
    """Return the hub's own certificates by what they are for, e.g. the gateway or a partner."""
    return {what: certificate for what, (certificate, _) in own_pairs(settings).items()}


def own_pairs(settings: Settings) -> dict[str, tuple[Path, Path]]:
    """Return the same with their private keys."""
    tls = {name: it.profile.tls for name, it in _connected_profiles(settings).items()}
    shown = {name: (it.client_certificate, it.client_key) for name, it in tls.items()}
    shown["gateway"] = settings.http_certificate_file, settings.http_key_file
    shown["replies"] = settings.signing_certificate_file, settings.signing_key_file
    signing = settings.province_ws_certificate_file, settings.province_ws_key_file
    shown["calls to the province"] = signing
    return {what: (Path(one), Path(key)) for what, (one, key) in shown.items() if one}


def pull_by_password(settings: Settings) -> bool:
    """Tell whether a partner shows the file token as a password."""
    loaded = _connected_profiles(settings).values()
    return any(it.profile.files.partner_pulls_with == "basic" for it in loaded)


def _connected_profiles(settings: Settings) -> "dict[str, Loaded]":
    """Return the profiles of the partners that have an address, by the partner's name."""
    return {
        name: profile_of(settings, partner)
        for partner, name in BY_SHORT.items()
        if settings.partner_url(partner)
    }


def profile_rows(settings: Settings, partner: str) -> "list[ProfileRow]":
    """Return a partner's profile as a person reads it; raises SettingsError."""
    from adapters.wire.profile.show import rows

    return rows(profile_of(settings, partner))


def _loaded(load: Any, setting: str, own: str, url: str, **rest: Any) -> "Loaded":
    from adapters.wire.connections import check_proxy
    from adapters.wire.profile import ProfileBroken

    try:
        found: Loaded = load(Path(own) if own else None, **rest)
    except ProfileBroken as broken:
        problem = text("settings_problems.profile", problems=broken)
        raise SettingsError(f"{setting}: {problem}") from broken
    try:
        check_proxy(found.profile.proxy, url)
    except ValueError as error:
        raise SettingsError(str(error)) from None
    return found
