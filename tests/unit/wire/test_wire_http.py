"""A call either returns a whole reply or says in which phase it failed; it is made once."""

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from adapters.wire.echo import new_mark
from adapters.wire.http import Limits, Wire
from adapters.wire.reading import Reply
from hub.rules.failures.errors import AmbiguousFailure, NotAttempted, TransientFailure
from tests.support.network.raw_server import MARKED, OK, Close, RawServer, raw_server

LONG_WAIT = timedelta(seconds=20)
SHORT = timedelta(seconds=0.2)


@pytest.fixture
def server() -> Iterator[RawServer]:
    with raw_server() as found:
        yield found


@pytest.fixture
def wire(server: RawServer) -> Iterator[Wire]:
    found = Wire(
        server.url,
        limits=Limits(reply_timeout=LONG_WAIT, reply_bytes=1000, idle=LONG_WAIT),
    )
    yield found
    found.close()


def marked(wire: Wire, target: str = "") -> Reply:
    """Make a call whose mark the server gives back."""
    fields = {"X-Request-Id": new_mark()}
    return wire.call("POST", target, headers=fields, echo="X-Request-Id")


def test_a_reply_comes_back_whole_and_the_line_is_kept(server: RawServer, wire: Wire) -> None:
    """Status, header fields and body arrive; the second call uses the same connection."""
    chunks = b"2\r\nhe\r\n1\r\ny\r\n0\r\n\r\n"
    reply = b"HTTP/1.1 201 Made\r\nX-Request-Id: {mark}\r\nX-A: 1\r\n"
    server.play([reply + b"Transfer-Encoding: chunked\r\n\r\n" + chunks, MARKED])
    fields = {"X-B": "2", "X-Request-Id": new_mark()}
    found = wire.call("POST", "/x?y=1", body=b"body", headers=fields, echo="X-Request-Id")
    assert (found.status, found.header("x-a"), found.body) == (201, "1", b"hey")
    assert marked(wire, "/x").body == b"ok"
    assert server.connections == 1
    head = server.requests[0].split(b"\r\n")
    assert head[0] == b"POST /base/x?y=1 HTTP/1.1"
    assert {b"X-B: 2", b"Content-Length: 4", b"Accept-Encoding: identity"} <= set(head)


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
UNKNOWN: list[tuple[list[bytes | type[Close]], str]] = [
    ([Close], "reply_dropped"),
    ([b"HTTP/1.1 200 OK\r\nContent-Le", Close], "reply_dropped"),
    ([b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf", Close], "reply_dropped"),
    ([CHUNKED + b"5\r\nab", Close], "reply_dropped"),
    ([b"<html>not HTTP</html>"], "reply_unreadable"),
    ([b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"], "reply_unreadable"),
    ([b"HTTP/1.1 101 S\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n"], "reply_unreadable"),
    ([b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n"], "reply_unreadable"),
    ([b"HTTP/1.1 200 OK\r\n\r\n" + b"a" * 1001], "reply_unreadable"),
    ([CHUNKED + b"7d0\r\n" + b"a" * 2000], "reply_unreadable"),
    ([b"HTTP/1.1 200 OK\r\nX: " + b"a" * 140_000], "reply_unreadable"),
]


@pytest.mark.parametrize(("script", "code"), UNKNOWN)
def test_whatever_is_not_a_whole_reply_leaves_the_effect_unknown(
    server: RawServer, wire: Wire, script: list[bytes | type[Close]], code: str
) -> None:
    """The request was sent once, the failure is ambiguous, and the connection is not used again."""
    server.play(script)
    with pytest.raises(AmbiguousFailure) as raised:
        wire.call("POST", body=b"x")
    assert raised.value.code == code
    assert len(server.requests) == 1
    server.play([OK])
    assert wire.call("POST").body == b"ok"
    assert server.connections == 2


def test_a_close_delimited_reply_is_whole_at_the_close(server: RawServer, wire: Wire) -> None:
    """Without a length the end of the connection is the end of the reply."""
    server.play([b"HTTP/1.1 200 OK\r\n\r\nall of it", Close])
    assert wire.call("GET").body == b"all of it"


def test_no_reply_is_a_timeout_after_sending(server: RawServer, wire: Wire) -> None:
    """Silence after the request: ambiguous, within the time given."""
    server.play([b""])
    with pytest.raises(AmbiguousFailure, match="reply_timeout"):
        wire.call("POST", reply_timeout=SHORT)


def test_a_trickling_reply_ends_at_the_deadline(wire: Wire, server: RawServer) -> None:
    """The deadline is for the whole reply: single bytes do not prolong it."""
    stop = threading.Event()

    def trickle(line: socket.socket) -> None:
        with line:
            line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n")
            while not stop.wait(0.02):
                line.sendall(b"a")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        slow = Wire(f"http://127.0.0.1:{listener.getsockname()[1]}")
        with ThreadPoolExecutor(1) as pool:
            sending = pool.submit(lambda: trickle(listener.accept()[0]))
            with pytest.raises(AmbiguousFailure, match="reply_timeout"):
                slow.call("POST", reply_timeout=SHORT)
            stop.set()
            sending.exception(10)  # a broken pipe, once we are gone
        slow.close()


def test_before_the_first_byte_there_is_certainly_no_effect() -> None:
    """A refused connection and an unknown host are transient, not ambiguous."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    for address in (f"http://127.0.0.1:{port}", f"https://127.0.0.1:{port}", "http://x.invalid"):
        wire = Wire(address)
        with pytest.raises(TransientFailure, match="partner_unreachable"):
            wire.call("POST", body=b"x")


def test_a_tls_handshake_that_fails_is_without_effect(server: RawServer) -> None:
    """The other side speaks no TLS: nothing of the request has left."""
    server.play([b"HTTP/1.1 400 Bad Request\r\n\r\n"])
    wire = Wire(server.url.replace("http:", "https:"), limits=Limits(connect_timeout=SHORT))
    with pytest.raises(TransientFailure, match="partner_unreachable"):
        wire.call("POST", body=b"secret")
    assert not any(b"secret" in request for request in server.requests)


def test_a_connection_closed_while_idle_costs_no_call(server: RawServer, wire: Wire) -> None:
    """The server closed the kept connection: the next call goes over a new one."""
    server.play([MARKED, Close])
    marked(wire)
    assert server.closed.acquire(timeout=10)
    server.play([MARKED])
    assert marked(wire).body == b"ok"
    assert server.connections == 2


def test_a_connection_idle_for_long_is_not_used_again(server: RawServer) -> None:
    """Beyond the idle limit a server may be closing it right now, so it is replaced."""
    wire = Wire(server.url, limits=Limits(idle=timedelta(0), reply_timeout=LONG_WAIT))
    server.play([MARKED, MARKED])
    marked(wire)
    marked(wire)
    wire.close()
    assert server.connections == 2


def test_a_refusal_that_cuts_the_upload_short_is_still_read(server: RawServer, wire: Wire) -> None:
    """A server may answer and close before it has read the whole request."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def refuse() -> None:
            line, _ = listener.accept()
            with line:
                line.recv(1024)
                line.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
                line.shutdown(socket.SHUT_WR)
                while line.recv(65_536):
                    pass

        small = Wire(f"http://127.0.0.1:{listener.getsockname()[1]}")
        with ThreadPoolExecutor(1) as pool:
            refusing = pool.submit(refuse)
            assert small.call("POST", body=b"x" * 4_000_000).status == 413
            small.close()
            refusing.result(10)


def test_threads_share_the_connections(server: RawServer) -> None:
    """Many calls at once each get their own reply; no more than the limit stay open."""
    wire = Wire(
        server.url,
        limits=Limits(connections=2, idle=LONG_WAIT, reply_timeout=LONG_WAIT),
    )
    server.play([MARKED] * 200)
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda _: marked(wire).body, range(200)))
    assert replies == [b"ok"] * 200
    assert server.connections < 200
    assert len(wire._idle) <= 2
    wire.close()


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "a\0b"])
def test_a_line_break_cannot_get_into_the_head(wire: Wire, server: RawServer, value: str) -> None:
    """Header fields and targets cannot smuggle in a second request."""
    with pytest.raises(ValueError, match="line break"):
        wire.call("POST", headers={"X-A": value})
    with pytest.raises(ValueError, match="line break"):
        wire.call("POST", f"/{value}")
    assert server.requests == []


@pytest.mark.parametrize("address", ["ftp://host/x", "host:80", "http://", ""])
def test_an_address_that_is_none_is_refused_when_the_wire_is_made(address: str) -> None:
    """A mistyped address shows at start, not at the first delivery."""
    with pytest.raises(ValueError, match="address"):
        Wire(address)


def test_a_call_whose_claim_is_over_is_not_begun(server: RawServer, wire: Wire) -> None:
    """A process that stood still between claim and first byte sends nothing: others may have."""
    with pytest.raises(NotAttempted) as caught:
        wire.call("POST", "/", body=b"x", not_after=time.monotonic() - 1)
    assert caught.value.code == "claim_late"
    assert server.requests == []
