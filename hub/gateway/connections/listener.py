"""One port: its socket, the limits of its connections, and uvicorn's server of them."""

import asyncio
import socket
import ssl
from collections.abc import Callable, Sequence
from functools import partial

import uvicorn
from starlette.types import ASGIApp

from hub.gateway.connections.handshakes import Handshake, Handshakes
from hub.gateway.connections.limits import ConnectionLimits
from hub.gateway.connections.open_connections import OpenConnections
from hub.gateway.connections.protocol import LimitedProtocol
from hub.gateway.connections.stopping import StoppableServer
from hub.rules.clients.client import Network


class Listener:
    """Hands the requests of one port to an application, on the event loop that serves it."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        host: str,
        port: int,
        tls: ssl.SSLContext | None,
        limits: ConnectionLimits,
        proxies: Sequence[Network],
    ) -> None:
        """Bind the port; 0 picks a free one. `proxies`: see `OpenConnections`."""
        self.open_connections = OpenConnections(limits, proxies=proxies)
        self.handshakes = Handshakes(limits, proxies=proxies)
        # Bound here, not in the thread: the port is known, and a taken one is an error at once.
        self.socket = _listening(host, port)
        self.socket.setblocking(False)
        self.port: int = self.socket.getsockname()[1]
        config = uvicorn.Config(
            app,
            http=self._protocol(tls),  # type: ignore[arg-type]
            ws="none",
            lifespan="off",
            access_log=False,
            log_level="error",  # what a stranger sends would be a line each; ours have a bound
            log_config=None,  # our own: theirs writes tracebacks with all their words
            timeout_keep_alive=int(limits.idle_time.total_seconds()),
            timeout_graceful_shutdown=5,
            server_header=False,
            proxy_headers=False,  # it would believe anybody on this machine, see access/proxies
        )
        self._server = StoppableServer(config)

    def _protocol(self, tls: ssl.SSLContext | None) -> Callable[..., asyncio.Protocol]:
        """Return what makes the protocol of a new connection; uvicorn itself knows of no TLS."""
        plain = partial(LimitedProtocol, open_connections=self.open_connections)
        if tls is None:
            return plain
        limits = self.open_connections.limits
        return partial(
            Handshake,
            make=plain,
            tls=tls,
            handshakes=self.handshakes,
            handshake_time=limits.handshake_time.total_seconds(),
        )

    async def serve(self) -> None:
        """Serve until `end`; what is being answered then has a few seconds."""
        await self._server.serve(sockets=[self.socket])

    def end(self) -> None:
        """Ask `serve` to return; from any thread."""
        self._server.end()

    def close(self) -> None:
        """Close the port; the server does so itself only when it has begun to serve."""
        self.socket.close()


def _listening(host: str, port: int) -> socket.socket:
    """Return a listening socket; `::` takes calls by IPv4, too, where the machine has both."""
    if ":" not in host:
        found = socket.create_server((host, port), backlog=512)
    else:
        both = host == "::" and socket.has_dualstack_ipv6()
        family = socket.AF_INET6
        found = socket.create_server((host, port), family=family, backlog=512, dualstack_ipv6=both)
    # Trap: asyncio does this for sockets of its own only. Without it the second part of an answer
    # waits 40 ms for the caller's acknowledgement of the first, at each call of a kept connection.
    found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return found
