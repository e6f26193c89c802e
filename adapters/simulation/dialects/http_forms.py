"""How servers and gateways put a reply on the line: header fields, framing, own answers."""

import json
import re
import uuid
from dataclasses import replace

from adapters.simulation.dialects.habit import GatewayErrors, Habit
from adapters.simulation.partner import Answer, Call

ECHO = b"x-request-id"
_WROTE = re.compile(rb'"error_code": ?"?0+"?[,}]|"data": ?"?1"?[,}]')
REASONS = {200: b"OK", 302: b"Found", 400: b"Bad Request", 500: b"Internal Server Error"}


def _other_echo(answer: Answer, _: Call) -> Answer:
    """A gateway puts its own number into the field that the partner gave back."""
    own = (ECHO, uuid.uuid4().hex.encode())
    return replace(answer, fields=[*_without_echo(answer), own])


def _no_echo(answer: Answer, _: Call) -> Answer:
    return replace(answer, fields=_without_echo(answer))


def _blanks_behind(answer: Answer, _: Call) -> Answer:
    return replace(answer, fields=[(name, value + b"  ") for name, value in answer.fields])


def _created(answer: Answer, call: Call) -> Answer:
    if call.method != "POST" or answer.status != 200 or not answer.number:
        return answer
    wrote = _WROTE.search(answer.body) if b"json" in answer.content_type else None
    return replace(answer, status=201) if wrote else answer


def _without_echo(answer: Answer) -> list[tuple[bytes, bytes]]:
    return [(name, value) for name, value in answer.fields if name.lower() != ECHO]


def _head(answer: Answer, *fields: tuple[bytes, bytes], end: bytes) -> bytes:
    reason = REASONS.get(answer.status, b"Said")
    lines = [b"HTTP/1.1 %d %b" % (answer.status, reason), b"content-type: " + answer.content_type]
    given = [*answer.fields, *fields, (b"connection", b"close")]
    return end.join([*lines, *(name + b": " + value for name, value in given)]) + end * 2


def _chunks(body: bytes, *, behind_size: bytes = b"") -> bytes:
    half = len(body) // 2
    pieces = [piece for piece in (body[:half], body[half:]) if piece]
    framed = b"".join(b"%x%b\r\n%b\r\n" % (len(p), behind_size, p) for p in pieces)
    return framed + b"0%b\r\n\r\n" % behind_size


def _length_and_chunks(answer: Answer) -> bytes:
    length = (b"content-length", b"%d" % len(answer.body))
    chunked = (b"transfer-encoding", b"chunked")
    return _head(answer, length, chunked, end=b"\r\n") + _chunks(answer.body)


def _blanks_behind_sizes(answer: Answer) -> bytes:
    head = _head(answer, (b"transfer-encoding", b"chunked"), end=b"\r\n")
    return head + _chunks(answer.body, behind_size=b"  ")


def _bare_line_feeds(answer: Answer) -> bytes:
    length = (b"content-length", b"%d" % len(answer.body))
    return _head(answer, length, end=b"\n") + answer.body


def _until_the_end(answer: Answer) -> bytes:
    return _head(answer, end=b"\r\n") + answer.body


def gateway_error(status: int) -> Answer:
    """Return what an API gateway says where the line behind it broke, or took too long."""
    code = {502: 101500, 503: 101503, 504: 101504}.get(status, 101500)
    fault = {"code": code, "type": "Status report", "message": "Runtime Error"}
    return Answer(status=status, body=json.dumps({"fault": fault}).encode())


OTHER_ECHO = Habit(name="other_echo", about="a gateway overwrites X-Request-Id", body=_other_echo)
NO_ECHO = Habit(name="no_echo", about="nobody gives X-Request-Id back", body=_no_echo)
BLANKS_BEHIND = Habit(
    name="blanks_behind", about="blanks behind header fields", body=_blanks_behind
)
CREATED = Habit(name="created", about="201 for a call that wrote", body=_created)
LENGTH_AND_CHUNKS = Habit(
    name="length_and_chunks",
    about="Content-Length and chunks in one reply (metro-saaj#75)",
    frame=_length_and_chunks,
)
BLANKS_BEHIND_SIZES = Habit(
    name="blanks_behind_sizes",
    about="blanks behind the sizes of chunks",
    frame=_blanks_behind_sizes,
)
BARE_LINE_FEEDS = Habit(
    name="bare_line_feeds", about="header lines that end with LF alone", frame=_bare_line_feeds
)
UNTIL_THE_END = Habit(
    name="until_the_end", about="a body that ends with the connection", frame=_until_the_end
)
GATEWAY_ERRORS = Habit(
    name="gateway_errors",
    about="502, 503, 504 of the gateway, with or without the effect, or before it",
    share=0.04,
    gateway=GatewayErrors(),
)

HABITS = (
    OTHER_ECHO,
    NO_ECHO,
    BLANKS_BEHIND,
    CREATED,
    LENGTH_AND_CHUNKS,
    BLANKS_BEHIND_SIZES,
    BARE_LINE_FEEDS,
    UNTIL_THE_END,
    GATEWAY_ERRORS,
)
