"""Notices lines to PostgreSQL on which nothing will ever come back.

A line that a firewall has forgotten, or behind which the server's machine died, looks like a server
that is still thinking, and libpq waits for ever. So a wait of `PATIENCE` is looked up
on a line of its own: does the server still work for that session? Where it does not (it has long
been idle, or waits for us as well, or knows no such session), the line is cut, and the waiter gets
the error that a broken line gives. A statement that really takes long is left alone; where it waits
for a lock of somebody of whom the server has heard nothing for long, that session is ended.

The watch goes on after a fault of its own, which is logged; `trouble` says where it has ended all
the same. A line is cut only where its socket is still the one that was watched: numbers of sockets
are used again.
"""

import contextlib
import os
import socket
import threading
import time
import weakref
from collections.abc import Collection
from datetime import timedelta
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

from hub.rules.failures.error_summary import describe_error
from hub.runtime.telemetry import Event, log

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
LONGEST_PAUSE = timedelta(seconds=20)
"""How long a client may say nothing inside a transaction; then the server ends its session."""
SESSION = (
    # What a client that vanished, or stands still, has locked must not stay locked for hours.
    f"-c idle_in_transaction_session_timeout={LONGEST_PAUSE // timedelta(milliseconds=1)}ms",
    "-c tcp_keepalives_idle=10",
    "-c tcp_keepalives_interval=5",
    "-c tcp_keepalives_count=3",
    "-c tcp_user_timeout=20s",
)
"""The same at the server's end."""


def line_options(
    given: Collection[str], limits: tuple[str, ...]
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the options of a line with these limits of a session, and what the session is sent.

    `given`: what the address itself says; that holds.
    """
    settings = SESSION + limits
    options = {**LINE, "options": " ".join(settings)}
    sent = () if "options" in given else settings
    return {name: value for name, value in options.items() if name not in given}, sent


WatchedConnection = psycopg.Connection[Any]
Inode = tuple[int, int]
"""What the kernel calls a socket by, whatever its number in this process."""
# Trap: a session whose client fell silent between two statements of a pipeline is called active.
_WAITS_FOR_CLIENT = (
    "(state <> 'active' OR wait_event = 'ClientRead') AND state_change < clock_timestamp() - %s"
)
_IDLE = f"SELECT {_WAITS_FOR_CLIENT} FROM pg_stat_activity WHERE pid = %s"  # noqa: S608 - no input
_END_ABANDONED = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "  # noqa: S608 - no input
    f"WHERE {_WAITS_FOR_CLIENT} AND pid = ANY(pg_blocking_pids(%s))"
)


class ConnectionWatchdog:
    """Watches the lines that it is told of; a thread from the first one on."""

    def __init__(self, *, patience: timedelta = PATIENCE) -> None:
        self._patience = patience.total_seconds()
        self._lines: weakref.WeakKeyDictionary[WatchedConnection, Inode | None] = (
            weakref.WeakKeyDictionary()
        )
        self._processes: weakref.WeakKeyDictionary[WatchedConnection, int] = (
            weakref.WeakKeyDictionary()
        )
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def know(self, line: WatchedConnection, process: int) -> None:
        """Note the server's process of a line: behind a pooler libpq knows another number."""
        with self._lock:
            self._processes[line] = process

    def watch(self, line: WatchedConnection) -> None:
        """Watch a new line until it is closed."""
        with self._lock:
            self._lines[line] = _inode(line)
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="connection watchdog", daemon=True
                )
                self._thread.start()

    def close(self) -> None:
        """End the watch."""
        self._ended.set()

    @property
    def trouble(self) -> str:
        """Why lines are not watched that should be, "" when they are."""
        thread = self._thread
        ended = thread is not None and not thread.is_alive() and not self._ended.is_set()
        return "the watch of the lines to the database has ended" if ended else ""

    def _run(self) -> None:
        waiting: dict[WatchedConnection, float] = {}
        while not self._ended.wait(self._patience / 4):
            try:
                waiting = self._check_lines(waiting)
            except Exception as error:  # a line that breaks while it is looked at, or a fault
                log.error(
                    Event.ROLE_CRASHED, role="connection watchdog", error=describe_error(error)
                )

    def _check_lines(
        self, before: dict[WatchedConnection, float]
    ) -> dict[WatchedConnection, float]:
        """Look at every line once; return those that wait, and since when."""
        with self._lock:
            lines = {line: inode for line, inode in self._lines.items() if _is_waiting(line)}
        now = time.monotonic()
        waiting = {line: before.get(line, now) for line in lines}
        for line, since in waiting.items():
            if now - since >= self._patience and not self._works_for(line):
                _shut_down(line, lines[line])
        return waiting

    def _works_for(self, line: WatchedConnection) -> bool:
        """Ask the server, within bounds, whether it is busy with what this line waits for."""
        answer: list[bool] = []
        querying: list[tuple[WatchedConnection, Inode | None]] = []
        idle_for = timedelta(seconds=self._patience * IDLE_SHARE)
        abandoned = timedelta(seconds=self._patience * ABANDONED)
        with self._lock:
            pid = self._processes.get(line, line.pgconn.backend_pid)

        def query_server() -> None:
            with contextlib.suppress(psycopg.Error, OSError):
                other = psycopg.connect(_address(line), autocommit=True)
                querying.append((other, _inode(other)))
                with other:
                    row = other.execute(_IDLE, (idle_for, pid)).fetchone()
                    answer.append(row is not None and not row[0])
                    other.execute(_END_ABANDONED, (abandoned, pid))

        thread = threading.Thread(
            target=query_server, name="connection watchdog probe", daemon=True
        )
        thread.start()
        thread.join(ANSWER_WITHIN.total_seconds())
        if not answer:
            for other, inode in querying:
                _shut_down(other, inode)  # it waits in vain as well
        return bool(answer) and answer[0]


def _is_waiting(line: WatchedConnection) -> bool:
    return not line.closed and line.pgconn.transaction_status == TransactionStatus.ACTIVE


def _address(line: WatchedConnection) -> str:
    info = line.info
    return psycopg.conninfo.make_conninfo(
        info.dsn, password=info.password, connect_timeout=LINE["connect_timeout"]
    )


def _shut_down(line: WatchedConnection, inode: Inode | None) -> None:
    """Have the waiter see the end of the stream, unless the socket is another one by now.

    The copy holds what the number stands for at this moment, whatever its owner closes meanwhile:
    what is compared is what is shut down.
    """
    with contextlib.suppress(OSError, psycopg.Error):
        copy = os.dup(line.pgconn.socket)
        with socket.socket(fileno=copy) as own:
            if inode is not None and inode == _inode_of(copy):
                own.shutdown(socket.SHUT_RDWR)


def _inode(line: WatchedConnection) -> Inode | None:
    """Return what tells the line's socket from every other one, None when it is closed already."""
    try:
        return _inode_of(line.pgconn.socket)
    except (OSError, psycopg.Error):
        return None


def _inode_of(descriptor: int) -> Inode:
    found = os.fstat(descriptor)
    return found.st_dev, found.st_ino
