"""Nothing that could belong to another call is believed: the mark, used lines, bytes behind."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from adapters.wire.echo import new_mark
from adapters.wire.http import Limits, Wire
from adapters.wire.reading import Reply
from hub.ports import Drift, DriftKind
from hub.rules.failures.errors import AmbiguousFailure
from tests.support.network.raw_server import MARKED, OK, RawServer, raw_server

ECHO = "X-Request-Id"
LONG_WAIT = timedelta(seconds=20)
BUSY = b"HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n"
OVERWRITTEN = b"HTTP/1.1 200 OK\r\nX-Request-Id: 0a1b2c3d-e\r\nContent-Length: 2\r\n\r\nok"


@pytest.fixture
def server() -> Iterator[RawServer]:
    with raw_server() as found:
        yield found


@pytest.fixture
def drift() -> list[Drift]:
    return []


@pytest.fixture
def wire(server: RawServer, drift: list[Drift]) -> Iterator[Wire]:
    limits = Limits(reply_timeout=LONG_WAIT, idle=LONG_WAIT)
    found = Wire(server.url, limits=limits, partner="town", observe=drift.extend)
    yield found
    found.close()


def call(wire: Wire, *, echo: str = ECHO) -> Reply:
    fields = {ECHO: new_mark()} if echo else {}
    reply = wire.call("POST", headers=fields, echo=echo, operation="X")
    reply.findings.report()
    return reply


def test_a_stale_refusal_ahead_of_the_reply_is_not_believed(server: RawServer, wire: Wire) -> None:
    """A 503 that asks for patience, then the true reply, in one piece: the effect is unknown."""
    server.play([BUSY + MARKED])
    with pytest.raises(AmbiguousFailure, match="more than one reply came for one call"):
        call(wire)


@pytest.mark.parametrize("stale", [BUSY, OK], ids=["503", "200"])
def test_without_an_echo_two_replies_in_one_piece_are_unknown(
    server: RawServer, wire: Wire, stale: bytes
) -> None:
    """Also a stale 200, whose body may say that a session is over."""
    server.play([stale + OK])
    with pytest.raises(AmbiguousFailure, match="more than one reply"):
        call(wire, echo="")


def test_without_an_echo_each_connection_is_used_once(server: RawServer, wire: Wire) -> None:
    """And the partner is told so, in order that it ends the connection."""
    server.play([OK, OK])
    assert [call(wire, echo="").body for _ in range(2)] == [b"ok", b"ok"]
    assert server.connections == 2
    assert all(b"\r\nConnection: close\r\n" in request for request in server.requests)


def test_a_refusal_without_the_mark_on_a_used_connection_is_unknown(
    server: RawServer, wire: Wire
) -> None:
    """It may be the late answer to the call before; over a new connection it is believed."""
    server.play([MARKED, BUSY, BUSY])
    call(wire)
    with pytest.raises(AmbiguousFailure, match="no mark of this call"):
        call(wire)
    assert call(wire).status == 503
    assert server.connections == 2


def test_the_reply_to_another_call_is_never_taken(server: RawServer, wire: Wire) -> None:
    """A mark of the hub's own making that is not this call's, also over a new connection."""
    other = b"HTTP/1.1 200 OK\r\nX-Request-Id: %s\r\nContent-Length: 0\r\n\r\n"
    server.play([other % new_mark().encode()])
    with pytest.raises(AmbiguousFailure, match="the reply is to another call"):
        call(wire)


@pytest.mark.parametrize(("reply", "how"), [(OK, "missing"), (OVERWRITTEN, "changed")])
def test_a_gateway_that_takes_the_mark_is_drift(
    server: RawServer, wire: Wire, drift: list[Drift], reply: bytes, how: str
) -> None:
    """The call works, over a connection that is used once, and it is told."""
    server.play([reply, reply])
    assert [call(wire).body for _ in range(2)] == [b"ok", b"ok"]
    assert server.connections == 2
    place = f"X-Request-Id {how}"
    found = Drift(partner="town", operation="X", kind=DriftKind.ECHO, place=place)
    assert drift == [found, found]


@pytest.mark.parametrize(
    "mark",
    [b"  {mark}  ", b"{mark}, 0a1b", b"gateway\r\nX-Request-Id: {mark}"],
    ids=["blanks", "list", "twice"],
)
def test_a_mark_among_others_proves_the_reply(server: RawServer, wire: Wire, mark: bytes) -> None:
    """Blanks around it, or a gateway's own beside it: the connection is used again."""
    reply = b"HTTP/1.1 200 OK\r\nX-Request-Id: " + mark + b"\r\nContent-Length: 2\r\n\r\nok"
    server.play([reply, MARKED])
    assert [call(wire).body for _ in range(2)] == [b"ok", b"ok"]
    assert server.connections == 1


def test_bytes_behind_a_proven_reply_spoil_the_connection_only(
    server: RawServer, wire: Wire, drift: list[Drift]
) -> None:
    """The mark says which reply is ours; what comes behind is never the next one."""
    server.play([MARKED + OK, MARKED + b"rubbish", MARKED])
    assert [call(wire).body for _ in range(3)] == [b"ok"] * 3
    assert server.connections == 3
    assert {it.kind for it in drift} == {DriftKind.FRAMING}


def test_a_line_end_behind_a_reply_is_nothing(server: RawServer, wire: Wire) -> None:
    """Old servers end a body with one; no reply begins so."""
    server.play([OK + b"\r\n"])
    assert call(wire, echo="").body == b"ok"
