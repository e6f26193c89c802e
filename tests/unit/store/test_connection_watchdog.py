"""The watch over silent lines: it outlives its own faults and never cuts a socket of others."""

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any, cast

import pytest
from psycopg.pq import TransactionStatus

from hub.store.engine import connection_watchdog
from hub.store.engine.connection_watchdog import ConnectionWatchdog, WatchedConnection


class Waiting:
    """A line that waits for an answer, on a socket of this process."""

    closed = False

    def __init__(self, end: socket.socket) -> None:
        self.pgconn = self
        self.transaction_status = TransactionStatus.ACTIVE
        self.number = end.fileno()

    @property
    def socket(self) -> int:
        return self.number


@pytest.fixture
def ends() -> Iterator[list[socket.socket]]:
    """Two pairs of connected sockets."""
    with ExitStack() as stack:
        yield [stack.enter_context(end) for _ in range(2) for end in socket.socketpair()]


def is_cut(end: socket.socket) -> bool:
    """Tell whether the other end was shut down."""
    end.setblocking(False)
    try:
        return end.recv(1) == b""
    except BlockingIOError:
        return False


def line_on(end: socket.socket) -> WatchedConnection:
    """Return a line that waits on a socket."""
    return cast(WatchedConnection, Waiting(end))


def test_a_line_is_cut_on_its_own_socket(ends: list[socket.socket]) -> None:
    """Its waiter sees the end of the stream."""
    line = line_on(ends[0])
    connection_watchdog._shut_down(line, connection_watchdog._inode(line))
    assert is_cut(ends[1])


def test_a_socket_that_got_the_number_of_a_closed_line_is_left_alone(
    ends: list[socket.socket],
) -> None:
    """A connection to a partner, say, must not break because a line to the database was closed."""
    line = line_on(ends[0])
    watched = connection_watchdog._inode(line)
    cast(Any, line).number = ends[2].fileno()  # as after a close and the next open
    connection_watchdog._shut_down(line, watched)
    assert not is_cut(ends[3])


def test_the_watch_goes_on_after_a_fault(
    ends: list[socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line of the next look is cut all the same, and nothing is in trouble."""
    watch, looked, looks = (
        ConnectionWatchdog(patience=timedelta(milliseconds=4)),
        threading.Event(),
        [0],
    )
    line = line_on(ends[0])

    def works_for(_: WatchedConnection) -> bool:
        looks[0] += 1
        if looks[0] == 1:
            raise ValueError("a fault of ours")
        looked.set()
        return False

    monkeypatch.setattr(watch, "_works_for", works_for)
    watch.watch(line)
    assert looked.wait(20)
    ends[1].settimeout(20)
    assert ends[1].recv(1) == b""
    assert watch.trouble == ""
    watch.close()


def test_a_watch_that_has_ended_is_trouble(
    ends: list[socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the loop itself does not survive is told by the heartbeat, not by silence."""

    class Died(BaseException):
        """Ends the thread."""

    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    watch = ConnectionWatchdog(patience=timedelta(milliseconds=4))

    def die(_: object) -> dict[WatchedConnection, float]:
        raise Died

    monkeypatch.setattr(watch, "_check_lines", die)
    line = line_on(ends[0])
    watch.watch(line)
    assert watch._thread is not None
    watch._thread.join(20)
    assert "watch" in watch.trouble
    watch.close()
    assert watch.trouble == ""
