"""Reads columns of a device by SNMP v2c or v3: GETBULK only, nothing is ever set.

Beside it only `identifying` and the drill's `agent` load pysnmp. Every walk has an end: a device
that repeats itself, leaves the column or has no last row is cut, and the whole reading has one time
limit.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from pyasn1.error import PyAsn1Error
from pysnmp.error import PySnmpError
from pysnmp.hlapi.v3arch import asyncio as pysnmp

WITHIN: Final = timedelta(seconds=20)
"""For all columns together; less than a check may take."""
REPLY_TIMEOUT: Final = timedelta(seconds=2)
RETRIES: Final = 1
MOST_ROWS: Final = 200
"""Of one column: no photocopier has as many trays, supplies or alerts."""
MOST_BYTES: Final = 256
"""Of one value."""
PORT: Final = 161
_A_TIME: Final = 8
_DIGESTS: Final = {"sha": pysnmp.USM_AUTH_HMAC96_SHA, "sha256": pysnmp.USM_AUTH_HMAC192_SHA256}

Oid = tuple[int, ...]


class NoAnswer(Exception):
    """Nothing came within the time: the device is away, or it does not know the community."""


class Refused(Exception):
    """The device answers and refuses; the text names how, without a secret."""


class WrongReply(Exception):
    """What came is no reply that SNMP allows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SnmpLogin:
    """How the hub signs in: by a community (v2c), or by a user and its passwords (v3)."""

    community: str = ""
    user: str = ""
    password: str = ""
    privacy_password: str = ""
    """"" for replies that are signed and not encrypted."""
    digest: str = "sha256"

    def __repr__(self) -> str:
        return "SnmpLogin(...)"  # a dataclass would print the secrets


def read_columns(address: str, login: SnmpLogin, columns: Sequence[Oid]) -> dict[Oid, int | bytes]:
    """Return the values of columns at snmp://host[:port], by their whole OIDs.

    A column that the device does not have is missing. Raises NoAnswer, Refused and WrongReply.
    """
    try:
        return asyncio.run(_read(address, login, columns))
    except TimeoutError:
        raise NoAnswer(f"no end within {WITHIN.total_seconds():.0f} s") from None
    except (PySnmpError, PyAsn1Error) as error:
        # Its text may hold the packet, and a packet the community.
        raise WrongReply(type(error).__name__) from None


async def _read(address: str, login: SnmpLogin, columns: Sequence[Oid]) -> dict[Oid, int | bytes]:
    engine = pysnmp.SnmpEngine()
    try:
        async with asyncio.timeout(WITHIN.total_seconds()):
            target = await _target(address)
            found: dict[Oid, int | bytes] = {}
            for column in columns:
                found |= await _column(engine, _credentials(login), target, column)
            return found
    finally:
        engine.close_dispatcher()


async def _target(address: str) -> Any:
    parts = urlsplit(address)
    host = parts.hostname or ""
    kind = pysnmp.Udp6TransportTarget if ":" in host else pysnmp.UdpTransportTarget
    timeout = REPLY_TIMEOUT.total_seconds()
    try:
        return await kind.create((host, parts.port or PORT), timeout=timeout, retries=RETRIES)
    except PySnmpError:
        raise NoAnswer("the name is not known") from None


def _credentials(login: SnmpLogin) -> Any:
    if not login.user:
        # Many photocopiers have nothing better; the hub reads no secret over it, and sets nothing.
        return pysnmp.CommunityData(login.community, mpModel=1)  # noqa: S508
    private = {
        "privKey": login.privacy_password,
        "privProtocol": pysnmp.USM_PRIV_CFB128_AES,
    }
    return pysnmp.UsmUserData(
        login.user,
        authKey=login.password,
        authProtocol=_DIGESTS[login.digest],
        **(private if login.privacy_password else {}),
    )


async def _column(engine: Any, login: Any, target: Any, column: Oid) -> dict[Oid, int | bytes]:
    found: dict[Oid, int | bytes] = {}
    last = column
    while len(found) < MOST_ROWS:
        rows = await _next_rows(engine, login, target, last)
        for oid, value in rows:
            if oid[: len(column)] != column or value is None:
                return found
            if oid <= last:
                raise WrongReply("the rows are not in order")
            found[oid] = value
            last = oid
        if not rows:
            return found
    raise WrongReply(f"more than {MOST_ROWS} rows")


async def _next_rows(
    engine: Any, login: Any, target: Any, after: Oid
) -> list[tuple[Oid, int | bytes | None]]:
    wanted = pysnmp.ObjectType(pysnmp.ObjectIdentity(after))
    problem, status, _, rows = await pysnmp.bulk_cmd(
        engine, login, target, pysnmp.ContextData(), 0, _A_TIME, wanted, lookupMib=False
    )
    if problem:
        name = type(problem).__name__
        raise NoAnswer(name) if name == "RequestTimedOut" else Refused(name)
    if status:
        raise Refused(status.prettyPrint()[:60])
    return [(tuple(oid), _plain(value)) for oid, value in rows]


def _plain(value: Any) -> int | bytes | None:
    """Return a value as a number or bytes; None where the device has no more."""
    if isinstance(value, pysnmp.EndOfMibView | pysnmp.NoSuchObject | pysnmp.NoSuchInstance):
        return None
    if hasattr(value, "asOctets"):
        return bytes(value.asOctets()[:MOST_BYTES])
    try:
        return int(value)
    except (TypeError, ValueError):
        return b""  # another type, as an OID: nothing that is asked for has it
