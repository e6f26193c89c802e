"""The spool's database: SQLite with synchronous=FULL, one file, several processes of one machine.

A transaction that has ended survives a crash of the process and of the machine. `hub edge receive`
and `hub edge status` open the same file beside the running agent.
"""

import secrets
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hub.rules.edge.room import EVENT_OVERHEAD

FILE = "spool.sqlite3"
WAIT_SECONDS = 10.0
"""For another process that writes."""
_FORMAT = 2
_PRINTS = (
    """CREATE TABLE prints (
      token TEXT PRIMARY KEY,
      state TEXT NOT NULL,
      message_id TEXT NOT NULL DEFAULT '',
      job BLOB,
      document BLOB,
      report BLOB,
      told INTEGER NOT NULL DEFAULT 0,
      note TEXT NOT NULL DEFAULT '',
      since REAL NOT NULL
    )""",
    "CREATE INDEX ix_prints_state ON prints (state)",
    "CREATE INDEX ix_prints_message_id ON prints (message_id)",
)
"""Of format 2: the papers that the hub has printed here."""
_SCHEMA = (
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    "CREATE TABLE sequences (device TEXT PRIMARY KEY, last INTEGER NOT NULL)",
    """CREATE TABLE events (
      place INTEGER PRIMARY KEY AUTOINCREMENT,
      message_id TEXT NOT NULL UNIQUE,
      device TEXT NOT NULL,
      sequence INTEGER NOT NULL,
      body BLOB NOT NULL,
      spooled_at REAL NOT NULL,
      tries INTEGER NOT NULL DEFAULT 0,
      refusal TEXT
    )""",
    """CREATE TABLE files (
      sha256 TEXT PRIMARY KEY,
      size INTEGER NOT NULL,
      name TEXT NOT NULL,
      media_type TEXT NOT NULL,
      upload TEXT NOT NULL DEFAULT '',
      stored_sha256 TEXT NOT NULL DEFAULT '',
      put_at REAL NOT NULL
    )""",
    "CREATE INDEX ix_files_stored_sha256 ON files (stored_sha256)",
    """CREATE TABLE event_files (
      place INTEGER NOT NULL REFERENCES events (place),
      sha256 TEXT NOT NULL,
      PRIMARY KEY (place, sha256)
    )""",
    "CREATE INDEX ix_event_files_sha256 ON event_files (sha256)",
    """CREATE TABLE numbers (
      agency TEXT NOT NULL,
      day TEXT NOT NULL,
      first INTEGER NOT NULL,
      last INTEGER NOT NULL,
      next INTEGER NOT NULL,
      PRIMARY KEY (agency, day, first)
    )""",
    # Summed up as rows come and go: a spool of days is not read as a whole for each event.
    "CREATE TABLE usage (bytes INTEGER NOT NULL)",
    "INSERT INTO usage VALUES (0)",
    f"""CREATE TRIGGER event_comes AFTER INSERT ON events BEGIN
      UPDATE usage SET bytes = bytes + length(NEW.body) + {EVENT_OVERHEAD}; END""",  # noqa: S608 - a number
    f"""CREATE TRIGGER event_goes AFTER DELETE ON events BEGIN
      UPDATE usage SET bytes = bytes - length(OLD.body) - {EVENT_OVERHEAD}; END""",  # noqa: S608 - a number
    """CREATE TRIGGER file_comes AFTER INSERT ON files BEGIN
      UPDATE usage SET bytes = bytes + NEW.size; END""",
    """CREATE TRIGGER file_goes AFTER DELETE ON files BEGIN
      UPDATE usage SET bytes = bytes - OLD.size; END""",
    *_PRINTS,
)
_STEPS = {1: _PRINTS}
"""By the format of an older agent: what makes the next one of it."""


class SpoolUnusable(Exception):
    """The file is no spool of this version."""


class SpoolDatabase:
    """One connection; threads share it, one transaction at a time."""

    def __init__(self, directory: Path) -> None:
        """Open the spool of a directory, or make it. Raises SpoolUnusable and sqlite3.Error."""
        self.file = directory / FILE
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(
            self.file, timeout=WAIT_SECONDS, isolation_level=None, check_same_thread=False
        )
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=FULL")
        self._connection.execute("PRAGMA foreign_keys=ON")
        self._prepare()
        self.id = str(self.one("SELECT value FROM meta WHERE name = 'spool'")[0])
        """Made with the spool: the hub knows by it that sequences begin anew."""

    def _prepare(self) -> None:
        with self.write() as tx:
            version = tx.execute("PRAGMA user_version").fetchone()[0]
            if version == _FORMAT:
                return
            if version and version not in _STEPS:
                raise SpoolUnusable(f"{self.file} has format {version}, this agent reads {_FORMAT}")
            for statement in _STEPS.get(version, _SCHEMA):
                tx.execute(statement)
            if not version:
                tx.execute("INSERT INTO meta VALUES ('spool', ?)", (secrets.token_hex(16),))
            tx.execute(f"PRAGMA user_version={_FORMAT}")

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """Give a transaction that is durable when the block ends, or is rolled back."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def all(self, query: str, *values: object) -> list[sqlite3.Row]:
        """Return the rows of a query."""
        with self._lock:
            return self._connection.execute(query, values).fetchall()

    def one(self, query: str, *values: object) -> sqlite3.Row:
        """Return the one row of a query."""
        with self._lock:
            row: sqlite3.Row = self._connection.execute(query, values).fetchone()
            return row

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()
