"""What a peer does with one message: validate as the hub does, and store it durably.

One INSERT is one commit, with SQLite's WAL and synchronous=FULL as in the hub; the primary key is
the protection against a second handling. The hub stores more (journal in and out, delivery,
outbox); the peers are asked for no more than the least that loses nothing.
"""

import sqlite3
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from hub.messages import catalog
from hub.messages.envelope import Message, decode

SCHEMA = """CREATE TABLE IF NOT EXISTS message (
    id TEXT PRIMARY KEY, type TEXT NOT NULL, key TEXT NOT NULL, body BLOB NOT NULL,
    recorded_at INTEGER NOT NULL)"""
INSERT = "INSERT INTO message VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"


def validate(body: bytes) -> Message:
    """Check envelope and payload with the hub's own functions; return the message."""
    message = decode(body)
    catalog.read(message)
    return message


def row(message: Message, body: bytes) -> tuple[str, str, str, bytes, int]:
    """Return the row for a message."""
    return message.id, message.type, message.key, body, time.time_ns()


def ask(message: Message) -> bytes:
    """Return what is published: like the hub's, a short request for work on what was stored."""
    return b'{"message":"%s"}' % message.id.encode()


# The first to come turns the new file to WAL; SQLite lets nobody wait for that, others try again.
@retry(
    retry=retry_if_exception_type(sqlite3.OperationalError),
    wait=wait_fixed(0.05),
    stop=stop_after_delay(10),
    reraise=True,
)
def connect(path: Path) -> sqlite3.Connection:
    """Open the database with the hub's settings."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "cache_size=-8000",
        "wal_autocheckpoint=2000",
    ):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute(SCHEMA)
    return connection


class Desk:
    """The work of one process. Its threads share a connection and queue for it: faster for SQLite,
    which has one writer at a time, than a connection each that sleeps and tries again."""

    def __init__(self, path: Path) -> None:
        self._connection = connect(path)
        self._lock = threading.Lock()

    def take(self, body: bytes) -> bytes:
        """Validate and store one message; return what is to be published."""
        message = validate(body)
        values = row(message, body)
        with self._lock:
            self._connection.execute(INSERT, values)
        return ask(message)

    def take_all(self, bodies: Sequence[bytes]) -> list[bytes]:
        """Validate messages and store them in one transaction; return what is to be published."""
        messages = [validate(body) for body in bodies]
        rows = [row(message, body) for message, body in zip(messages, bodies, strict=True)]
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany(INSERT, rows)
            self._connection.execute("COMMIT")
        return [ask(message) for message in messages]
