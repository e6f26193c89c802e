"""Whether a pooler stands between the hub and PostgreSQL, and whether it keeps sessions.

The hub keeps things in a session: prepared statements, limits of statements, what it listens to,
locks of the archive and of migrations. A pooler that hands a session on after each transaction
(PgBouncer, `pool_mode=transaction`) loses them, or gives them to another client.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Any, cast

import psycopg

from hub.store.engine.store import Store


class Pooling(StrEnum):
    """What stands between."""

    NONE = "none"
    SESSION = "session"
    """A pooler that leaves a session to its client."""
    TRANSACTION = "transaction"
    """A pooler that gives a session to another client after each transaction."""


def pooling(store: Store) -> Pooling:
    """Return how the connections of a store on PostgreSQL reach the server; asks on two of them.

    A pooler tells the client a process number of its own. It pools transactions where a second
    client is served by the same process, although the first one is still connected, or where the
    first one is served by another process in its next transaction. Raises psycopg.Error.
    """
    with _line(store) as first:
        process = _server_process(first)
        if process == first.pgconn.backend_pid:
            return Pooling.NONE
        with _line(store) as second, second.transaction():
            if _server_process(second) == process or _server_process(first) != process:
                return Pooling.TRANSACTION
    return Pooling.SESSION


def _server_process(line: "psycopg.Connection[Any]") -> int:
    row = line.execute("SELECT pg_backend_pid()", prepare=False).fetchone()
    return 0 if row is None else int(row[0])


@contextmanager
def _line(store: Store) -> Iterator["psycopg.Connection[Any]"]:
    """Give a line for the block that never comes back to the store's pool."""
    borrowed = store.engine.raw_connection()
    line = cast("psycopg.Connection[Any]", borrowed.driver_connection)
    borrowed.detach()
    with line:
        line.autocommit = True
        yield line
