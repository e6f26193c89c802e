"""Reads `multipart/related` (MTOM) part by part as the bytes come, with bounded memory.

A part's body goes to the sink that `open_part` gives for its headers. Not promised: encodings of a
part's body, which MTOM does not have, and anything behind the last boundary.
"""

from collections.abc import Callable, Mapping
from enum import Enum, auto
from typing import Protocol

from hub.messages.invalid import InvalidMessage

LONGEST_HEADERS = 8 * 1024
MOST_PARTS = 101
_LEFT_AS_IS = frozenset({"", "binary", "8bit", "7bit"})


class PartSink(Protocol):
    """Takes the body of one part."""

    def write(self, data: bytes, /) -> None:
        """Take the next bytes."""

    def end(self) -> None:
        """The part is complete."""


OpenPart = Callable[[Mapping[str, str]], PartSink]
"""Returns the sink of a part by its headers, whose names are in small letters."""


class _At(Enum):
    BEFORE = auto()
    BOUNDARY = auto()
    HEADERS = auto()
    BODY = auto()
    END = auto()


class MultipartReader:
    """Splits one message; used by one thread at a time."""

    def __init__(self, boundary: str, open_part: OpenPart) -> None:
        self._mark = b"\r\n--" + boundary.encode("ascii")
        self._open = open_part
        self._rest = b"\r\n"  # the first boundary may stand at the very beginning
        self._at = _At.BEFORE
        self._sink: PartSink | None = None
        self._parts = 0
        self._not_body = 0
        """Bytes of a line end before the body that are none of it: an empty part's boundary needs
        them."""

    def feed(self, data: bytes) -> None:
        """Take the next bytes; raises InvalidMessage (`call_invalid`)."""
        self._rest += data
        while self._step():
            pass

    def close(self) -> None:
        """Check that the message was complete."""
        if self._at is not _At.END:
            raise _broken("the last boundary is missing")

    def _step(self) -> bool:
        match self._at:
            case _At.BEFORE | _At.BODY:
                return self._to_boundary()
            case _At.BOUNDARY:
                return self._behind_boundary()
            case _At.HEADERS:
                return self._headers()
            case _At.END:
                self._rest = b""
                return False

    def _to_boundary(self) -> bool:
        place = self._rest.find(self._mark)
        body = self._rest[:place] if place >= 0 else self._rest[: -len(self._mark)]
        skipped = min(self._not_body, len(body))
        self._not_body -= skipped
        if self._sink is not None and len(body) > skipped:
            self._sink.write(body[skipped:])
        if place < 0:
            self._rest = self._rest[len(body) :]
            return False
        self._not_body = 0
        if self._sink is not None:
            self._sink.end()
            self._sink = None
        self._rest = self._rest[place + len(self._mark) :]
        self._at = _At.BOUNDARY
        return True

    def _behind_boundary(self) -> bool:
        if self._rest.startswith(b"--"):
            self._at = _At.END
            return True
        line, found, behind = self._rest.partition(b"\r\n")
        if not found:
            if len(self._rest) > LONGEST_HEADERS:
                raise _broken("a boundary without the end of its line")
            return False
        if line.strip(b" \t"):
            raise _broken("a boundary is followed by other bytes")
        self._rest, self._at = b"\r\n" + behind, _At.HEADERS
        return True

    def _headers(self) -> bool:
        lines, found, behind = self._rest.partition(b"\r\n\r\n")
        if len(lines) > LONGEST_HEADERS:
            raise _broken(f"the headers of a part are longer than {LONGEST_HEADERS} bytes")
        if not found:
            return False
        self._parts += 1
        if self._parts > MOST_PARTS:
            raise _broken(f"more than {MOST_PARTS} parts")
        headers = _fields(lines)
        if headers.get("content-transfer-encoding", "").lower() not in _LEFT_AS_IS:
            raise _broken("a part has a Content-Transfer-Encoding other than binary")
        self._sink = self._open(headers)
        self._rest, self._at, self._not_body = b"\r\n" + behind, _At.BODY, 2
        return True


def _fields(lines: bytes) -> dict[str, str]:
    text = lines.decode("latin-1").replace("\r\n ", " ").replace("\r\n\t", " ")
    pairs = [line.partition(":") for line in text.split("\r\n") if line]
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _broken(why: str) -> InvalidMessage:
    return InvalidMessage("call_invalid", where="multipart", why=why)
