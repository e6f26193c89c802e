"""TLS handshakes of new connections: how many may be unfinished, and for how long.

A connection counts as one of `OpenConnections` only after its handshake. Before that, it is one of
few: where there is no room for a new one, the oldest unfinished one ends. So a caller that never
finishes takes the place of nobody, as long as a handshake of others takes less time than all those
places need to be filled again.

Trap: the SSLProtocol of asyncio is no documented part of it. The event loop puts the same protocol
between line and application, but tells nobody about a handshake that never ends.
"""

import asyncio
import ssl
from asyncio.sslproto import SSLProtocol
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from hub.gateway.connections.limits import ConnectionLimits
from hub.rules.clients.client import Network, is_in
from hub.runtime.telemetry import Event, log


class Handshakes:
    """The unfinished handshakes of one server; lives on its event loop."""

    def __init__(self, limits: ConnectionLimits, *, proxies: Sequence[Network] = ()) -> None:
        """`proxies`: networks of reverse proxies; they open lines for many callers at once."""
        self._limits = limits
        self._proxies = tuple(proxies)
        self._open: dict[asyncio.Transport, str] = {}
        """The oldest first."""
        self._by_address: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._open)

    def enter(self, line: asyncio.Transport, address: str) -> None:
        """Count a new handshake; one that is unfinished for longer ends where there is no room."""
        crowded = self._by_address[address] >= self._limits.handshakes_per_address
        if crowded and not is_in(address, self._proxies):
            self._end(next(it for it, known in self._open.items() if known == address))
        elif len(self._open) >= self._limits.handshakes:
            self._end(next(iter(self._open)))
        self._open[line] = address
        self._by_address[address] += 1

    def leave(self, line: asyncio.Transport) -> None:
        """Forget a handshake that has ended; it may have been forgotten before."""
        address = self._open.pop(line, None)
        if address is None:
            return
        self._by_address[address] -= 1
        if not self._by_address[address]:
            del self._by_address[address]

    def _end(self, line: asyncio.Transport) -> None:
        log.warning(Event.REQUEST_REFUSED, code="handshakes_full", where="connection")
        self.leave(line)
        line.abort()


class Handshake(asyncio.Protocol):
    """The protocol of one new connection, until its handshake has ended."""

    def __init__(
        self,
        *,
        make: Callable[..., asyncio.Protocol],
        tls: ssl.SSLContext,
        handshakes: Handshakes,
        handshake_time: float,
        server_state: Any,
        **options: Any,
    ) -> None:
        """`make`: returns the application's protocol for uvicorn's options."""
        self._application = make(server_state=server_state, **options)
        self._tls = tls
        self._handshakes = handshakes
        self._seconds = handshake_time
        self._connections: set[Any] = server_state.connections
        """What uvicorn asks to end when it stops."""
        self._line: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin the handshake; the application hears of a connection when it is done."""
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[None] = loop.create_future()
        ended.add_done_callback(self._ended)
        peer = transport.get_extra_info("peername")
        self._line = transport
        self._connections.add(self)
        self._handshakes.enter(transport, peer[0] if peer else "")
        protocol = SSLProtocol(
            loop,
            self._application,
            self._tls,
            ended,
            server_side=True,
            ssl_handshake_timeout=self._seconds,  # type: ignore[arg-type]  # a float as well
        )
        transport.set_protocol(protocol)
        protocol.connection_made(transport)

    def shutdown(self) -> None:
        """End the handshake; uvicorn's name for it."""
        if self._line is not None:
            self._line.abort()

    def _ended(self, ended: asyncio.Future[None]) -> None:
        if not ended.cancelled():
            ended.exception()  # asked for, or asyncio would write it into the log
        if self._line is not None:
            self._handshakes.leave(self._line)
        self._connections.discard(self)
