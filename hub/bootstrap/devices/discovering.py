"""Searches for devices in each way that there is, all at once, within one time."""

import ipaddress
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from adapters.devices.discovery.answers import Answers, SearchUnavailable
from adapters.devices.secret_file import secret
from hub.bootstrap.devices.kinds import device_settings
from hub.rules.devices.proposals import ProposedDevice, proposals
from hub.rules.failures.error_summary import describe_error
from hub.settings import Settings
from hub.texts import both

MOST_ADDRESSES: Final = 256
PUBLIC: Final = "public"
"""The community that devices come with."""
BROWSING, PROBING, SNMP = "zeroconf", "WS-Discovery", "SNMP"

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What is searched, and how long."""

    within: timedelta
    network: Network | None = None
    """Whose addresses are queried by SNMP; None for none."""
    community_file: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """What a search gave."""

    proposals: list[ProposedDevice]
    queried: Mapping[str, Answers]
    """By the name of the way."""
    not_queried: Mapping[str, SearchUnavailable]


def network_of(written: str) -> Network:
    """Return a network whose addresses may be queried. Raises ValueError."""
    found = ipaddress.ip_network(written, strict=False)
    if found.num_addresses > MOST_ADDRESSES:
        raise ValueError(written)
    return found


def discover(settings: Settings, search: Search) -> Discovery:
    """Search and return what there is. Raises SettingsError for a file of devices without use."""
    known = device_settings(settings)
    ways: Mapping[str, Callable[[Search], Answers]] = {
        BROWSING: _browse,
        PROBING: _probe,
        SNMP: _identify,
    }
    with ThreadPoolExecutor(len(ways), "discover") as pool:
        running = {way: pool.submit(_tried, it, search) for way, it in ways.items()}
        ended = {way: it.result() for way, it in running.items()}
    queried = {way: it for way, it in ended.items() if isinstance(it, Answers)}
    return Discovery(
        proposals=proposals((one for it in queried.values() for one in it.found), known),
        queried=queried,
        not_queried={way: it for way, it in ended.items() if isinstance(it, SearchUnavailable)},
    )


def _tried(way: Callable[[Search], Answers], search: Search) -> Answers | SearchUnavailable:
    try:
        return way(search)
    except SearchUnavailable as error:
        return error
    except Exception as error:  # a stranger's packet in whatever library: the other ways go on
        return SearchUnavailable(both("discovery.failed"), describe_error(error))


def _browse(search: Search) -> Answers:
    from adapters.devices.discovery.browsing import browse

    return browse(search.within)


def _probe(search: Search) -> Answers:
    from adapters.devices.discovery.probing import probe_network

    return probe_network(search.within)


def _identify(search: Search) -> Answers:
    if search.network is None:
        raise SearchUnavailable(both("discovery.no_network"))
    from adapters.devices.photocopier.identifying import identify

    try:
        community = secret(search.community_file) if search.community_file else PUBLIC
    except (OSError, ValueError) as error:
        why = both("device_findings.copier_secret_unusable")
        raise SearchUnavailable(why, f"{search.community_file}: {type(error).__name__}") from None
    addresses = [*search.network.hosts()] or [search.network.network_address]
    return identify(addresses, community, search.within, community_file=search.community_file)
