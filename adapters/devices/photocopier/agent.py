"""The photocopier of a drill: answers SNMP version 2c itself, where no snmpd is installed.

One thread and one socket. It knows get, next and bulk, and one community; a call with another one
gets no answer, as with real photocopiers. The tests ask snmpd and this agent the same.
"""

import socketserver
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Self

from pyasn1.codec.ber import decoder, encoder
from pyasn1.error import PyAsn1Error
from pysnmp.proto import api

from adapters.devices.photocopier.printer_mib import Oid
from adapters.devices.photocopier.simulator import Rows
from adapters.simulation.server_threads import ServerThreads

_V2C: Final = api.PROTOCOL_MODULES[api.SNMP_VERSION_2C]
_MOST_ROWS: Final = 50
"""Of one reply, whatever is asked for: it has to fit into a datagram."""


@dataclass
class SnmpAgent:
    """One photocopier; `with` serves its rows on a port of this machine."""

    rows: Rows
    community: str

    def __enter__(self) -> Self:
        self._server = socketserver.UDPServer(("127.0.0.1", 0), _handler_of(self))
        self._served = ServerThreads(self._server)
        return self

    def __exit__(self, *_: object) -> None:
        self._served.stop()

    @property
    def address(self) -> str:
        """Where it answers."""
        return f"snmp://127.0.0.1:{self._server.server_address[1]}"

    def answer(self, packet: bytes) -> bytes:
        """Return the reply to a call, b"" for none."""
        try:
            request, _ = decoder.decode(packet, asn1Spec=_V2C.Message())
        except PyAsn1Error:
            return b""
        known = bytes(_V2C.apiMessage.get_community(request)) == self.community.encode()
        if not known or int(_V2C.apiMessage.get_version(request)) != api.SNMP_VERSION_2C:
            return b""
        reply, call = _V2C.apiMessage.get_response(request), _V2C.apiMessage.get_pdu(request)
        found = [(oid, value) for oid, value in self._found(call)]
        _V2C.apiPDU.set_varbinds(_V2C.apiMessage.get_pdu(reply), found)
        return bytes(encoder.encode(reply))

    def _found(self, call: Any) -> Iterator[tuple[Oid, Any]]:
        if call.isSameTypeWith(_V2C.GetBulkRequestPDU()):
            times = min(int(_V2C.apiBulkPDU.get_max_repetitions(call)), _MOST_ROWS)
            for oid, _ in _V2C.apiBulkPDU.get_varbinds(call):
                yield from self._after(tuple(oid), times)
            return
        for oid, _ in _V2C.apiPDU.get_varbinds(call):
            if call.isSameTypeWith(_V2C.GetNextRequestPDU()):
                yield from self._after(tuple(oid), 1)
            elif tuple(oid) in self.rows:
                yield tuple(oid), _value(*self.rows[tuple(oid)])
            else:
                yield tuple(oid), _V2C.NoSuchObject("")

    def _after(self, oid: Oid, times: int) -> Iterator[tuple[Oid, Any]]:
        following = sorted(it for it in self.rows if it > oid)[:times]
        for it in following:
            yield it, _value(*self.rows[it])
        if len(following) < times:
            yield (following or [oid])[-1], _V2C.EndOfMibView("")


def _value(kind: str, written: str) -> Any:
    """Return a row's value; its types have snmpd's words."""
    if kind == "octet":
        return _V2C.OctetString(bytes.fromhex(written))
    return {"integer": _V2C.Integer32, "counter": _V2C.Counter32}[kind](int(written))


def _handler_of(agent: SnmpAgent) -> type[socketserver.DatagramRequestHandler]:
    class Handler(socketserver.DatagramRequestHandler):
        def handle(self) -> None:
            if reply := agent.answer(self.rfile.read()):
                self.socket.sendto(reply, self.client_address)

        def finish(self) -> None:
            """Send nothing more: an empty packet would be an answer."""

    return Handler
