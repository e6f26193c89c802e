"""What a client of the hub is, and what it may: operations, agencies, addresses, calls a minute
and at once.

Pure: knows no store and no secret. Whether the caller is the client was proven before.
"""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace

from hub.rules.clients.rights import RIGHTS
from hub.texts import Text, both, joined

ANY = "*"
"""Stands for every operation, or for every agency; it is written, never assumed."""
MOST_CALLS = 1_000_000
MOST_AT_ONCE = 1_000
_ID = re.compile(r"[a-z][a-z0-9-]{1,39}")
_AGENCY = re.compile(r"[A-Z0-9]+(?:[.-][A-Z0-9]+)*")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class NotAClient(ValueError):
    """What was given of a client cannot be one; `text` lists every problem, one a line."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A client and its rights."""

    id: str
    """Short name, e.g. `province-portal`; it stands in the audit."""
    operations: frozenset[str]
    """Names of `RIGHTS`, or `ANY`."""
    agencies: frozenset[str]
    """Agency codes that the client may act for, or `ANY`."""
    addresses: tuple[str, ...] = ()
    """Networks (CIDR) that it may call from; none: from anywhere."""
    calls_per_minute: int = 0
    """How many calls within any 60 seconds; 0: no limit."""
    calls_at_once: int = 0
    """How many calls the gateway works on at the same time, all processes together; 0: no limit."""
    must_sign: bool = False
    """Whether each call must be signed (WS-Security X.509); then only SOAP is left."""
    signed_replies: bool = False
    """Whether the hub signs its replies by SOAP."""

    def allows_operation(self, operation: str) -> bool:
        """Return whether the client may call the operation."""
        return not self.operations.isdisjoint((operation, ANY))

    def allows_agency(self, agency: str) -> bool:
        """Return whether the client may act for the agency."""
        return not self.agencies.isdisjoint((agency, ANY))

    def allows_address(self, address: str) -> bool:
        """Return whether the client may call from the address; an unreadable one is no address."""
        if not self.addresses:
            return True
        return is_in(address, tuple(map(ipaddress.ip_network, self.addresses)))


@dataclass(frozen=True, slots=True, kw_only=True)
class RightsChange:
    """Rights that a client gets instead of those that it has; None leaves a right as it is."""

    operations: frozenset[str] | None = None
    agencies: frozenset[str] | None = None
    addresses: tuple[str, ...] | None = None
    calls_per_minute: int | None = None
    calls_at_once: int | None = None
    must_sign: bool | None = None
    signed_replies: bool | None = None

    def of(self, client: Client) -> Client:
        """Return the client as it is afterwards; raises NotAClient."""
        given = {right.name: getattr(self, right.name) for right in fields(self)}
        changed = {name: value for name, value in given.items() if value is not None}
        return checked(replace(client, **changed))


def differences(before: Client, after: Client) -> str:
    """Return which rights differ, for the audit: `calls_per_minute 60 -> 120`; "" for none."""
    found = []
    for right in fields(RightsChange):
        old, new = (_shown(getattr(client, right.name)) for client in (before, after))
        if old != new:
            found.append(f"{right.name} {old} -> {new}")
    return "; ".join(found)


def _shown(value: object) -> str:
    if isinstance(value, frozenset | tuple):
        return ",".join(sorted(value)) or "anywhere"
    return str(value)


def is_in(address: str, networks: Iterable[Network]) -> bool:
    """Return whether an address is in one of the networks.

    An IPv4 caller at an IPv6 socket (`::ffff:10.0.0.1`) counts by its IPv4 address.
    """
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(known, ipaddress.IPv6Address) and known.ipv4_mapped is not None:
        known = known.ipv4_mapped
    return any(known in network for network in networks)


def networks(text: str) -> tuple[Network, ...]:
    """Return the networks of a list with commas; raises ValueError."""
    return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())


def checked(client: Client) -> Client:
    """Return the client with its networks in one writing; raises NotAClient."""
    problems: list[Text] = []
    if not _ID.fullmatch(client.id):
        problems.append(both("clients.bad_id", id=repr(client.id)))
    known = RIGHTS.keys() | {ANY}
    shown = ", ".join(sorted(known))
    problems += [
        both("clients.bad_operation", name=repr(name), known=shown)
        for name in sorted(client.operations - known)
    ]
    if not client.operations:
        problems.append(both("clients.no_operation"))
    if not client.agencies:
        problems.append(both("clients.no_agency", any=ANY))
    problems += [
        both("clients.bad_agency", code=repr(code))
        for code in sorted(client.agencies)
        if not _is_agency(code)
    ]
    addresses = []
    for text in client.addresses:
        try:
            addresses.append(str(ipaddress.ip_network(text)))
        except ValueError:
            problems.append(both("clients.bad_network", text=repr(text)))
    if not 0 <= client.calls_per_minute <= MOST_CALLS:
        problems.append(both("clients.bad_rate", most=MOST_CALLS))
    if not 0 <= client.calls_at_once <= MOST_AT_ONCE:
        problems.append(both("clients.bad_at_once", most=MOST_AT_ONCE))
    if problems:
        raise NotAClient(joined("\n", problems))
    return replace(client, addresses=tuple(addresses))


def _is_agency(code: str) -> bool:
    return code == ANY or (len(code) <= 40 and _AGENCY.fullmatch(code) is not None)
