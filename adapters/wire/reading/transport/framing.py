"""Takes one HTTP reply from a socket: within a deadline, within a size, and says how it ended.

Promises that a reply is returned only when it was read to its end. What breaks HTTP's rules and has
one reading is read and noted (chunked beside a length, bare line feeds, folded fields, the same
length twice); what has two readings, or is no HTTP, raises AmbiguousFailure: by the time a reply
is read the request has left, so the effect is unknown. One end is certain: TLS that refuses our
certificate in the place of a first byte. Redirects are not followed.
"""

import re
import socket
import time
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache

from adapters.wire.connections.tls import late_refusal, may_refuse_late
from adapters.wire.reading.findings import Findings, at
from adapters.wire.reading.reply import Reply
from adapters.wire.reading.transport import coding
from hub.ports import DriftKind
from hub.rules.failures.errors import AmbiguousFailure

PIECE = 65_536
HEAD_LIMIT = 65_536
"""Most bytes of all header fields together, of the reply and of what announces it (1xx)."""
LINE_LIMIT = 4096
"""Most bytes of a chunk's size and its extensions."""
_HEAD_END = re.compile(rb"\r{0,2}\n\r{0,2}\n")
_STATUS = re.compile(
    rb"HTTP/1\.([0-9])[ \t]+([1-9][0-9]{2})(?:[ \t].*)?", re.IGNORECASE | re.DOTALL
)
_CHUNK = re.compile(rb"[ \t]*0*([0-9A-Fa-f]{0,15})[ \t]*(?:;.*)?", re.DOTALL)
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+")


class Ending(Enum):
    """What the end of a reply leaves behind."""

    REUSABLE = "reusable"
    """The connection can carry another call."""
    SPENT = "spent"
    """It cannot."""
    BEHIND = "behind"
    """Bytes came behind the reply: it, or they, may belong to another call."""


