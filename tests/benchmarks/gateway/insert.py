"""One durable SQLite insert, the same for the bare route and for soapbar's server.

Imports nothing of the hub: soapbar's server runs in another environment.
"""

import sqlite3
import sys
import threading
from pathlib import Path

DATABASE = "bare.db"
_own = threading.local()


def prepare() -> None:
    """Make the database. Trap: of threads that all change its journal mode, some find it locked."""
    _connection()


def insert(body: str) -> int:
    """Store one body in the folder of the first argument; return its row's number."""
    return _connection().execute("INSERT INTO dossier (body) VALUES (?)", (body,)).lastrowid or 0


def _connection() -> sqlite3.Connection:
    """Return this thread's connection; it commits each statement."""
    made: sqlite3.Connection | None = getattr(_own, "connection", None)
    if made is None:
        made = sqlite3.connect(Path(sys.argv[1]) / DATABASE, timeout=30, isolation_level=None)
        made.execute("PRAGMA journal_mode=WAL")
        made.execute("PRAGMA synchronous=FULL")
        made.execute("CREATE TABLE IF NOT EXISTS dossier (id INTEGER PRIMARY KEY, body TEXT)")
        _own.connection = made
    return made
