"""Connections to the gateway: each limit is a clear answer and a closed line, and others are served
meanwhile.
"""

import socket
import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from hub.gateway.connections.limits import ConnectionLimits
from hub.gateway.connections.request_target import is_ambiguous
from tests.support.network.small_gateway import (
    BOUND,
    GET,
    HOST,
    POST,
    SHORT,
    Served,
    is_served,
    refused,
    rest_of,
    until,
)


def test_an_answer_of_two_parts_waits_for_no_acknowledgement(served: Served) -> None:
    """Head and body are written apart: with Nagle's rule the second waits 40 ms at each call."""
    with served.line() as line:
        line.sendall(GET + HOST + b"\r\n")
        until(line, b"ok")
        (connection,) = served.web.listeners[0].open_connections._open
        taken = connection.transport.get_extra_info("socket")  # type: ignore[attr-defined]
        assert taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (
            GET + HOST + b"A: b\r\n" * 10_000 + b"\r\n",
            (431, "header_too_large"),
        ),
        (GET + HOST + b"A: " + b"b" * 1_000_000, (431, "header_too_large")),
        (GET + b"A" * 1_000_000, (431, "header_too_large")),
        (
            GET + HOST + b"A: " + b"b" * 40_000 + b"\r\n\r\n",
            (431, "header_too_large"),
        ),
        (b"GET /" + b"x" * 10_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", (414, "target_too_long")),
        (b"GET /ok HTTP/1.1\r\n\r\n", (400, "request_malformed")),
        (GET + HOST * 2 + b"\r\n", (400, "request_malformed")),
        (b"GET /../ok HTTP/1.1\r\n" + HOST + b"\r\n", (400, "target_ambiguous")),
        (b"GET /a%2fb HTTP/1.1\r\n" + HOST + b"\r\n", (400, "target_ambiguous")),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", (400, "request_malformed")),
        (
            POST + HOST + b"Content-Length: 5\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /ok HTTP/1.1\r\n\r\n",
            (400, "request_malformed"),
        ),
        (
            POST + HOST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n",
            (400, "request_malformed"),
        ),
        (GET + HOST + b"A: b\r\n c\r\n\r\n", (400, "request_malformed")),
        (
            POST + HOST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
            (400, "request_malformed"),
        ),
    ],
    ids=[
        "10,000 fields",
        "a field of 1 MB",
        "a name of 1 MB",
        "a whole header over the limit",
        "a long target",
        "no host",
        "two hosts",
        "dot segments",
        "an encoded slash",
        "TLS to a plain port",
        "two lengths of a body",
        "two content lengths",
        "a folded field",
        "a coding beneath chunks",
    ],
)
def test_a_request_over_a_limit_is_refused_and_the_line_closed(
    served: Served, sent: bytes, expected: tuple[int, str]
) -> None:
    """With a status, a code and a sentence in both languages; the next caller is served."""
    with served.line() as line:
        line.sendall(sent)
        assert refused(rest_of(line)) == expected
    assert is_served(served)


def test_too_many_connections_of_one_address_are_told_to_come_again() -> None:
    """503 with Retry-After; when one has ended, the next is taken."""
    made = Served(ConnectionLimits(per_address=3, connections=3))
    try:
        lines = [made.line() for _ in range(3)]
        for line in lines:
            line.sendall(GET + HOST + b"\r\n")
            assert line.recv(65536)
        with made.line() as further:
            answer = rest_of(further)
        assert refused(answer) == (503, "connections_full")
        assert b"retry-after: 5" in answer
        for line in lines:
            line.close()
        ended = threading.Event()
        for _ in range(int(BOUND / 0.05)):
            if not len(made.web.listeners[0].open_connections):
                break
            ended.wait(0.05)
        assert is_served(made)
    finally:
        made.web.stop()


def test_a_refused_connection_ends_even_where_its_caller_keeps_it() -> None:
    """Connections beyond the limit hold no place in the process."""
    made = Served(replace(SHORT, connections=1, head_time=timedelta(seconds=BOUND)))
    try:
        with made.line() as first:
            first.sendall(GET + HOST)
            further = made.line()
            assert refused(rest_of(further)) == (503, "connections_full")
            ended = threading.Event()
            for _ in range(int(BOUND / 0.05)):
                try:  # a line that was ended resets what is still sent
                    further.sendall(b"x")
                except OSError:
                    ended.set()
                    break
                ended.wait(0.05)
            further.close()
            assert ended.is_set()
    finally:
        made.web.stop()


