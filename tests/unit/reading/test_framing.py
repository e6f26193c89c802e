"""HTTP that breaks its rules is read where it has one reading, and refused with its place else."""

import socket
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.wire.reading import Findings, Reply
from adapters.wire.reading.transport.framing import HEAD_LIMIT, Ending, read_reply
from hub.ports import DriftKind
from hub.rules.failures.errors import AmbiguousFailure

LIMIT = 1000


def read(raw: bytes, *, pieces: int = 1, findings: Findings | None = None) -> tuple[Reply, Ending]:
    """Read what comes over a line that is closed behind it, in so many pieces."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        step = max(1, -(-len(raw) // pieces))
        for start in range(0, len(raw), step):
            theirs.sendall(raw[start : start + step])
        theirs.shutdown(socket.SHUT_WR)
        deadline = time.monotonic() + 20
        return read_reply(ours, deadline=deadline, body_limit=LIMIT, findings=findings)


def drift_of(raw: bytes) -> set[str]:
    findings = Findings()
    read(raw, findings=findings)
    assert all(it.kind is DriftKind.FRAMING for it in findings.drift)
    return {it.place for it in findings.drift}


OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
FIVE = b"5\r\nhello\r\n0\r\n\r\n"
USUAL = [
    OK + b"Content-Length: 5\r\n\r\nhello",
    OK + CHUNKED + b"\r\n" + FIVE,
    OK + CHUNKED + b"\r\n5;name=value\r\nhello\r\n0;last\r\nX-Trailer: 1\r\n\r\n",
    b"HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nhello",
    b"HTTP/1.1 200 Kh\xf4ng c\xf3 l\xe1\xbb\x97i\r\nContent-Length: 5\r\n\r\nhello",
    b"HTTP/1.0 200 OK\r\n\r\nhello",
    b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
    + OK
    + b"Content-Length: 5\r\n\r\nhello",
    OK + b"Content-Length:5\r\nX:\r\n\r\nhello",
    OK + b"Transfer-Encoding: identity\r\nContent-Length: 5\r\n\r\nhello",
]


@pytest.mark.parametrize("raw", USUAL, ids=range(len(USUAL)))
@pytest.mark.parametrize("pieces", [1, 7, 500])
def test_http_as_it_should_be_is_read_without_drift(raw: bytes, pieces: int) -> None:
    """However it is cut into packets."""
    findings = Findings()
    reply, ending = read(raw, pieces=pieces, findings=findings)
    assert (reply.status, reply.body, findings.drift) == (200, b"hello", ())
    assert ending is not Ending.BEHIND


ONE_READING = [
    (OK + CHUNKED + b"Content-Length: 99\r\n\r\n" + FIVE, "chunked and Content-Length together"),
    (OK + CHUNKED + b"Content-Length: \r\n\r\n" + FIVE, "chunked and Content-Length together"),
    (OK + CHUNKED + CHUNKED + b"\r\n" + FIVE, "chunked twice"),
    (OK + CHUNKED + b"\r\n5  \r\nhello\r\n0\r\n\r\n", "blanks around a chunk size"),
    (OK + CHUNKED + b"\r\n 005\t;x\r\nhello\r\n000 \r\n\r\n", "blanks around a chunk size"),
    (OK + CHUNKED + b"\r\n5\r\nhello\r\n0\r\n", "closed instead of the last line end"),
    (OK + CHUNKED + b"\r\n5\nhello\n0\n\n", "line ends"),
    (b"HTTP/1.1 200 OK\nContent-Length: 5\n\nhello", "line ends"),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 5\n\r\nhello", "line ends"),
    (b"HTTP/1.1 200 OK\r\r\nContent-Length: 5\r\r\n\r\r\nhello", "line ends"),
    (OK + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", "Content-Length twice"),
    (OK + b"Content-Length: 5, 05\r\n\r\nhello", "Content-Length twice"),
    (OK + b"Content-Length : 5\r\n\r\nhello", "blanks ahead of the colon/content-length"),
    (OK + b"X-A: a,\r\n\tb\r\nContent-Length: 5\r\n\r\nhello", "folded header field/x-a"),
    (OK + b"no field at all\r\nContent-Length: 5\r\n\r\nhello", "a line that is no header field"),
    (OK + OK + b"Content-Length: 5\r\n\r\nhello", "a line that is no header field"),
    (b"\r\n" + OK + b"Content-Length: 5\r\n\r\nhello", "blank lines ahead of the status line"),
    (b"HTTP/1.0 200 OK\r\n" + CHUNKED + b"\r\n" + FIVE, "Transfer-Encoding in HTTP/1.0"),
    (OK + b"Content-Length: 5\r\n\r\nhello\r\n", "bytes behind the reply"),
]


@pytest.mark.parametrize(("raw", "place"), ONE_READING, ids=[place for _, place in ONE_READING])
@pytest.mark.parametrize("pieces", [1, 500])
def test_a_form_with_one_reading_is_read_and_told(raw: bytes, place: str, pieces: int) -> None:
    """What somebody sends by mistake and nobody can misunderstand."""
    reply, _ = read(raw, pieces=pieces)
    assert (reply.status, reply.body) == (200, b"hello")
    assert drift_of(raw) == {place}


@pytest.mark.parametrize("number", [0, 1, 5, 17])
def test_a_connection_that_may_be_out_of_step_is_not_used_again(number: int) -> None:
    """Chunked beside a length, chunked twice, an end that is missing, chunks in HTTP/1.0."""
    assert read(ONE_READING[number][0])[1] is Ending.SPENT


TWO_READINGS = [
    (
        OK + b"Content-Length: 5\r\nContent-Length: 7\r\n\r\nhello!!",
        "two different lengths, 5 and 7",
    ),
    (OK + b"Content-Length: 5, 7\r\n\r\nhello!!", "two different lengths, 5 and 7"),
    (OK + b"Content-Length: five\r\n\r\nhello", "Content-Length: no number of bytes"),
    (OK + b"Content-Length: -5\r\n\r\nhello", "no number of bytes"),
    (OK + b"Content-Length: +5\r\n\r\nhello", "no number of bytes"),
    (OK + b"Content-Length:\r\n\r\nhello", "no number of bytes"),
    (OK + b"HTTP/1.1 500 Error\r\nContent-Length: 5\r\n\r\nhello", "two status lines that differ"),
    (OK + b"Transfer-Encoding: br, chunked\r\n\r\n" + FIVE, "a coding that the hub does not know"),
    (OK + b"Transfer-Encoding: chunked, gzip\r\n\r\n" + FIVE, "a coding that the hub does not"),
    (OK + CHUNKED + b"\r\nfive\r\nhello\r\n0\r\n\r\n", "a chunk without a size"),
    (OK + CHUNKED + b"\r\n\r\nhello\r\n0\r\n\r\n", "a chunk without a size"),
    (OK + CHUNKED + b"\r\n4\r\nhello\r\n0\r\n\r\n", "a chunk that is longer than its size"),
    (OK + CHUNKED + b"\r\n-5\r\nhello\r\n0\r\n\r\n", "a chunk without a size"),
    (OK + b" folded\r\nContent-Length: 5\r\n\r\nhello", "a folded line without a header field"),
    (OK + b"X: a\0b\r\nContent-Length: 5\r\n\r\nhello", "a control character in the head"),
    (OK + b"X: a\rContent-Length: 5\r\n\r\nhello", "a control character in the head"),
    (b"HTTP/2 200 OK\r\nContent-Length: 5\r\n\r\nhello", "a status line that is none of HTTP/1.x"),
    (b"HTTP/1.1 20 OK\r\nContent-Length: 5\r\n\r\nhello", "a status line that is none"),
    (b"<html>a page</html>\r\n\r\n", "this is not HTTP"),
    (b"HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\n\r\n", "status 101"),
    (OK + b"X: " + b"a" * HEAD_LIMIT + b"\r\n\r\n", "bytes of headers"),
    (OK + b"Content-Length: 1001\r\n\r\n" + b"a" * 1001, "1001 bytes; the limit is 1000 bytes"),
    (OK + CHUNKED + b"\r\n3e9\r\n" + b"a" * 1001, "the limit is 1000 bytes"),
]


@pytest.mark.parametrize(("raw", "read_as"), TWO_READINGS, ids=range(len(TWO_READINGS)))
def test_what_has_two_readings_is_refused_with_its_place(raw: bytes, read_as: str) -> None:
    """The effect is unknown; the operation, the place and the kind of what was read are told."""
    with pytest.raises(AmbiguousFailure) as raised:
        read(raw, findings=Findings("town", "TiepNhanHoSo"))
    assert raised.value.code == "reply_unreadable"
    assert read_as in raised.value.detail
    assert raised.value.detail.startswith("TiepNhanHoSo, ")
    assert "hello" not in raised.value.detail


CUT = [
    OK,
    OK + b"Content-Length: 9\r\n\r\nhello",
    OK + CHUNKED + b"\r\n5\r\nhel",
    OK + CHUNKED + b"\r\n5",
]


@pytest.mark.parametrize("raw", CUT, ids=range(len(CUT)))
def test_a_reply_that_breaks_off_is_dropped(raw: bytes) -> None:
    """It is never taken for a shorter one."""
    with pytest.raises(AmbiguousFailure, match="reply_dropped"):
        read(raw)


def test_another_reply_behind_is_told_from_a_line_end() -> None:
    """One may belong to another call, the other is nothing."""
    assert read(USUAL[0] + b"\r\n")[1] is Ending.SPENT
    assert read(USUAL[0] + USUAL[0])[1] is Ending.BEHIND


@given(st.binary(max_size=400))
def test_any_bytes_are_a_reply_or_an_unknown_effect(raw: bytes) -> None:
    """There is no third way out."""
    for start in (b"", OK, OK + CHUNKED + b"\r\n"):
        try:
            reply, _ = read(start + raw)
        except AmbiguousFailure:
            continue
        assert 200 <= reply.status <= 999
