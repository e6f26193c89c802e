"""What listens at a partner's address: uvicorn's part in memory, and what the way there does.

A request is given to the simulator's application as uvicorn gives it. On the way requests and
replies get lost, cut, and mixed up, each by a fault of the story's chance.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from email.utils import formatdate
from typing import Any

from tests.simulation.partners.line import MOST_AHEAD, HubEnd, Line
from tests.simulation.partners.loop import MESSAGE, StoryLoop
from tests.simulation.world.chance import Chance
from tests.simulation.world.virtual_time import VirtualTime

ON_THE_WAY = (
    "half sent",
    "lost before",
    "dropped before",
    "dropped after",
    "cut reply",
    "stale reply",
    "stale reply",
)
"""What a line does to a call; one reply is stale twice as often, for where it cannot be nothing is
drawn in its place."""
MARK = b"hub-"
"""Begins the mark of a call, see `adapters/wire/echo.py`."""
STATES = ("away", "silent", "maintenance", "maintenance with a wish", "maintenance as a page")
"""What a partner is in for a while, with nothing done."""
_PAGE = "<!DOCTYPE html><html><body><h1>Hệ thống đang bảo trì</h1></body></html>".encode()
REASONS = {200: b"OK", 302: b"Found", 503: b"Service Unavailable"}


class Service:
    """One partner's address; outlives the partner's program."""

    def __init__(
        self,
        name: str,
        *,
        loop: StoryLoop,
        time: VirtualTime,
        chance: Chance,
        trouble: float,
        marks: bool,
        note: Callable[[str], None],
    ) -> None:
        """`marks`: every reply brings the mark of its call back, so that a stale one shows."""
        self.name = name
        self.app: Any = None
        self.state, self.until = "", 0.0
        """What it is in just now, and until when."""
        self.met: Counter[str] = chance.met
        self._loop, self._time, self._chance = loop, time, chance
        self._trouble, self._marks, self._note = trouble, marks, note
        self._draw = chance.stream(f"line {name}")
        self._lines: list[Line] = []
        self._last = b""
        """The last whole reply that says to which call it belongs."""
        self._kind = ""
        """What happens to the present call on its way."""

    def connect(self) -> HubEnd:
        """Open a line; raises OSError."""
        self._time.advance(self._draw.uniform(0.0005, 0.01))
        if self._is_in("away") or self._strikes("unreachable", self._trouble / 4):
            raise ConnectionRefusedError
        line = Line()
        self._lines = [it for it in self._lines if not it.over]
        self._lines.append(line)
        return HubEnd(line, self._loop, self._time, self._arrived, sends=self._sends)

    def cut(self) -> None:
        """Break every line."""
        for line in self._lines:
            line.abort()
        self._lines.clear()

    def enter(self, state: str, until: float) -> None:
        """Be away or maintained for a while."""
        self.state, self.until = state, until
        if state == "away":
            self.cut()

    def _is_in(self, state: str) -> bool:
        return self.state == state and self._time.elapsed < self.until

    def _strikes(self, kind: str, probability: float) -> bool:
        if not self._chance.strikes(f"{self.name} {kind}", probability):
            return False
        self.met[f"line {kind}"] += 1
        self._note(f"line: {kind}")
        return True

    def _sends(self, size: int) -> int:
        """Decide what happens to the next call; return how much of it gets through."""
        self._kind = ""
        if self._chance.strikes(f"{self.name} line", self._trouble / 2):
            kind = self._draw.choice(ON_THE_WAY)
            if kind != "stale reply" or (self._marks and self._last):
                self._kind = kind
                self.met[f"line {kind}"] += 1
                self._note(f"line: {kind}")
        return size // 2 if self._kind == "half sent" else size

    def _arrived(self, line: Line, request: bytes) -> None:
        kind = self._kind
        if kind == "dropped before":
            line.abort()
        elif kind == "lost before" or self._is_in("silent"):
            return  # nothing comes ever
        else:
            serving = self._serve(line, request, kind, self._draw.uniform(0.005, 0.3))
            self._loop.begin(self.name, serving, message_id=MESSAGE.get())

    async def _serve(self, line: Line, request: bytes, kind: str, pause: float) -> None:
        await asyncio.sleep(pause)
        exchange = _Exchange(line, request)
        if self.state.startswith("maintenance") and self._is_in(self.state):
            self.met[f"line {self.state}"] += 1
            await exchange.send_page(self.state)
        else:
            await self.app(exchange.scope, exchange.receive, exchange.send)
        whole = bytes(exchange.held) + exchange.behind
        if kind == "dropped after":
            line.abort()
            return
        if kind == "cut reply":
            line.write(whole[: len(whole) * 2 // 3])
            line.close()
            return
        line.write(self._last if kind == "stale reply" else whole)
        if MARK in whole:
            self._last = whole
        if exchange.ends:
            line.close()


class _Exchange:
    """One request and its reply, as an ASGI server keeps them."""

    def __init__(self, line: Line, request: bytes) -> None:
        self.held = bytearray()
        """The reply, until it is whole."""
        head, _, self._body = request.partition(b"\r\n\r\n")
        first, *lines = head.split(b"\r\n")
        method, target, _ = first.split(b" ", 2)
        path, _, query = target.partition(b"?")
        fields = [line.partition(b":") for line in lines]
        headers = [(name.strip().lower(), value.strip()) for name, _, value in fields]
        self.ends = (b"connection", b"close") in headers
        """Whether the line carries no other call."""
        self.scope = {
            "type": "http",
            "method": method.decode(),
            "path": path.decode(),
            "query_string": query,
            "headers": headers,
            "state": {"transport": _Transport(line, self)},
        }
        self.behind = b""
        """What is written behind the reply."""
        self._line = line
        self._asked = False
        self._chunked = False

    async def receive(self) -> dict[str, Any]:
        """Return the request, and then the end of the line."""
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": self._body, "more_body": False}
        await self._line.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: dict[str, Any]) -> None:
        """Put a part of the reply together; a long one goes out in pieces."""
        if message["type"] == "http.response.start":
            self.held += self._head(message["status"], message["headers"])
            return
        piece = message.get("body", b"")
        if self._chunked:
            piece = b"%x\r\n%b\r\n" % (len(piece), piece) if piece else b""
            if not message.get("more_body"):
                piece += b"0\r\n\r\n"
        self.held += piece
        while message.get("more_body") and not self._line.over:
            self._line.write(bytes(self.held))
            self.held.clear()
            if len(self._line.to_hub) < MOST_AHEAD:
                return
            await asyncio.sleep(0.01)

    async def send_page(self, state: str) -> None:
        """Answer with the page of a partner that is being maintained."""
        status = 200 if state.endswith("page") else 503
        headers = [(b"content-type", b"text/html"), (b"content-length", b"%d" % len(_PAGE))]
        if state.endswith("wish"):
            headers.append((b"retry-after", b"20"))
        start = {"type": "http.response.start", "status": status, "headers": headers}
        await self.send(start)
        await self.send({"type": "http.response.body", "body": _PAGE})

    def _head(self, status: int, headers: list[tuple[bytes, bytes]]) -> bytes:
        date = formatdate(usegmt=True).encode()
        given = [(b"date", date), (b"server", b"uvicorn"), *headers]
        if all(name != b"content-length" for name, _ in headers):
            self._chunked = True
            given.append((b"transfer-encoding", b"chunked"))
        if self.ends:
            given.append((b"connection", b"close"))
        lines = [b"HTTP/1.1 %d %b" % (status, REASONS.get(status, b"Said"))]
        lines += [name + b": " + value for name, value in given]
        return b"\r\n".join(lines) + b"\r\n\r\n"


class _Transport:
    """The connection within the application's reach: what it writes comes behind the reply."""

    def __init__(self, line: Line, exchange: _Exchange) -> None:
        self._line, self._exchange = line, exchange

    def write(self, data: bytes) -> None:
        """Write behind the reply."""
        self._exchange.behind += data

    def close(self) -> None:
        """End the line behind what was written."""
        self._exchange.ends = True
        self._line.left.set()  # who waits for the end of the line goes on

    def abort(self) -> None:
        """Break the line."""
        self._line.abort()
