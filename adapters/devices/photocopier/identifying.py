"""Asks addresses by SNMP v2c which of them is a photocopier or printer, and of which model.

Only addresses that a person named are asked, all at once, within one time. GETBULK only, as in
`snmp`.
"""

import asyncio
import ipaddress
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from pyasn1.error import PyAsn1Error
from pysnmp.error import PySnmpError
from pysnmp.hlapi.v3arch import asyncio as pysnmp

from adapters.devices.discovery.answers import Answers
from adapters.devices.photocopier.printer_mib import PRINTER_MIB, Oid
from adapters.devices.photocopier.snmp import PORT
from hub.rules.devices.proposals import FoundDevice, address_of
from hub.rules.devices.reading import PHOTOCOPIER

_AT_ONCE: Final = 64
_MIB_2: Final[Oid] = (1, 3, 6, 1, 2, 1)
_DESCRIPTION: Final[Oid] = (*_MIB_2, 1, 1)
_MODEL: Final[Oid] = (*_MIB_2, 25, 3, 2, 1, 3)
"""hrDeviceDescr: of a printer its maker and model."""
_COLUMNS: Final = (_DESCRIPTION, _MODEL, PRINTER_MIB)
_HOW: Final = "SNMP"

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def identify(
    addresses: Sequence[_Address],
    community: str,
    within: timedelta,
    *,
    port: int = PORT,
    community_file: str = "",
) -> Answers:
    """Return the photocopiers and printers among the addresses."""
    return asyncio.run(
        _identify(addresses, community, within, port=port, community_file=community_file)
    )


async def _identify(
    addresses: Sequence[_Address],
    community: str,
    within: timedelta,
    *,
    port: int,
    community_file: str,
) -> Answers:
    engine, room = pysnmp.SnmpEngine(), asyncio.Semaphore(_AT_ONCE)
    rounds = -(-len(addresses) // _AT_ONCE)
    timeout = within.total_seconds() / (rounds * 2)

    async def one(host: _Address) -> dict[Oid, bytes] | None:
        async with room:
            return await _columns(engine, community, (str(host), port), timeout=timeout)

    try:
        async with asyncio.timeout(within.total_seconds()):
            answers = await asyncio.gather(*map(one, addresses))
    except TimeoutError:
        return Answers(silent=len(addresses))
    finally:
        engine.close_dispatcher()
    found = [
        FoundDevice(
            kind=PHOTOCOPIER,
            address=address_of("snmp", str(host), port, ""),
            model=_model(values),
            how=_HOW,
            community_file=community_file,
        )
        for host, values in zip(addresses, answers, strict=True)
        if values is not None and PRINTER_MIB in values
    ]
    silent = sum(it is None for it in answers)
    return Answers(found=found, silent=silent, unusable=len(addresses) - silent - len(found))


async def _columns(
    engine: Any, community: str, place: tuple[str, int], *, timeout: float
) -> dict[Oid, bytes] | None:
    """Return the first value of each column that is there, None where nobody answers."""
    kind = pysnmp.Udp6TransportTarget if ":" in place[0] else pysnmp.UdpTransportTarget
    try:
        target = await kind.create(place, timeout=timeout / 2, retries=1)
        login = pysnmp.CommunityData(community, mpModel=1)  # noqa: S508 - reads no secret
        wanted = [pysnmp.ObjectType(pysnmp.ObjectIdentity(it)) for it in _COLUMNS]
        problem, status, _, rows = await pysnmp.bulk_cmd(
            engine, login, target, pysnmp.ContextData(), 0, 1, *wanted, lookupMib=False
        )
    except (PySnmpError, PyAsn1Error):
        return None
    if problem or status:
        return None
    return {
        column: bytes(value.asOctets()) if hasattr(value, "asOctets") else b""
        for column, (oid, value) in zip(_COLUMNS, rows, strict=False)
        if tuple(oid)[: len(column)] == column
    }


def _model(values: dict[Oid, bytes]) -> str:
    return (values.get(_MODEL) or values.get(_DESCRIPTION, b"")).decode("utf-8", "replace")
