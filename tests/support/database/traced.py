"""Notes every statement that the store's code sends to a database, and which function sent it."""

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import psycopg
import sqlalchemy as sa

import hub.store

_STORE = Path(hub.store.__file__).parent
_CARRIERS = (
    "statements/compiled",
    "engine/store",
    "engine/sqlite_writer",
    "engine/session",
    "engine/connection_watchdog",
    "engine/outbox_listener",
    "schema/migrate",
)
"""Modules that send what others ask."""


@dataclass(frozen=True, slots=True, eq=False)
class Sent:
    """A statement as its driver took it."""

    dialect: str
    text: str
    values: Any
    """Of the first time."""
    origin: str
    """The function of the store that sent it, as `room.module.function`."""


class _Notes:
    def __init__(self) -> None:
        self.found: dict[tuple[str, str], Sent] = {}

    def note(self, dialect: str, text: object, values: Any) -> None:
        key = (dialect, str(text))
        if key not in self.found and (origin := _origin()):
            self.found[key] = Sent(dialect, str(text), values, origin)


def _origin() -> str:
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(_STORE):
            inside = path.relative_to(_STORE).with_suffix("")
            if inside.is_relative_to("schema/migrations"):
                return ""
            if str(inside) not in _CARRIERS:
                return f"{'.'.join(inside.parts)}.{frame.f_code.co_qualname.split('.<')[0]}"
        frame = frame.f_back
    return ""


@contextmanager
def traced() -> Iterator[list[Sent]]:
    """Collect what is sent during the block on connections that are opened in it."""
    notes = _Notes()
    sent: list[Sent] = []
    sqlite, postgresql = _sqlite_connection(notes), _postgresql_cursor(notes)

    def connecting(dialect: Any, _record: object, _given: object, options: dict[str, Any]) -> None:
        if dialect.name == "sqlite":
            options["factory"] = sqlite
        else:
            options["cursor_factory"] = postgresql

    sa.event.listen(sa.engine.Engine, "do_connect", connecting)
    try:
        yield sent
    finally:
        sa.event.remove(sa.engine.Engine, "do_connect", connecting)
        sent.extend(notes.found.values())


def _sqlite_connection(notes: _Notes) -> type[sqlite3.Connection]:
    class SqliteCursor(sqlite3.Cursor):
        def execute(self, sql: str, values: Any = ()) -> "SqliteCursor":
            notes.note("sqlite", sql, values)
            super().execute(sql, values)
            return self

        def executemany(self, sql: str, values: Any) -> "SqliteCursor":
            rows = list(values)
            notes.note("sqlite", sql, rows[0])
            super().executemany(sql, rows)
            return self

    class SqliteConnection(sqlite3.Connection):
        def cursor(self, factory: Any = None) -> Any:
            return super().cursor(factory or SqliteCursor)

    return SqliteConnection


def _postgresql_cursor(notes: _Notes) -> type[psycopg.Cursor[Any]]:
    class PostgresCursor(psycopg.Cursor[Any]):
        def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
            notes.note("postgresql", query, params)
            return super().execute(query, params, **options)

        def executemany(self, query: Any, params_seq: Any, **options: Any) -> None:
            rows = list(params_seq)
            notes.note("postgresql", query, rows[0])
            super().executemany(query, rows, **options)

    return PostgresCursor
