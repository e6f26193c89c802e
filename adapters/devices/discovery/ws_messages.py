"""The SOAP of WS-Discovery (2005/04, as ONVIF and Windows speak it): a probe and its answers. Pure.

An answer counts for the address that it came from: a place that it names elsewhere is nobody's.
"""

from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote, urlsplit

from lxml import etree

from adapters.wire.xml import parse
from hub.messages.invalid import InvalidMessage
from hub.rules.devices.proposals import FoundDevice, address_of
from hub.rules.devices.reading import CAMERA, PRINTER

SOAP: Final = "http://www.w3.org/2003/05/soap-envelope"
WSA: Final = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
WSD: Final = "http://schemas.xmlsoap.org/ws/2005/04/discovery"
ONVIF: Final = "http://www.onvif.org/ver10/network/wsdl"
PRINT: Final = "http://schemas.microsoft.com/windows/2006/08/wdp/print"
LARGEST: Final = 16 * 1024
"""Bytes of one answer; a device's own fit into one packet."""
_TYPES: Final = {
    CAMERA: f'<d:Types xmlns:t="{ONVIF}">t:NetworkVideoTransmitter</d:Types>',
    PRINTER: f'<d:Types xmlns:t="{PRINT}">t:PrintDeviceType</d:Types>',
}
_HOW: Final = "WS-Discovery"
_SCOPE: Final = "onvif://www.onvif.org/"
_NAMES: Final = {"s": SOAP, "a": WSA, "d": WSD}


class NoAnswer(Exception):
    """The packet is no answer to one of our probes."""


def probe(kind: str, message_id: str) -> bytes:
    """Return the packet that asks for devices of a kind."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<s:Envelope xmlns:s="{SOAP}" xmlns:a="{WSA}" xmlns:d="{WSD}"><s:Header>'
        f"<a:MessageID>{message_id}</a:MessageID>"
        "<a:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To>"
        f"<a:Action>{WSD}/Probe</a:Action></s:Header>"
        f"<s:Body><d:Probe>{_TYPES[kind]}</d:Probe></s:Body></s:Envelope>"
    ).encode()


def read_answer(packet: bytes, sender: str, *, kinds: dict[str, str]) -> list[FoundDevice]:
    """Return the devices of an answer; `kinds`: what was queried for, by the ids of our probes.

    Raises NoAnswer. An answer without a place that can be used has no device.
    """
    if len(packet) > LARGEST:
        raise NoAnswer(f"more than {LARGEST} bytes")
    try:
        root = parse(packet)
    except InvalidMessage as error:
        raise NoAnswer(error.where) from None
    queried = (root.findtext("s:Header/a:RelatesTo", "", _NAMES) or "").strip()
    if root.tag != f"{{{SOAP}}}Envelope" or queried not in kinds:
        raise NoAnswer("it answers no probe of ours")
    matches = root.iterfind("s:Body/d:ProbeMatches/d:ProbeMatch", _NAMES)
    found = (_device(match, kinds[queried], sender) for match in matches)
    return [it for it in found if it is not None]


def _device(match: etree._Element, kind: str, sender: str) -> FoundDevice | None:
    scopes = list(_scopes(match))
    if kind == PRINTER:
        # Windows' own protocol for printers is not ours; most of them speak IPP at this place, too.
        address = address_of("ipp", sender, 631, "/ipp/print")
        return FoundDevice(kind=kind, address=address, how=_HOW, is_guess=True) if address else None
    address = next(filter(None, (_own(it, sender) for it in _words(match, "d:XAddrs"))), "")
    if not address:
        return None
    return FoundDevice(
        kind=kind,
        address=address,
        model=" ".join(it for name, it in scopes if name in ("name", "hardware")),
        place=" ".join(it for name, it in scopes if name == "location"),
        how=_HOW,
    )


def _own(place: str, sender: str) -> str:
    """Return a place that a device names, "" where it is not at the sender's address."""
    try:
        parts = urlsplit(place)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    except ValueError:
        return ""
    own = parts.scheme in ("http", "https") and parts.hostname == sender and not parts.query
    return address_of(parts.scheme, sender, port, parts.path) if own else ""


def _scopes(match: etree._Element) -> Iterator[tuple[str, str]]:
    for scope in _words(match, "d:Scopes"):
        name, _, value = scope.removeprefix(_SCOPE).partition("/")
        if scope.startswith(_SCOPE):
            yield name, unquote(value, errors="replace")


def _words(match: etree._Element, path: str) -> list[str]:
    return (match.findtext(path, "", _NAMES) or "").split()
