"""Notices lines to PostgreSQL on which nothing will ever come back.

A line that a firewall has forgotten, or behind which the server's machine died, looks like a server
that is still thinking, and libpq waits for ever. So whoever has waited for `PATIENCE` is looked up
on a line of its own: does the server still work for that session? Where it does not (it has long
been idle, or waits for us as well, or knows no such session), the line is cut, and the waiter gets
the error that a broken line gives. A statement that really takes long is left alone; where it waits
for a lock of somebody of whom the server has heard nothing for long, that session is ended.
"""

import contextlib
import os
import socket
import threading
import time
import weakref
from datetime import timedelta
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

PATIENCE = timedelta(seconds=10)
ANSWER_WITHIN = timedelta(seconds=5)
ABANDONED = 2.0
"""Times the patience: a session whose client has been silent for so long in a transaction does not
keep others waiting. The server does that by itself (see SESSION) but for those in a pipeline."""
IDLE_SHARE = 0.3
"""Of the patience: a session that the server calls idle for so long, while we wait for it, has lost
our words, or we its answer; less may be the moment between two statements."""

LINE: dict[str, int] = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
"""libpq's own limits, for lines on which not even the kernels hear each other."""
SESSION = (
    # What a client that vanished, or stands still, has locked must not stay locked for hours.
    "-c idle_in_transaction_session_timeout=20s",
    "-c tcp_keepalives_idle=10",
    "-c tcp_keepalives_interval=5",
    "-c tcp_keepalives_count=3",
    "-c tcp_user_timeout=20s",
)
"""The same at the server's end. The relay's wait for confirms, 5 s, is inside a transaction."""

Line = psycopg.Connection[Any]
# Trap: a session whose client fell silent between two statements of a pipeline is called active.
_WAITS_FOR_CLIENT = (
    "(state <> 'active' OR wait_event = 'ClientRead') AND state_change < clock_timestamp() - %s"
)
_IDLE = f"SELECT {_WAITS_FOR_CLIENT} FROM pg_stat_activity WHERE pid = %s"  # noqa: S608 - no input
_END_ABANDONED = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "  # noqa: S608 - no input
    f"WHERE {_WAITS_FOR_CLIENT} AND pid = ANY(pg_blocking_pids(%s))"
)


class Silence:
    """Watches the lines that it is told of; a thread from the first one on."""

    def __init__(self, *, patience: timedelta = PATIENCE) -> None:
        self._patience = patience.total_seconds()
        self._lines: weakref.WeakSet[Line] = weakref.WeakSet()
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def watch(self, line: Line) -> None:
        """Watch a new line until it is closed."""
        with self._lock:
            self._lines.add(line)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="silence", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """End the watch."""
        self._ended.set()

    def _run(self) -> None:
        waiting: dict[Line, float] = {}
        while not self._ended.wait(self._patience / 4):
            with self._lock:
                lines = [line for line in self._lines if _is_waiting(line)]
            now = time.monotonic()
            waiting = {line: waiting.get(line, now) for line in lines}
            for line, since in waiting.items():
                if now - since >= self._patience and not self._works_for(line):
                    _cut(line)

    def _works_for(self, line: Line) -> bool:
        """Ask the server, within bounds, whether it is busy with what this line waits for."""
        answer: list[bool] = []
        asking: list[Line] = []
        idle_for = timedelta(seconds=self._patience * IDLE_SHARE)
        abandoned = timedelta(seconds=self._patience * ABANDONED)
        pid = line.pgconn.backend_pid

        def ask() -> None:
            with contextlib.suppress(psycopg.Error, OSError):
                other = psycopg.connect(_address(line), autocommit=True)
                asking.append(other)
                with other:
                    row = other.execute(_IDLE, (idle_for, pid)).fetchone()
                    answer.append(row is not None and not row[0])
                    other.execute(_END_ABANDONED, (abandoned, pid))

        thread = threading.Thread(target=ask, name="silence.ask", daemon=True)
        thread.start()
        thread.join(ANSWER_WITHIN.total_seconds())
        if not answer:
            for other in asking:
                _cut(other)  # it waits in vain as well
        return bool(answer) and answer[0]


def _is_waiting(line: Line) -> bool:
    return not line.closed and line.pgconn.transaction_status == TransactionStatus.ACTIVE


def _address(line: Line) -> str:
    info = line.info
    return psycopg.conninfo.make_conninfo(
        info.dsn, password=info.password, connect_timeout=LINE["connect_timeout"]
    )


def _cut(line: Line) -> None:
    """Have the waiter see the end of the stream."""
    with contextlib.suppress(OSError, psycopg.Error), socket.socket(fileno=_own(line)) as own:
        own.shutdown(socket.SHUT_RDWR)


def _own(line: Line) -> int:
    return os.dup(line.pgconn.socket)