def test_a_line_ends_that_is_idle_after_the_rest_of_an_answered_request(served: Served) -> None:
    """A caller without a token cannot hold a connection by sending the body behind its 401."""
    with served.line() as line:
        line.sendall(b"POST /early HTTP/1.1\r\n" + HOST + b"Content-Length: 3\r\n\r\n")
        assert until(line, b"no").startswith(b"HTTP/1.1 401")
        line.sendall(b"xyz")
        assert rest_of(line) == b""


def test_a_body_behind_the_answer_to_another_request_is_read_whole(served: Served) -> None:
    """Two requests in one: the first answer does not end the second body's time."""
    with served.line() as line:
        line.sendall(GET + HOST + b"\r\n" + POST + HOST + b"Content-Length: 4096\r\n\r\n")
        assert b"200 OK" in until(line, b"ok")
        for _ in range(16):
            line.sendall(b"x" * 256)
            served.gone.wait(0.07)
        assert until(line, b"4096").startswith(b"HTTP/1.1 200")


def test_a_body_behind_its_answer_is_thrown_away_and_has_an_end(served: Served) -> None:
    """The sender reads its 401; a body without end does not go on for ever."""
    with served.line() as line:
        line.sendall(b"POST /early HTTP/1.1\r\n" + HOST + b"Content-Length: 3\r\n\r\n")
        assert line.recv(65536).startswith(b"HTTP/1.1 401")
        line.sendall(b"xyzGET /ok HTTP/1.1\r\n" + HOST + b"\r\n")
        assert b"200 OK" in until(line, b"ok")  # the rest was short: the line goes on
    with served.line() as line:
        line.sendall(b"POST /early HTTP/1.1\r\n" + HOST + b"Content-Length: 999999999\r\n\r\n")
        assert until(line, b"no").startswith(b"HTTP/1.1 401")
        sent = 0
        with pytest.raises(OSError, match=r"Broken pipe|reset"):
            while sent < 100 * 1024 * 1024:
                line.sendall(b"x" * 65536)
                sent += 65536


def test_usual_requests_pass_whole(served: Served) -> None:
    """Many fields, a large body, requests one behind the other without waiting."""
    fields = b"".join(b"A%d: %s\r\n" % (n, b"b" * 100) for n in range(90))
    with served.line() as line:
        line.sendall(GET + HOST + fields + b"\r\n")
        assert line.recv(65536).startswith(b"HTTP/1.1 200")
    body = b"x" * 3_000_000
    with served.line() as line:
        request = POST + HOST + b"Content-Length: 3000000\r\n\r\n" + body
        line.sendall(request + GET + HOST + b"Connection: close\r\n\r\n")
        answers = rest_of(line)
    assert b"\r\n\r\n3000000HTTP/1.1 200" in answers
    assert answers.endswith(b"ok")


@pytest.mark.parametrize(
    "target",
    [
        *(b"/a/../b", b"/./a", b"/..", b"/%2e%2e/a", b"/%2E/", b"/a%2Fb", b"/a%5cb", b"/a\\b"),
        *(b"/a%00b", b"/a%0d%0aX: y", b"/a%7f", b"/%c0%af", b"/%ff", b"/%252e", b"/%zz", b"/a%"),
        *(b"/\xc3\xa0", b"/a b", b"/a\x01"),
    ],
)
def test_a_target_that_two_programs_could_read_differently_is_ambiguous(target: bytes) -> None:
    """Dots, slashes and controls in any coat."""
    assert is_ambiguous(target)


@pytest.mark.parametrize(
    "target",
    [b"/", b"/files/abc", b"/v1/dossiers?day=2026-11-28&next=a%2Fb", b"/h%E1%BB%93-s%C6%A1", b"*"],
)
def test_a_plain_target_is_not_ambiguous(target: bytes) -> None:
    """Vietnamese letters, percent-encoded; and a query may hold what a path may not."""
    assert not is_ambiguous(target)