class _Stream:
    """The bytes that come in, and the deadline for all of them."""

    def __init__(self, sock: socket.socket, deadline: float, *, fresh: bool = False) -> None:
        self.buffer = bytearray()
        self._sock = sock
        self._deadline = deadline
        self._may_refuse = fresh and may_refuse_late(sock)
        """Nothing ever came over the line, and the first that comes may be TLS's refusal."""

    def more(self) -> bool:
        """Wait for more bytes; False at the end of the connection. Raises as `read_reply`."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise AmbiguousFailure("reply_timeout", "the reply did not end in time")
        self._sock.settimeout(left)
        try:
            piece = self._sock.recv(PIECE)
        except TimeoutError:
            raise AmbiguousFailure("reply_timeout", "no reply in time") from None
        except OSError as error:
            if self._may_refuse and (refusal := late_refusal(error)):
                raise refusal from None
            raise AmbiguousFailure("reply_dropped", type(error).__name__) from None
        self._may_refuse = False
        self.buffer += piece
        return bool(piece)

    def need(self, size: int) -> None:
        """Return when `size` bytes are there; raises AmbiguousFailure."""
        while len(self.buffer) < size:
            if not self.more():
                raise _dropped()

    def read(self, size: int) -> bytes:
        """Return the next `size` bytes."""
        self.need(size)
        piece = bytes(self.buffer[:size])
        del self.buffer[:size]
        return piece


def _dropped() -> AmbiguousFailure:
    return AmbiguousFailure("reply_dropped", "the line was closed before the reply ended")


@dataclass(slots=True)
class _Head:
    status: int
    minor: int
    """The x of HTTP/1.x."""
    headers: dict[str, str] = field(default_factory=dict)
    repeated: dict[str, list[str]] = field(default_factory=dict)

    def add(self, name: str, value: str) -> None:
        if name in self.headers:
            self.repeated.setdefault(name, [self.headers[name]]).append(value)
        self.headers[name] = value

    def tokens(self, name: str) -> list[str]:
        """Return the list in a field, lower-case."""
        if name not in self.headers:
            return []
        values = self.repeated.get(name) or [self.headers[name]]
        found = [it.strip().lower() for value in values for it in value.split(",")]
        return list(filter(None, found))


def read_reply(
    sock: socket.socket,
    *,
    deadline: float,
    body_limit: int,
    findings: Findings | None = None,
    fresh: bool = False,
) -> tuple[Reply, Ending]:
    """Return the reply and what its end leaves behind.

    `deadline` is a time of `time.monotonic` for the whole reply: a partner that sends a byte now
    and then does not hold a thread beyond it. `fresh` tells that nothing came over the line before.
    Raises AmbiguousFailure, and TransientFailure where a fresh line is refused for our certificate.
    """
    findings = findings or Findings()
    stream = _Stream(sock, deadline, fresh=fresh)
    head = _final_head(stream, findings)
    body, alive = _Body(stream, head, body_limit, findings).read()
    ending = Ending.REUSABLE if alive else Ending.SPENT
    if stream.buffer:
        ending = Ending.BEHIND if stream.buffer.strip(b"\r\n") else Ending.SPENT
        findings.add(DriftKind.FRAMING, "bytes behind the reply")
    reply = Reply(
        status=head.status,
        headers=head.headers,
        body=body,
        repeated=head.repeated,
        findings=findings,
    )
    return reply, ending


# --- the head -------------------------------------------------------------------------------------


def _final_head(stream: _Stream, findings: Findings) -> _Head:
    """Return the head of the reply, past those that only announce it (100 Continue)."""
    left = HEAD_LIMIT
    while True:
        raw = _raw_head(stream, left, findings)
        left -= len(raw)
        head = _parsed(raw, findings)
        if head.status >= 200:
            return head
        if head.status == 101:
            raise findings.refuse("HTTP", "status 101, another protocol that nobody asked for")


def _raw_head(stream: _Stream, limit: int, findings: Findings) -> bytes:
    searched = 0
    while True:
        buffer = stream.buffer
        if buffer.startswith((b"\r", b"\n")):
            blank = len(buffer) - len(buffer.lstrip(b"\r\n"))
            findings.add(DriftKind.FRAMING, "blank lines ahead of the status line")
            del buffer[:blank]
            limit -= blank
        if buffer[:5].upper() != b"HTTP/"[: len(buffer)]:
            raise findings.refuse("HTTP", "no status line: this is not HTTP")
        end = _HEAD_END.search(buffer, max(0, searched - 5))
        if (end.start() if end else len(buffer)) > limit:
            raise findings.refuse("HTTP", f"more than {HEAD_LIMIT} bytes of headers")
        if end:
            raw = bytes(buffer[: end.start()])
            if end[0] != b"\r\n\r\n" or raw.count(b"\n") != raw.count(b"\r\n"):
                findings.add(DriftKind.FRAMING, "line ends")
            del buffer[: end.end()]
            return raw
        searched = len(buffer)
        if not stream.more():
            raise _dropped()


def _parsed(raw: bytes, findings: Findings) -> _Head:
    first, *lines = [line.rstrip(b"\r") for line in raw.split(b"\n")]
    status = _STATUS.fullmatch(first)
    if status is None:
        raise findings.refuse("HTTP", "a status line that is none of HTTP/1.x")
    if b"\0" in raw or b"\r" in b"".join(lines):
        raise findings.refuse("HTTP", "a control character in the head")
    head = _Head(int(status[2]), int(status[1]))
    name = ""
    for line in lines:
        if line[:1] in (b" ", b"\t"):
            _unfold(head, name, line, findings)
            continue
        before, colon, value = line.partition(b":")
        name = _name(before) if colon else ""
        if name:
            if before[-1:] in b" \t":
                findings.add(DriftKind.FRAMING, at("blanks ahead of the colon", name))
            head.add(name, value.strip(b" \t").decode("latin-1"))
            continue
        again = _STATUS.fullmatch(line)
        if again and int(again[2]) != head.status:
            raise findings.refuse("HTTP", "two status lines that differ")
        findings.add(DriftKind.FRAMING, "a line that is no header field")
    return head


@lru_cache(maxsize=512)
def _name(raw: bytes) -> str:
    """Return the name of a header field, lower-case, "" where it cannot be one."""
    name = raw.rstrip(b" \t").decode("latin-1").lower()
    return name if _TOKEN.fullmatch(name) else ""


def _unfold(head: _Head, name: str, line: bytes, findings: Findings) -> None:
    """Add a folded line to the field above it."""
    if name not in head.headers:
        raise findings.refuse("HTTP", "a folded line without a header field above it")
    findings.add(DriftKind.FRAMING, at("folded header field", name))
    whole = f"{head.headers[name]} {line.strip().decode('latin-1')}".strip()
    head.headers[name] = whole
    if name in head.repeated:
        head.repeated[name][-1] = whole


# --- the body -------------------------------------------------------------------------------------


class _Body:
    """Reads what comes behind a head, as the head says."""

    def __init__(self, stream: _Stream, head: _Head, limit: int, findings: Findings) -> None:
        self.stream, self.head, self.limit, self.findings = stream, head, limit, findings
        tokens = head.tokens("connection")
        self.alive = "close" not in tokens if head.minor else "keep-alive" in tokens

    def read(self) -> tuple[bytes, bool]:
        """Return the body, and whether the connection stays in step."""
        headers = self.head.headers
        usual = headers.get("content-length", "")
        if usual.isdigit() and "transfer-encoding" not in headers and not self.head.repeated:
            length = int(usual[:20])
            if length <= self.limit and self.head.status not in {204, 304} and usual.isascii():
                return self.stream.read(length), self.alive
        return self._unusual()

    def _unusual(self) -> tuple[bytes, bool]:
        length = self._length()
        codings = [it for it in self.head.tokens("transfer-encoding") if it != "identity"]
        if self.head.status in {204, 304}:
            return b"", self.alive
        if not codings:
            if length is None:
                return self._until_close(), False
            return self.stream.read(length), self.alive
        self._check_codings(codings, length)
        if codings[-1] == "chunked":
            whole = self._chunks()
        else:
            whole, self.alive = self._until_close(), False
        inner = [it for it in codings if it != "chunked"]
        if inner:
            whole = coding.undo(whole, inner, limit=self.limit, findings=self.findings)
        return whole, self.alive

    def _length(self) -> int | None:
        """Return Content-Length, None where there is none or another framing counts."""
        tokens = self.head.tokens("content-length")
        if self.head.headers.get("content-length") is None:
            return None
        chunked = "chunked" in self.head.tokens("transfer-encoding")
        if not tokens or not all(it.isascii() and it.isdigit() and len(it) < 20 for it in tokens):
            if chunked:
                return 0
            raise self.findings.refuse("Content-Length", "no number of bytes")
        lengths = sorted({int(it) for it in tokens})
        if len(lengths) > 1 and not chunked:
            both = " and ".join(map(str, lengths[:2]))
            raise self.findings.refuse("Content-Length", f"two different lengths, {both}")
        if len(tokens) > 1:
            self.findings.add(DriftKind.FRAMING, "Content-Length twice")
        if lengths[0] > self.limit and not chunked:
            raise self._too_long(f"{lengths[0]} bytes")
        return lengths[0]

    def _check_codings(self, codings: list[str], length: int | None) -> None:
        if length is not None:
            # What an attacker could use against one that reads the length: the line ends with it.
            self.findings.add(DriftKind.FRAMING, "chunked and Content-Length together")
            self.alive = False
        if not self.head.minor:
            self.findings.add(DriftKind.FRAMING, "Transfer-Encoding in HTTP/1.0")
            self.alive = False
        if codings.count("chunked") > 1:
            self.findings.add(DriftKind.FRAMING, "chunked twice")
            self.alive = False
        known = {"chunked", *coding.CODINGS}
        if not set(codings) <= known or ("chunked" in codings and codings[-1] != "chunked"):
            raise self.findings.refuse("Transfer-Encoding", "a coding that the hub does not know")

    def _chunks(self) -> bytes:
        body, size = bytearray(), self._chunk_size()
        while size:
            if len(body) + size > self.limit:
                raise self._too_long("more bytes than that")
            body += self.stream.read(size)
            if self._line():
                raise self.findings.refuse("HTTP", "a chunk that is longer than its size")
            size = self._chunk_size()
        self._trailer()
        return bytes(body)

    def _chunk_size(self) -> int:
        line = self._line()
        found = _CHUNK.fullmatch(line)
        if found is None or not line.strip(b" \t;")[:1]:
            raise self.findings.refuse("HTTP", "a chunk without a size")
        if line[:1] in b" \t" or line.partition(b";")[0][-1:] in b" \t":
            self.findings.add(DriftKind.FRAMING, "blanks around a chunk size")
        return int(found[1] or b"0", 16)

    def _trailer(self) -> None:
        """Skip the fields behind the last chunk; a line that is closed instead has said it all."""
        left = HEAD_LIMIT
        while True:
            try:
                line = self._line()
            except AmbiguousFailure as failure:
                if failure.code != "reply_dropped" or self.stream.buffer:
                    raise
                self.findings.add(DriftKind.FRAMING, "closed instead of the last line end")
                self.alive = False
                return
            if not line:
                return
            left -= len(line)
            if left < 0:
                raise self.findings.refuse("HTTP", f"more than {HEAD_LIMIT} bytes of trailers")

    def _line(self) -> bytes:
        """Return the next line without its end."""
        buffer = self.stream.buffer
        while (end := buffer.find(b"\n", 0, LINE_LIMIT)) < 0:
            if len(buffer) >= LINE_LIMIT:
                raise self.findings.refuse("HTTP", "a chunk without a size")
            if not self.stream.more():
                raise _dropped()
        line = bytes(buffer[:end])
        del buffer[: end + 1]
        if line[-1:] != b"\r":
            self.findings.add(DriftKind.FRAMING, "line ends")
            return line
        return line[:-1]

    def _until_close(self) -> bytes:
        buffer = self.stream.buffer
        while True:
            if len(buffer) > self.limit:
                raise self._too_long("more bytes than that")
            if not self.stream.more():
                break
        whole = bytes(buffer)
        buffer.clear()
        return whole

    def _too_long(self, size: str) -> AmbiguousFailure:
        return self.findings.refuse("body", size, fix=f"the limit is {self.limit} bytes")
