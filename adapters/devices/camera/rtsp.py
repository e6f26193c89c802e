"""Whether a camera's stream can be reached: one RTSP request (RFC 2326) and its status line.

OPTIONS asks the server, DESCRIBE a stream. A server that wants a login first (401) is there; the
hub never plays the stream, and sends no password here.
"""

import socket
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

WITHIN: Final = timedelta(seconds=3)
PORT: Final = 554
MOST_BYTES: Final = 4_096
"""Of a status line; what comes after is not read."""
LOGIN_FIRST: Final = 401


class NoStream(Exception):
    """Nothing that speaks RTSP answered; the text says how."""


@dataclass(frozen=True, slots=True)
class RtspAnswer:
    """The status of a reply."""

    status: int

    @property
    def is_there(self) -> bool:
        """Whether the server, or the stream, is there."""
        return 200 <= self.status < 300 or self.status == LOGIN_FIRST


def query(url: str, *, within: timedelta = WITHIN) -> RtspAnswer:
    """Ask for rtsp://host[:port][/path]: with a path the stream, without one the server.

    Raises NoStream.
    """
    parts = urlsplit(url)
    method = "DESCRIBE" if parts.path.strip("/") else "OPTIONS"
    call = f"{method} {url} RTSP/1.0\r\nCSeq: 1\r\nAccept: application/sdp\r\n\r\n"
    ends = time.monotonic() + within.total_seconds()
    try:
        address = (parts.hostname or "", parts.port or PORT)
        with socket.create_connection(address, timeout=within.total_seconds()) as line:
            line.sendall(call.encode("ascii"))
            return RtspAnswer(_status(_first_line(line, ends)))
    except OSError as error:
        raise NoStream(type(error).__name__) from None


def _first_line(line: socket.socket, ends: float) -> bytes:
    """Read the first line; a server that sends byte by byte gets no longer than the time."""
    read = b""
    while b"\n" not in read:
        left = ends - time.monotonic()
        if left <= 0:
            raise TimeoutError
        line.settimeout(left)
        part = line.recv(MOST_BYTES)
        read += part
        if not part or len(read) > MOST_BYTES:
            raise NoStream("what answers does not speak RTSP")
    return read.split(b"\n", 1)[0]


def _status(first: bytes) -> int:
    words = first.split(b" ", 2)
    if not words[0].startswith(b"RTSP/") or len(words) < 2 or not words[1].strip().isdigit():
        raise NoStream("what answers does not speak RTSP")
    return int(words[1][:4])
