"""One line between the hub and a partner, in memory.

The hub's end stands in the place of a connected socket, the partner's in that of uvicorn's
transport. Bytes pass at once; who waits for them lets the story's time pass.
"""

import asyncio
from collections.abc import Callable

from tests.simulation.partners.loop import StoryLoop
from tests.simulation.world.virtual_time import VirtualTime

MOST_AHEAD = 512 * 1024
"""Bytes that a partner may write before the hub has read them."""


class Line:
    """What both ends share."""

    def __init__(self) -> None:
        self.to_hub = bytearray()
        self.ended = False
        """The partner says nothing more."""
        self.reset = False
        self.left = asyncio.Event()
        """The hub has closed its end."""
        self.over = False
        """The hub has closed its end, or the line is broken."""

    # --- the partner's end, as far as the application uses uvicorn's transport ---

    def write(self, data: bytes) -> None:
        """Say something."""
        if not (self.ended or self.over):
            self.to_hub += data

    def close(self) -> None:
        """Say nothing more."""
        self.ended = True
        self.left.set()

    def abort(self) -> None:
        """Break the line; what was said and not yet read is gone with it."""
        self.to_hub.clear()
        self.reset = self.over = True
        self.left.set()


class HubEnd:
    """The part of a socket that the wire uses."""

    def __init__(
        self,
        line: Line,
        loop: StoryLoop,
        time: VirtualTime,
        arrived: Callable[[Line, bytes], None],
        *,
        sends: Callable[[int], int],
    ) -> None:
        """`arrived` is called with each whole request; `sends` says how many bytes get through."""
        self.line = line
        self._loop = loop
        self._time = time
        self._arrived = arrived
        self._sends = sends
        self._timeout = 0.0
        self._request = bytearray()

    def settimeout(self, seconds: float) -> None:
        """As a socket's."""
        self._timeout = seconds

    def send(self, data: bytes | memoryview) -> int:
        """Send; returns how much got through."""
        if self.line.reset or self.line.ended:
            raise BrokenPipeError
        through = self._sends(len(data))
        self._request += data[:through]
        if through < len(data):
            self.line.abort()
            return through
        if whole := _whole(self._request):
            self._request.clear()
            self._arrived(self.line, whole)
        return through

    def recv(self, size: int) -> bytes:
        """Return what comes, letting time pass until it does."""
        until = self._time.elapsed + self._timeout
        line = self.line
        while True:
            self._loop.run_due()
            if line.to_hub:
                piece = bytes(line.to_hub[:size])
                del line.to_hub[:size]
                return piece
            if line.reset:
                raise ConnectionResetError
            if line.ended:
                return b""
            due = self._loop.next_due
            if not self._timeout:
                raise BlockingIOError
            self._time.advance_to(min(due, until))
            if due > until:
                raise TimeoutError

    @property
    def is_quiet(self) -> bool:
        """Whether the line stands and nothing waits to be read."""
        self._loop.run_due()
        line = self.line
        return not (line.to_hub or line.ended or line.reset or line.over)

    def close(self) -> None:
        """Close the hub's end."""
        self.line.over = True
        self.line.to_hub.clear()
        self.line.left.set()


def _whole(request: bytearray) -> bytes:
    """Return the request when it is there to its end, else b""."""
    head, end, body = bytes(request).partition(b"\r\n\r\n")
    if not end:
        return b""
    _, _, rest = head.lower().partition(b"\r\ncontent-length:")
    length = int(rest.partition(b"\r\n")[0] or 0)
    return bytes(request) if len(body) >= length else b""
