"""Runs a web application in a thread of this process and stops it cleanly.

Trap: all ports of an application are served by one event loop. What it counts there (calls of a
client, requests at an upload) has no lock.
"""

import asyncio
import ssl
from collections.abc import Sequence

from fastapi import FastAPI

from hub.gateway.connections.answer_counts import counted
from hub.gateway.connections.limits import ConnectionLimits
from hub.gateway.connections.listener import Listener
from hub.rules.clients.client import Network
from hub.runtime.process.thread_switching import switch_often
from hub.runtime.role import Role

BEAT_EVERY = 1.0
"""Seconds between two beats of an event loop that turns."""


class WebRole(Role):
    """Serves one application on one port, or on two; port 0 picks a free one (see `ports`)."""

    patience = 60.0

    def __init__(
        self,
        app: FastAPI,
        *,
        name: str,
        host: str,
        port: int,
        tls_port: int | None = None,
        limits: ConnectionLimits | None = None,
        proxies: Sequence[Network] = (),
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`tls_port`: where `tls` is spoken, while `port` is without; None: `port` speaks it.

        The limits hold for each port. `proxies`: exempt from the limit of one address, see
        `OpenConnections`.
        """
        super().__init__()
        self.name = name
        self.host = host
        ports = [(port, tls)] if tls_port is None else [(port, None), (tls_port, tls)]
        limits = limits or ConnectionLimits()
        served = counted(app, name)
        self.listeners = [
            Listener(
                served,
                host=host.strip("[]"),
                port=each,
                tls=its,
                limits=limits,
                proxies=proxies,
            )
            for each, its in ports
        ]
        self._app = app

    @property
    def ports(self) -> list[int]:
        """The ports, that without TLS first where there are two."""
        return [it.port for it in self.listeners]

    @property
    def served_at(self) -> list[tuple[str, int]]:
        return [(self.host, port) for port in self.ports]

    @property
    def port(self) -> int:
        """The only port, or the first."""
        return self.ports[0]

    def run(self) -> None:
        switch_often()
        asyncio.run(self._serve())
        self.stopping.set()

    async def _serve(self) -> None:
        """Begin and end what the application has beside its calls; serve all ports meanwhile."""
        async with self._app.router.lifespan_context(self._app):
            beating = asyncio.create_task(self._beat_on())
            try:
                await asyncio.gather(*(it.serve() for it in self.listeners))
            finally:
                beating.cancel()

    async def _beat_on(self) -> None:
        """Beat while the loop turns: a loop that is held up serves no caller."""
        while True:
            self.beat()
            await asyncio.sleep(BEAT_EVERY)

    def request_stop(self) -> None:
        super().request_stop()
        self._app.state.stopping = True  # for answers that do not end by themselves
        for listener in self.listeners:
            listener.end()

    def stop(self) -> None:
        super().stop()
        for listener in self.listeners:
            listener.close()
