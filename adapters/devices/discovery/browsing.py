"""Printers and scanners that announce themselves (DNS-SD over multicast DNS), by zeroconf.

The only module that loads zeroconf. Answers are data of strangers: the library bounds a packet, and
here the number of services, the time and what is taken of a record are bounded.
"""

import threading
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from adapters.devices.discovery.answers import Answers, SearchUnavailable
from hub.rules.devices.proposals import MOST, FoundDevice, address_of
from hub.rules.devices.reading import ESCL_SCANNER, PRINTER
from hub.texts import both

if TYPE_CHECKING:
    from zeroconf import ServiceInfo, Zeroconf

_TYPES: Final[Mapping[str, tuple[str, str]]] = {
    "_ipp._tcp": (PRINTER, "ipp"),
    "_ipps._tcp": (PRINTER, "ipps"),
    "_uscan._tcp": (ESCL_SCANNER, "http"),
    "_uscans._tcp": (ESCL_SCANNER, "https"),
}
"""Types of services, each with the kind of its device and the scheme of its address."""
_PATHS: Final = {PRINTER: (b"rp", "ipp/print"), ESCL_SCANNER: (b"rs", "eSCL")}
"""The key of the record that tells the path, and what it is where the record does not tell."""
_DETAILS: Final = 0.3
"""The part of the time that is kept to ask services for what they did not tell by themselves."""


def browse(within: timedelta) -> Answers:
    """Return what announces itself within a time. Raises SearchUnavailable."""
    try:
        from zeroconf import InterfaceChoice, IPVersion, ServiceBrowser, Zeroconf
    except ImportError:
        raise SearchUnavailable(both("discovery.no_zeroconf")) from None
    end = time.monotonic() + within.total_seconds()
    try:
        network = Zeroconf(interfaces=InterfaceChoice.All, ip_version=IPVersion.V4Only)
    except OSError as error:
        why = both("discovery.no_multicast")
        raise SearchUnavailable(why, error.strerror or "OSError") from None
    names: dict[str, str] = {}

    def heard(*, service_type: str, name: str, **_: object) -> None:
        if len(names) < MOST:
            names[name] = service_type

    try:
        types = [f"{it}.local." for it in _TYPES]
        browser = ServiceBrowser(network, types, handlers=[heard])
        threading.Event().wait(within.total_seconds() * (1 - _DETAILS))
        browser.cancel()
        return _answers_of(network, dict(names), end)
    finally:
        network.close()


def _answers_of(network: "Zeroconf", names: Mapping[str, str], end: float) -> Answers:
    from zeroconf import ServiceInfo

    found: list[FoundDevice] = []
    unusable = 0
    for name, service_type in names.items():
        info = ServiceInfo(service_type, name)
        left = round((end - time.monotonic()) * 1000)
        if not info.load_from_cache(network) and (left <= 0 or not info.request(network, left)):
            unusable += 1
            continue
        device = _device(info, service_type.removesuffix(".local."))
        unusable += device is None
        found += [device] if device else []
    return Answers(found=found, unusable=unusable)


def _device(info: "ServiceInfo", service_type: str) -> FoundDevice | None:
    from zeroconf import IPVersion

    kind, scheme = _TYPES[service_type]
    key, usual = _PATHS[kind]
    path = _word(info, key) or usual
    hosts = info.parsed_addresses(IPVersion.V4Only)
    addresses = (address_of(scheme, host, info.port or 0, path) for host in hosts)
    address = next(filter(None, addresses), "")
    if not address:
        return None
    return FoundDevice(
        kind=kind,
        address=address,
        model=_word(info, b"ty"),
        place=_word(info, b"note"),
        how=service_type,
    )


def _word(info: "ServiceInfo", key: bytes) -> str:
    return (info.properties.get(key) or b"").decode("utf-8", "replace").strip()
