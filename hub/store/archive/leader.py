"""One leader: at most one process archives at a time, whatever the number of machines.

PostgreSQL holds the lock for as long as the session lives, so a leader that dies leaves none. On
SQLite one machine has the database; there the lock of the archive's folder is enough.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from hub.store.engine.store import Store

_LOCK = 5_120_020  # a constant of ours, for pg_try_advisory_lock, that nobody else has


@contextmanager
def leadership(store: Store) -> Iterator[bool]:
    """Lead for the length of the block; yields False when another process leads."""
    if store.name != "postgresql":
        yield True
        return
    with store.engine.connect() as connection:
        query = sa.text("SELECT pg_try_advisory_lock(:key)")
        leads = bool(connection.execute(query, {"key": _LOCK}).scalar_one())
        connection.commit()
        try:
            yield leads
        finally:
            if leads:
                connection.execute(sa.text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK})
                connection.commit()
