"""Pulls a file from a partner as a stream: memory stays flat whatever the size.

Reading has no effect at the partner, so every failure is a TransientFailure, also half-way.
Redirects are not followed. Content codings are not asked for; gzip and deflate are undone all the
same, and the limit holds for what comes out. Every part has a time limit as a
whole, however the bytes trickle in: the head of the reply has the reply timeout, the file what it
needs at the slowest rate that is put up with. A line that goes over it is cut by another thread,
because a single read may go on as long as a byte comes now and then.
"""

import io
import os
import socket
import threading
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import urllib3
from urllib3.connection import HTTPConnection
from urllib3.exceptions import HTTPError

from adapters.wire.connections import Dialer
from adapters.wire.http import Limits
from adapters.wire.reading import Findings
from adapters.wire.reading.transport.coding import CODINGS, GZIP, Broken, Unpacker
from hub.ports import DriftKind
from hub.rules.failures.errors import TransientFailure

PIECE = 65_536
"""Most compressed bytes that are read at once."""


class _Guard:
    """Cuts a connection when its time is over, or when it is told to; any thread."""

    def __init__(self, connection: HTTPConnection) -> None:
        self.has_cut = False
        self._lock = threading.Lock()
        # A copy of our own: the connection's number may be closed and given away at any moment.
        self._line: socket.socket | None = socket.socket(fileno=os.dup(connection.sock.fileno()))
        self._timer: threading.Timer | None = None

    def allow(self, seconds: float) -> None:
        """Let it go on for so long from now."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            if self._line is not None:
                self._timer = threading.Timer(max(0.0, seconds), self.cut)
                self._timer.daemon = True
                self._timer.start()

    def cut(self) -> None:
        """Have whoever reads see the end."""
        with self._lock:
            self.has_cut = True
            if self._line is not None:
                try:
                    self._line.shutdown(socket.SHUT_RDWR)
                except OSError:
                    return  # the partner was quicker

    def end(self) -> None:
        """Watch no more; safe to call twice."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            line, self._line = self._line, None
        if line is not None:
            line.close()


class Download(io.RawIOBase):
    """A file being pulled; read it when `status` is 200, and close it."""

    def __init__(
        self,
        connection: HTTPConnection,
        response: urllib3.BaseHTTPResponse,
        guard: _Guard,
        findings: Findings,
        *,
        limit: int,
    ) -> None:
        super().__init__()
        self.status = response.status
        self._connection = connection
        self._response = response
        self._guard = guard
        self._left = limit
        self._ahead = b""
        """Bytes that were looked at and not read yet."""
        coding = str(response.headers.get("content-encoding", "")).strip().lower()
        self._unpacker = Unpacker(coding) if coding in CODINGS else None
        if self._unpacker is not None:
            findings.add(DriftKind.CODING, "gzip" if coding in GZIP else "deflate")
            findings.report()

    def readable(self) -> bool:
        """Tell that this stream can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read what is there into `buffer`; ends at the limit. Raises TransientFailure."""
        view = memoryview(buffer).cast("B")
        wanted = min(len(view), self._left)
        piece = self._ahead[:wanted] or self._next_bytes(wanted)
        self._ahead = self._ahead[len(piece) :]
        view[: len(piece)] = piece
        self._left -= len(piece)
        return len(piece)

    def field(self, name: str) -> str:
        """Return a header field of the reply, "" where there is none."""
        return str(self._response.headers.get(name, ""))

    def peek(self, size: int) -> bytes:
        """Return at most so many of the next bytes, and leave them; raises TransientFailure."""
        size = min(size, self._left)
        while len(self._ahead) < size and (piece := self._next_bytes(size - len(self._ahead))):
            self._ahead += piece
        return self._ahead

    def _next_bytes(self, wanted: int) -> bytes:
        """Return the next bytes from the line, b"" at the end."""
        try:
            piece = self._next(wanted) if wanted else b""
        except (HTTPError, OSError) as error:
            raise self._failure(type(error).__name__) from None
        except Broken:
            raise self._failure("the compressed file breaks off, or is none") from None
        if not piece and wanted and self._guard.has_cut:
            raise self._failure("")  # not the end of the file
        return piece

    def _next(self, wanted: int) -> bytes:
        """Return the next bytes of the file, b"" at its end."""
        if self._unpacker is None:
            return bytes(self._response.read1(wanted, decode_content=False))
        while not (found := self._unpacker.read(wanted)):
            piece = self._response.read1(PIECE, decode_content=False)
            if not piece:
                if not self._guard.has_cut:
                    self._unpacker.end()
                return b""
            self._unpacker.feed(piece)
        return found

    def cut(self) -> None:
        """End it from another thread: whoever reads gets a TransientFailure."""
        self._guard.cut()

    def close(self) -> None:
        """Give up the connection; safe to call twice."""
        if not self.closed:
            self._guard.end()
            self._response.close()
            self._connection.close()
        super().close()

    def _failure(self, detail: str) -> TransientFailure:
        why = "the file did not end in time" if self._guard.has_cut else detail
        return TransientFailure("partner_unreachable", why)


def download(
    base_url: str,
    target: str,
    headers: Mapping[str, str],
    limits: Limits,
    *,
    limit: int,
    within: timedelta | None = None,
    slowest: int = 16 * 1024,
    dialer: Dialer | None = None,
    findings: Findings | None = None,
) -> Download:
    """Open `base_url` + `target` for reading, at most `limit` bytes of it; look at `status` first.

    A file may take the reply timeout and what it needs at `slowest` bytes a second, and no longer
    than `within`. `dialer` opens connections to its host. Raises TransientFailure
    `partner_unreachable`, and what the dialer raises.
    """
    dialer = dialer or Dialer(base_url, timeout=limits.connect_timeout)
    reply = limits.reply_timeout.total_seconds()
    longest = reply + limit / slowest
    if within is not None:
        longest = min(longest, within.total_seconds())
    connection = dialer.open()
    guard = _Guard(connection)
    path = dialer.target_prefix + urlsplit(base_url).path.rstrip("/") + target
    try:
        guard.allow(min(reply, longest))
        response = _get(connection, path, {**dialer.headers, **headers}, timeout=reply)
        if guard.has_cut:  # a head that breaks off passes for one that ends
            raise TimeoutError
    except (HTTPError, OSError) as error:
        guard.end()
        connection.close()
        raise TransientFailure("partner_unreachable", type(error).__name__) from None
    guard.allow(longest)
    return Download(connection, response, guard, findings or Findings(), limit=limit)


def _get(
    connection: HTTPConnection, path: str, headers: Mapping[str, str], *, timeout: float
) -> urllib3.BaseHTTPResponse:
    connection.timeout = timeout
    connection.sock.settimeout(timeout)
    connection.request(
        "GET",
        path,
        headers={"Accept-Encoding": "identity", **headers},
        preload_content=False,
        decode_content=False,
    )
    return connection.getresponse()
