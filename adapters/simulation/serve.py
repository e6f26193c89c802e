"""Runs a simulated partner on a loopback port, with a second port for who controls it.

The control port stays up while the service port is down: "down" really closes the listening
socket and cuts the open connections. One JSON line on standard output tells both ports when they
are open. SIGTERM and SIGINT end it: calls in progress get a moment, the ledger is committed.

Control port: `/_control/health` GET; `/_control/faults` GET, PUT (a list replaces what is
switched on), DELETE; `/_control/dialect` GET (with how often each habit was shown), PUT (`names`,
`probability`, `lag_seconds`, `last_steps`), DELETE; `/_control/ledger` GET, the counts;
`/_control/effects` GET with `dossier`, `after`, `limit`; `/_control/notes` the same.
"""

import asyncio
import json
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import msgspec
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from adapters.simulation.dialects.speech import Dialects, Setting
from adapters.simulation.faults import Fault, FaultKind, Faults
from adapters.simulation.ledger import Ledger
from adapters.simulation.misbehaviour import Application, Receive, Send
from adapters.simulation.partner import Partner

GRACE = 2.0
"""Seconds that calls in progress get at the end."""

_read_faults = msgspec.json.Decoder(list[Fault]).decode
_read_dialect = msgspec.json.Decoder(Setting).decode


class _Protocol(HttpToolsProtocol):
    """uvicorn's, with the connection itself within reach of the application."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["state"]["transport"] = self.transport


class Port:
    """A listening port whose socket can be closed and opened again under the same number."""

    def __init__(self, app: Any, *, host: str, port: int) -> None:
        self.host, self.number = host, port
        self.config = uvicorn.Config(
            app,
            http=_Protocol,
            ws="none",
            interface="asgi3",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            timeout_keep_alive=75,
        )
        self.config.load()
        self.state = ServerState()
        self._server: asyncio.Server | None = None

    @property
    def is_open(self) -> bool:
        return self._server is not None

    async def open(self) -> None:
        """Listen; the number is kept from the first time on."""
        if self._server is not None:
            return
        self._server = await asyncio.get_running_loop().create_server(
            lambda: _Protocol(config=self.config, server_state=self.state, app_state={}),
            self.host,
            self.number,
            backlog=512,
        )
        self.number = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """Close the listening socket and break every open connection; returns when it is done."""
        if self._server is not None:
            self._server.close()
            self._server = None
        while self.state.connections:  # aborting takes effect in the loop's next iteration
            for connection in list(self.state.connections):
                connection.transport.abort()
            await asyncio.sleep(0)

    async def end(self) -> None:
        """Close the listening socket, let calls in progress end, then break what is left."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for connection in list(self.state.connections):
            connection.shutdown()
        with suppress(TimeoutError):
            async with asyncio.timeout(GRACE):
                while self.state.tasks:
                    await asyncio.wait(set(self.state.tasks))
        await self.cut()


class Simulation:
    """A partner, its port, and the control of both."""

    def __init__(
        self,
        partner: Partner,
        *,
        host: str,
        port: int,
        control_port: int,
        dialects: Dialects | None = None,
    ) -> None:
        self.partner = partner
        self.dialects = dialects or Dialects()
        self.application = Application(partner, self.dialects)
        self.service = Port(self.application, host=host, port=port)
        self.control = Port(self._control, host=host, port=control_port)
        self._reopening: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Serve until SIGTERM or SIGINT."""
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        await self.begin()
        ready = {
            "ready": self.partner.name,
            "url": f"http://{self.service.host}:{self.service.number}",
            "control": f"http://{self.control.host}:{self.control.number}",
            "ledger": str(self.partner.ledger.path),
        }
        sys.stdout.write(json.dumps(ready) + "\n")
        sys.stdout.flush()
        await stop.wait()
        await self.end()

    async def begin(self) -> None:
        """Serve; both ports are open when this returns."""
        await self.service.open()
        await self.control.open()
        await self.partner.start()

    async def end(self) -> None:
        """Let calls in progress end, close both ports and the ledger."""
        await self.partner.stop()
        await self.service.end()
        await self.control.end()
        self.partner.ledger.close()

    async def switch(self, faults: list[Fault]) -> None:
        """Switch on exactly these faults; returns when the port is as they say."""
        if self._reopening is not None:
            self._reopening.cancel()
            self._reopening = None
        down = next((fault for fault in faults if fault.kind is FaultKind.DOWN), None)
        self.partner.faults.replace(faults)
        if down is None:
            await self.service.open()
            return
        if self.service.is_open:
            self.partner.ledger.count_fault(down.kind, "")
        await self.service.cut()
        if down.seconds:
            loop = asyncio.get_running_loop()
            self._reopening = loop.call_later(down.seconds, self._reopen)

    def _reopen(self) -> None:
        rest = [f for f in self.partner.faults.active() if f.kind is not FaultKind.DOWN]
        task = asyncio.get_running_loop().create_task(self.switch(rest))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _control(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        status, answer = await self._route(
            scope["method"], scope["path"], parse_qs(scope["query_string"].decode()), body
        )
        text = msgspec.json.encode(answer)
        fields = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(text))]
        await send({"type": "http.response.start", "status": status, "headers": fields})
        await send({"type": "http.response.body", "body": text})

    def _dialect(self) -> dict[str, Any]:
        setting = msgspec.to_builtins(self.dialects.setting)
        return {**setting, "spoken": dict(sorted(self.dialects.spoken.items()))}

    async def _route(
        self, method: str, path: str, query: dict[str, list[str]], body: bytes
    ) -> tuple[int, Any]:
        try:
            match method, path:
                case "GET", "/_control/health":
                    return 200, {
                        "partner": self.partner.name,
                        "open": self.service.is_open,
                        "busy": self.partner.busy() + len(self.application.late),
                        "late": len(self.application.late),
                    }
                case "GET" | "PUT" | "DELETE", "/_control/faults":
                    if method != "GET":
                        await self.switch(_read_faults(body) if method == "PUT" else [])
                    return 200, self.partner.faults.active()
                case "GET" | "PUT" | "DELETE", "/_control/dialect":
                    if method != "GET":
                        self.dialects.switch(_read_dialect(body) if method == "PUT" else Setting())
                    return 200, self._dialect()
                case "GET", "/_control/ledger":
                    return 200, self.partner.ledger.summary()
                case "GET", "/_control/effects" | "/_control/notes":
                    return 200, self.partner.ledger.listing(
                        notes=path.endswith("notes"),
                        dossier=query.get("dossier", [""])[0],
                        after=int(query.get("after", ["0"])[0]),
                        limit=min(int(query.get("limit", ["1000"])[0]), 10_000),
                    )
        except (msgspec.DecodeError, ValueError) as error:
            return 400, {"error": str(error)}
        return 404, {"error": "no such control"}


def run(
    make: Callable[[Ledger, Faults], Partner],
    *,
    ledger: Path,
    host: str = "127.0.0.1",
    port: int = 0,
    control_port: int = 0,
    seed: int = 0,
    dialect: Setting | None = None,
) -> None:
    """Run the partner that `make` returns until SIGTERM or SIGINT; port 0 takes a free one.

    `dialect` is what it speaks at first; raises ValueError for an unknown name.
    """
    dialects = Dialects(seed, dialect)

    async def main() -> None:
        partner = make(Ledger(ledger), Faults(seed))
        simulation = Simulation(
            partner, host=host, port=port, control_port=control_port, dialects=dialects
        )
        await simulation.run()

    asyncio.run(main())
