"""What the bare route and soapbar's server store durably before they answer.

Imports nothing of the hub: soapbar's server runs in another environment.
"""

import hashlib
import sqlite3
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

DATABASE = "bare.db"
_TABLES = (
    "dossier (id INTEGER PRIMARY KEY, body TEXT)",
    "journal (id TEXT PRIMARY KEY, at TEXT, number TEXT, body TEXT) WITHOUT ROWID",
    "inbox (id TEXT PRIMARY KEY, at TEXT) WITHOUT ROWID",
    "outbox (place INTEGER PRIMARY KEY, id TEXT)",
    "audit (place INTEGER PRIMARY KEY, at TEXT, actor TEXT, action TEXT, object TEXT)",
)
_own = threading.local()


def prepare() -> None:
    """Make the database. Trap: of threads that all change its journal mode, some find it locked."""
    for table in _TABLES:
        _connection().execute(f"CREATE TABLE IF NOT EXISTS {table}")


def insert(body: str) -> int:
    """Store one body in the folder of the first argument; return its row's number."""
    return _connection().execute("INSERT INTO dossier (body) VALUES (?)", (body,)).lastrowid or 0


def insert_as_hub(number: str, body: str, *, client: str) -> str:
    """Store what the hub stores of a call: journal, inbox, outbox and audit, in one transaction.

    Return the id, which is made of client and content as the hub's is. Without what the hub adds:
    the chains of hashes, and the answer to a repeated call.
    """
    connection, at = _connection(), datetime.now(UTC).isoformat()
    id = hashlib.sha256(f"{client}\n{body}".encode()).hexdigest()
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("INSERT INTO inbox VALUES (?, ?)", (id, at))
    connection.execute("INSERT INTO journal VALUES (?, ?, ?, ?)", (id, at, number, body))
    connection.execute("INSERT INTO outbox (id) VALUES (?)", (id,))
    audit = (at, client, "gateway.dossier.submit", number)
    connection.execute("INSERT INTO audit (at, actor, action, object) VALUES (?, ?, ?, ?)", audit)
    connection.execute("COMMIT")
    return id


def _connection() -> sqlite3.Connection:
    """Return this thread's connection; it commits each statement outside a transaction."""
    made: sqlite3.Connection | None = getattr(_own, "connection", None)
    if made is None:
        made = sqlite3.connect(Path(sys.argv[1]) / DATABASE, timeout=30, isolation_level=None)
        made.execute("PRAGMA journal_mode=WAL")
        made.execute("PRAGMA synchronous=FULL")
        _own.connection = made
    return made
