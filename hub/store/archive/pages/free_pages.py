"""Gives back what deleted rows leave free: SQLite's pages to the disk, a few at a time.

A file that was made before `auto_vacuum` was set keeps its size; its free pages are used again, so
it does not grow, until `compact` has made it anew once. PostgreSQL's autovacuum does the same work
by itself: its files keep their size, too, and the room in them is used again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from hub.store.engine.store import Store

AT_ONCE = 500
_INCREMENTAL = 2


@dataclass(frozen=True, slots=True)
class Room:
    """The size of the database in bytes, and how much of it is free for new rows."""

    size: int
    free: int | None
    """None where the database does not tell."""
    gives_back: bool
    """Whether free room goes back to the disk while the hub works."""


def room(store: Store) -> Room:
    """Return how large the database is."""
    with store.read() as tx:
        if store.name == "postgresql":
            size = tx.execute(sa.text("SELECT pg_database_size(current_database())"))
            return Room(size.scalar_one(), None, gives_back=False)
        page, pages, free, mode = (
            tx.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("page_size", "page_count", "freelist_count", "auto_vacuum")
        )
    return Room(page * pages, page * free, gives_back=mode == _INCREMENTAL)


def give_back(store: Store, *, give_way: Callable[[], None]) -> None:
    """Give SQLite's free pages back; each step is a short write transaction."""
    if store.name != "sqlite":
        return
    while (now := room(store)).gives_back and now.free:
        give_way()
        with store.engine.connect() as connection:
            # As a script: each page is a step, and the driver takes one of what returns no rows.
            raw: Any = connection.connection.driver_connection
            raw.executescript(f"PRAGMA incremental_vacuum({AT_ONCE})")
        if (room(store).free or 0) >= now.free:
            return


def compact(store: Store) -> None:
    """Make SQLite's file anew, so that it gives free pages back from now on.

    Needs as much room on the disk as the database has, and the database to itself.
    """
    with store.engine.connect() as connection:
        connection.exec_driver_sql(f"PRAGMA auto_vacuum={_INCREMENTAL}")
        connection.exec_driver_sql("VACUUM")
