"""The database of all stories of this process: one in memory, with one connection, emptied between.

The processes of a story take turns in one thread, so no transaction is open beside another one: one
connection serves them all, and what SQLite and SQLAlchemy once prepared stays prepared. A
transaction inside another one is refused by SQLite itself, so none goes unnoticed.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache

import sqlalchemy as sa

from hub.store.schema.tables.exchange import metadata
from tests.simulation.database.bookkeeping import STATEMENTS
from tests.support.database.stores import migrated

_STATEMENTS_KEPT = 4096
_PRAGMAS = ("foreign_keys=ON", "temp_store=MEMORY", "journal_mode=MEMORY", "secure_delete=OFF")
_BEGIN = "BEGIN"


class Database:
    """A migrated, empty database whose deliveries refuse illegal moves."""

    def __init__(self) -> None:
        self.raw = sqlite3.connect(
            ":memory:",
            isolation_level=None,
            check_same_thread=False,
            cached_statements=_STATEMENTS_KEPT,
        )
        _copy_into(self.raw, migrated())
        for statement in (*(f"PRAGMA {pragma}" for pragma in _PRAGMAS), *STATEMENTS):
            self.raw.execute(statement)
        self.engine = sa.create_engine(
            "sqlite://", creator=lambda: self.raw, poolclass=sa.StaticPool, hide_parameters=True
        )
        self.reader = self.engine.connect()
        self._first = list(self._kept())
        """What a migrated database has in it."""
        self._tables = self._children_first()

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Give one view of the store; what is written in it is gone at its end."""
        self.raw.execute(_BEGIN)
        try:
            yield self.reader
        finally:
            if self.reader.in_transaction():
                self.reader.rollback()
            self.raw.rollback()

    def copy(self) -> sqlite3.Connection:
        """Return a copy of the database as it is now."""
        copy = sqlite3.connect(":memory:")
        self.raw.backup(copy)
        return copy

    def put_back(self, copy: sqlite3.Connection) -> None:
        """Have an old copy in its place."""
        copy.backup(self.raw)

    def make_empty(self) -> None:
        """Bring it back to what it was at first, with what is prepared."""
        self.raw.execute(_BEGIN)
        for table in self._tables:
            self.raw.execute(f'DELETE FROM "{table}"')  # noqa: S608 - our own names
        for table, row in self._first:
            marks = ", ".join("?" * len(row))
            self.raw.execute(f'INSERT INTO "{table}" VALUES ({marks})', row)  # noqa: S608
        self.raw.execute("COMMIT")

    def _children_first(self) -> list[str]:
        """Return every table, one that refers to another before it, what triggers write last."""
        known = [table.name for table in reversed(metadata.sorted_tables)]
        rest = sorted(set(self._names()) - set(known))
        return [*known, *rest]

    def _names(self) -> list[str]:
        query = (
            "SELECT name FROM sqlite_master WHERE type = 'table' AND "
            "(name NOT LIKE 'sqlite_%' OR name = 'sqlite_sequence') ORDER BY name"
        )
        return [name for (name,) in self.raw.execute(query)]

    def _kept(self) -> Iterator[tuple[str, tuple[object, ...]]]:
        for table in self._names():
            for row in self.raw.execute(f'SELECT * FROM "{table}"'):  # noqa: S608
                yield table, row


@cache
def of_this_process() -> Database:
    """Return the one database."""
    return Database()


def _copy_into(empty: sqlite3.Connection, content: bytes) -> None:
    """Copy a database's file into a database in memory.

    One that is only deserialized stays a file in memory: each commit writes its pages there.
    """
    with closing(sqlite3.connect(":memory:")) as file:
        file.deserialize(_without_log(content))
        file.backup(empty)


def _without_log(content: bytes) -> bytes:
    """Return a database's file as one that keeps no write-ahead log, which needs a real file."""
    written = bytearray(content)
    written[18:20] = b"\x01\x01"
    return bytes(written)
