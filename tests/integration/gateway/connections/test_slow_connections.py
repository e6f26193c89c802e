"""Slow callers of the gateway: each kind has its time, and others are served meanwhile."""

import contextlib
import socket
import threading

import pytest

from tests.support.network.small_gateway import (
    BOUND,
    GET,
    HOST,
    POST,
    Served,
    is_served,
    refused,
    rest_of,
    until,
)


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (b"GET /ok HTTP/1.1\r\nHost", (408, "request_slow")),
        (
            POST + HOST + b"Content-Length: 100\r\n\r\nx",
            (408, "request_slow"),
        ),
        (
            POST + HOST + b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n",
            (408, "request_slow"),
        ),
    ],
    ids=["header", "body", "chunked body"],
)
def test_a_request_that_stands_still_is_refused(
    served: Served, sent: bytes, expected: tuple[int, str]
) -> None:
    """408, and the application hears that its sender is gone."""
    with served.line() as line:
        line.sendall(sent)
        assert refused(rest_of(line)) == expected
    assert b"/body" not in sent or served.gone.wait(BOUND)


def test_a_header_that_drips_is_refused_at_its_time(served: Served) -> None:
    """A byte now and then does not begin the time anew."""
    with served.line() as line:
        line.sendall(GET + HOST)
        line.settimeout(0.1)
        answer = b""
        for _ in range(int(BOUND / 0.1)):
            try:
                answer = line.recv(65536)
                break
            except TimeoutError:
                line.sendall(b"A: b\r\n")
        assert refused(answer) == (408, "request_slow")


def test_a_body_that_never_ends_is_refused_at_its_time(served: Served) -> None:
    """However fast it comes: its size is the route's business, its time the server's."""
    with served.line() as line:
        line.sendall(POST + HOST + b"Transfer-Encoding: chunked\r\n\r\n")
        line.settimeout(0.05)
        answer = b""
        for _ in range(int(BOUND / 0.05)):
            try:
                line.sendall(b"400\r\n" + b"x" * 1024 + b"\r\n")
                answer = line.recv(65536)
                break
            except TimeoutError:
                continue
        assert refused(answer) == (408, "request_slow")


def test_a_connection_that_sends_nothing_is_closed_without_an_answer(served: Served) -> None:
    """It asked for nothing. Neither do line ends after an answer keep a line open."""
    with served.line() as line:
        assert rest_of(line) == b""
    with served.line() as line:
        line.sendall(GET + HOST + b"\r\n")
        assert until(line, b"ok").startswith(b"HTTP/1.1 200")
        line.sendall(b"\r\n")
        assert refused(rest_of(line)) == (408, "request_slow")


def test_a_reader_that_takes_nothing_is_cut_off(served: Served) -> None:
    """64 MB are not kept for a caller that does not read them."""
    with served.line() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.sendall(b"GET /large HTTP/1.1\r\n" + HOST + b"\r\n")
        assert line.recv(10)
        ended = threading.Event()
        for _ in range(int(BOUND / 0.05)):
            if not len(served.web.listeners[0].open_connections):
                ended.set()
                break
            ended.wait(0.05)
        assert ended.is_set()
        assert len(rest_of(line)) < 1000 * 65536


def test_a_reader_that_takes_its_answer_slowly_and_steadily_gets_it_all() -> None:
    """A slow line is no attack: it counts what is taken, not whether a buffer is empty."""
    made = Served(send_buffer=16_384)
    try:
        with socket.socket() as line:
            # On loopback a segment is 64 KiB: what a reader takes would be told in such steps.
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            line.settimeout(BOUND)
            line.connect(("127.0.0.1", made.web.port))
            line.sendall(b"GET /piece HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")
            pause, found = threading.Event(), 0
            while part := line.recv(1000 if found < 50_000 else 65_536):
                found += len(part)
                if found < 50_000:  # three times as long as a reader has that takes nothing
                    pause.wait(0.04)
    finally:
        made.web.stop()
    assert found > 262_144


def test_a_reader_that_takes_next_to_nothing_is_cut_off(served: Served) -> None:
    """A byte now and then does not keep a place in the hub."""
    with served.line() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.sendall(b"GET /large HTTP/1.1\r\n" + HOST + b"\r\n")
        assert line.recv(10)
        ended = threading.Event()
        for _ in range(int(BOUND / 0.05)):
            if not len(served.web.listeners[0].open_connections):
                ended.set()
                break
            with contextlib.suppress(OSError):
                line.recv(1)
            ended.wait(0.05)
        assert ended.is_set()


def test_slow_callers_do_not_keep_others_from_being_served(served: Served) -> None:
    """300 slow bodies and slow headers at once: others get their answer, and all of them end."""
    lines = [served.line() for _ in range(300)]
    try:
        for number, line in enumerate(lines):
            line.sendall(
                POST + HOST if number % 2 else POST + HOST + b"Content-Length: 9999\r\n\r\nx"
            )
        assert is_served(served)
        answers = [refused(rest_of(line)) for line in lines]
    finally:
        for line in lines:
            line.close()
    assert answers == [(408, "request_slow")] * 300
    assert is_served(served)
