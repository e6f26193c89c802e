"""Tables of the file of devices for devices that answered a search. Pure.

What a device says of itself is a stranger's text. An address is taken only where the file of
devices would take it, and of any other word only what a terminal can show is left. So whatever
comes in, the tables are TOML with these values and nothing else.
"""

import ipaddress
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlsplit

from hub.rules.devices.reading import (
    CAMERA,
    ESCL_SCANNER,
    KINDS,
    OF_SETTINGS,
    PHOTOCOPIER,
    PRINTER,
    DeviceSettings,
)
from hub.rules.toml.values import Unusable
from hub.texts import text

MOST: Final = 200
"""Devices of one search: a ward has a dozen, and a liar has no end."""
_LONGEST: Final = 80
"""Signs of a word of a device that are shown."""
_NAMES: Final = {PRINTER: "printer", ESCL_SCANNER: "mfp", PHOTOCOPIER: "copier", CAMERA: "camera"}
_PORTS: Final = {"ipp": 631, "ipps": 631, "http": 80, "https": 443, "snmp": 161}
_PATH: Final = re.compile(r"(?:/[A-Za-z0-9._~-]+)*/?", re.ASCII)
_SECRETS: Final = {
    "user": '"hub"',
    "password_file": '"/etc/hub/{name}-password"',
    "community_file": '"/etc/hub/{name}-community"',
}
"""What an officer fills in: a search knows no secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundDevice:
    """A device that answered, in its own words."""

    kind: str
    address: str
    model: str = ""
    place: str = ""
    how: str
    """The way by which it answered, e.g. `_ipp._tcp`."""
    is_guess: bool = False
    """Whether the device did not tell the address, only that it is there."""
    community_file: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedDevice:
    """A table that is proposed, or a device that has one."""

    name: str
    """In the file of devices; a new one where the device has none."""
    is_known: bool
    device: FoundDevice
    also: tuple[str, ...] = ()
    """Other addresses of the same device."""

    @property
    def values(self) -> dict[str, str]:
        """What its table holds."""
        it = self.device
        given = {"place": it.place, "address": it.address, "community_file": it.community_file}
        return {"kind": it.kind, **{key: value for key, value in given.items() if value}}

    @property
    def missing(self) -> tuple[str, ...]:
        """Keys that the officer fills in."""
        wanted = KINDS[self.device.kind].needed
        if self.device.kind == PHOTOCOPIER:
            wanted = (*wanted, "community_file")
        return tuple(key for key in wanted if key not in self.values)


def address_of(scheme: str, host: str, port: int, path: str) -> str:
    """Return an address of the numbers that a device gave, "" where they make none.

    A host is an IP address of the inside: a name could be anybody's, and an address outside is none
    of a device at the counter.
    """
    try:
        known = ipaddress.ip_address(host)
    except ValueError:
        return ""
    path = path if path.startswith("/") or not path else f"/{path}"
    inside = known.is_private or known.is_loopback or known.is_link_local
    usable = inside and not known.is_unspecified and not known.is_multicast
    if not usable or not 0 < port < 2**16 or not _PATH.fullmatch(path) or ".." in path:
        return ""
    shown = f"[{known}]" if known.version == 6 else str(known)
    return f"{scheme}://{shown}{'' if port == _PORTS[scheme] else f':{port}'}{path}"


def proposals(
    found: Iterable[FoundDevice], known: Sequence[DeviceSettings]
) -> list[ProposedDevice]:
    """Return each device once, those with a table first, without any that has no usable address."""
    taken = {it.name for it in known} | set(OF_SETTINGS)
    made: list[ProposedDevice] = []
    for it in _once(found):
        first, also = it
        configured = next((one.name for one in known if _is_same(first, also, one)), "")
        name = configured or _free_name(first.kind, taken)
        taken.add(name)
        made.append(ProposedDevice(name=name, is_known=bool(configured), device=first, also=also))
    return sorted(made, key=lambda it: not it.is_known)


def as_toml(proposed: ProposedDevice) -> str:
    """Return the table of a proposal, or comments for a device that has one."""
    it = proposed.device
    about = text("discovery.about", model=it.model or "-", how=it.how)
    if proposed.is_known:
        known = text("discovery.known", name=proposed.name, address=it.address)
        return f"# {known}\n# {about}\n"
    lines = [f"# {about}"]
    if it.is_guess:
        lines.append(f"# {text('discovery.guessed')}")
    lines += [f"# {text('discovery.also', address=other)}" for other in proposed.also]
    lines.append(f"[{proposed.name}]")
    lines += [f"{key} = {_quoted(value)}" for key, value in proposed.values.items()]
    if proposed.missing:
        lines.append(f"# {text('discovery.fill_in')}")
        lines += [
            f"# {key} = {_SECRETS[key].format(name=proposed.name)}" for key in proposed.missing
        ]
    return "\n".join([*lines, ""])


def _once(found: Iterable[FoundDevice]) -> Iterator[tuple[FoundDevice, tuple[str, ...]]]:
    """Yield each device with its other addresses: by TLS and without, by two ways."""
    usable = [made for it in found if (made := _cleaned(it))][:MOST]
    rest = sorted(dict.fromkeys(usable), key=lambda it: (it.is_guess, _scheme(it)[-1] == "s"))
    while rest:
        first, *others = rest
        same = [it for it in others if _are_one(first, it)]
        rest = [it for it in others if it not in same]
        yield first, tuple(dict.fromkeys(it.address for it in same if it.address != first.address))


def _cleaned(it: FoundDevice) -> FoundDevice | None:
    """Return a device with words that can be shown, None without an address that can be used."""
    try:
        KINDS[it.kind].keys["address"](it.address)
    except Unusable:
        return None
    if not it.address or set("\"'\\\\#") & set(it.address):
        return None
    return replace(it, model=_shown(it.model), place=_shown(it.place), how=_shown(it.how))


def _shown(words: str) -> str:
    """Return what can be shown of a device's words: in one line, no sign that steers a terminal."""
    plain = "".join(it if it.isprintable() else " " for it in words[: 4 * _LONGEST])
    return unicodedata.normalize("NFC", " ".join(plain.split()))[:_LONGEST].strip()


def _are_one(one: FoundDevice, other: FoundDevice) -> bool:
    if one.kind != other.kind or _host(one.address) != _host(other.address):
        return False
    by_two_ways = _scheme(one) != _scheme(other) and _path(one) == _path(other)
    return one.address == other.address or by_two_ways or other.is_guess


def _is_same(first: FoundDevice, also: Sequence[str], known: DeviceSettings) -> bool:
    address = str(known.values.get("address", ""))
    places = {_place(it) for it in (first.address, *also)}
    return known.kind == first.kind and _place(address) in places


def _place(address: str) -> tuple[str, int]:
    parts = urlsplit(address)
    return parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0)


def _host(address: str) -> str:
    return urlsplit(address).hostname or ""


def _scheme(it: FoundDevice) -> str:
    return urlsplit(it.address).scheme


def _path(it: FoundDevice) -> str:
    return urlsplit(it.address).path.strip("/")


def _free_name(kind: str, taken: set[str]) -> str:
    number = 1
    while (name := f"{_NAMES[kind]}-{number}") in taken:
        number += 1
    return name


def _quoted(value: str) -> str:
    """Return a basic string of TOML; no control character is left in `value`."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
