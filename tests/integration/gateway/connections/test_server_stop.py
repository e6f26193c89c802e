"""The stop of the web server: what it ends at once, and what it waits for."""

import socket
import threading

import pytest

from tests.support.network.small_gateway import BOUND, GET, HOST, POST, Served, rest_of, until


def test_a_stop_lets_a_running_call_end_and_closes_the_line(served: Served) -> None:
    """The whole answer comes, the line is closed behind it, and a line without a call at once."""
    with served.line() as idle, served.line() as busy:
        busy.sendall(POST + HOST + b"Content-Length: 4\r\n\r\nab")
        idle.sendall(GET + HOST + b"\r\n")
        assert until(idle, b"ok").startswith(b"HTTP/1.1 200")
        assert served.begun.wait(BOUND)
        stop = threading.Thread(target=served.web.stop)
        stop.start()
        assert rest_of(idle) == b""
        busy.sendall(b"cd")
        answer = rest_of(busy)
        stop.join(BOUND)
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(b"\r\n4")
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", served.web.port), timeout=BOUND)


def test_a_server_that_is_told_to_stop_before_it_serves_stops() -> None:
    """A hub whose start fails stops its roles at once."""
    web = Served().web
    thread = web.thread
    web.stop()
    assert thread is not None
    assert not thread.is_alive()


def test_answers_carry_the_date(served: Served) -> None:
    """HTTP wants it of a server with a clock."""
    with served.line() as line:
        line.sendall(GET + HOST + b"\r\n")
        head = until(line, b"ok").lower()
    assert b"\r\ndate: " in head
