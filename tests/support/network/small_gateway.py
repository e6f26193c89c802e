"""A small application behind the gateway's own server, with short limits, and a caller's side.

The limits are short, so that a test ends soon; each wait has a bound and ends by a signal.
"""

import json
import socket
import threading
from datetime import timedelta

from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse, StreamingResponse
from starlette.requests import ClientDisconnect

from hub.gateway.connections.limits import ConnectionLimits
from hub.gateway.serve import WebRole

BOUND = 20.0
"""Seconds after which a test gives up; every signal comes within two."""
SHORT = ConnectionLimits(
    head_time=timedelta(seconds=0.6),
    body_window=timedelta(seconds=0.6),
    body_rate=1000,
    body_time=timedelta(seconds=2),
    write_time=timedelta(seconds=0.6),
    write_rate=1000,
    drain_time=timedelta(seconds=0.6),
    drain_bytes=4 * 1024 * 1024,
    idle_time=timedelta(seconds=1),
    connections=400,
    per_address=400,
    tick=timedelta(seconds=0.05),
)
HOST = b"Host: hub\r\n"
GET, POST = b"GET /ok HTTP/1.1\r\n", b"POST /body HTTP/1.1\r\n"


class Served:
    """A small application behind the gateway's server."""

    def __init__(self, limits: ConnectionLimits = SHORT, *, send_buffer: int = 0) -> None:
        """`send_buffer`: bytes that the system keeps of an answer; 0: as it likes."""
        self.gone = threading.Event()
        """Set when the application heard that a sender is gone."""
        self.begun = threading.Event()
        """Set when the application has got a piece of a body."""
        self.web = WebRole(
            self._application(), name="gateway", host="127.0.0.1", port=0, limits=limits
        )
        if send_buffer:
            self.web.listeners[0].socket.setsockopt(
                socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer
            )
        self.web.start()

    def _application(self) -> FastAPI:
        app = FastAPI(openapi_url=None)

        @app.get("/ok")
        def fine() -> PlainTextResponse:
            return PlainTextResponse("ok")

        @app.post("/body")
        async def body(request: Request) -> PlainTextResponse:
            size = 0
            try:
                async for part in request.stream():
                    size += len(part)
                    self.begun.set()
            except ClientDisconnect:
                self.gone.set()
                raise
            return PlainTextResponse(str(size))

        @app.post("/early")
        async def early() -> PlainTextResponse:
            return PlainTextResponse("no", status_code=401)

        @app.get("/large")
        def large() -> StreamingResponse:
            return StreamingResponse(b"x" * 65536 for _ in range(1000))

        @app.get("/piece")
        def piece() -> StreamingResponse:
            return StreamingResponse(iter([b"x" * 262_144]))

        return app

    def line(self) -> socket.socket:
        """Open a connection."""
        return socket.create_connection(("127.0.0.1", self.web.port), timeout=BOUND)


def rest_of(line: socket.socket) -> bytes:
    """Return what comes until the other end closes."""
    found = b""
    try:
        while part := line.recv(65536):
            found += part
    except ConnectionResetError:
        pass  # closed, too
    return found


def until(line: socket.socket, ending: bytes) -> bytes:
    """Return what comes up to `ending`."""
    found = b""
    while not found.endswith(ending):
        part = line.recv(65536)
        assert part, found
        found += part
    return found


def refused(answer: bytes) -> tuple[int, str]:
    """Return status and code of a refusal, which closes the line and has both languages."""
    head, _, body = answer.partition(b"\r\n\r\n")
    told = json.loads(body)
    assert b"connection: close" in head
    assert told["message"]
    assert told["why"] != told["message"]
    return int(head.split()[1]), told["code"]


def is_served(served: Served) -> bool:
    """Return whether another caller gets its answer."""
    with served.line() as line:
        line.sendall(GET + HOST + b"Connection: close\r\n\r\n")
        return rest_of(line).endswith(b"\r\n\r\nok")
