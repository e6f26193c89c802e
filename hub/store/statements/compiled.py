"""Statements that are put together once, then run by the driver as they are.

Those that run for every message, and those of archive, restore and erasing, which move many rows.

Putting a statement together, finding it among the known ones and wrapping its result costs
SQLAlchemy ten times what SQLite needs to run it. So these are written in SQLAlchemy's words, and
only their text goes to the driver. Times, booleans and errors are those of the rest of the store:
an error is SQLAlchemy's and a broken connection counts as invalid. A list is one parameter
(`among`), so that the text stays the same whatever its length.

Parameters may not be named like columns of an UPDATE.
"""

import re
from collections import namedtuple
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from operator import itemgetter
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles

from hub.store.schema.tables.exchange import Instant
from hub.store.statements.driver_values import (
    AS_IT_IS,
    READERS,
    for_postgresql,
    for_sqlite,
    microseconds,
)
from hub.store.statements.many_rows import AtOnce, column_of, for_many

Values = Mapping[str, object]
Statement = sa.Select[Any] | sa.Insert | sa.Update | sa.Delete | sa.TextClause


class any_of(sa.ColumnElement[bool]):  # noqa: N801 - reads as part of a statement
    """Tells whether `column` holds one of the list that comes as parameter `name`."""

    inherit_cache = False

    def __init__(self, column: sa.ColumnElement[Any], name: str) -> None:
        self.column = column
        self.values: sa.BindParameter[Any] = sa.bindparam(name)


@compiles(any_of, "sqlite")
def _on_sqlite(element: any_of, compiler: Any, **options: Any) -> str:
    column, values = (compiler.process(it, **options) for it in (element.column, element.values))
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608 - our own names


@compiles(any_of, "postgresql")
def _on_postgresql(element: any_of, compiler: Any, **options: Any) -> str:
    column, values = (compiler.process(it, **options) for it in (element.column, element.values))
    return f"{column} = ANY({values})"


@dataclass(frozen=True, slots=True)
class _Text:
    """A statement as one dialect's driver takes it."""

    sql: str
    order: tuple[str, ...] | None
    """Names of the parameters by place; None where the driver takes them by name."""
    fixed: dict[str, object]
    """Parameters whose values stand in the statement."""
    row: Callable[[Sequence[Any]], Any]
    """Names the columns of what the driver returns."""
    convert: tuple[tuple[int, Callable[[Any], Any]], ...]
    """How what the driver returns becomes a value, by place; for the columns that need it."""
    at_once: AtOnce | None
    """The same for many rows in one statement; None where there is no such statement."""
    take: Callable[[Values], tuple[object, ...]] | None = None
    """Where several parameters go by place: the values in their order."""
    is_insert: bool = False
    """Whether it is an INSERT whose parameters go by place."""
    times: tuple[int, ...] = ()
    """Of such an INSERT: where times stand. Nothing else has to be converted there."""

    def parameters(self, values: Values) -> Any:
        given = {**self.fixed, **values} if self.fixed else values
        if self.is_insert and self.take is not None:
            ordered = list(self.take(given))
            for place in self.times:
                if isinstance(time := ordered[place], datetime):
                    ordered[place] = microseconds(time)
            return ordered
        if self.order is None:
            return {name: for_postgresql(value) for name, value in given.items()}
        taken = self.take(given) if self.take else [given[name] for name in self.order]
        if AS_IT_IS.issuperset(map(type, taken)):
            return taken
        return [value if type(value) in AS_IT_IS else for_sqlite(value) for value in taken]

    @property
    def many(self) -> AtOnce:
        """The statement for many rows. Raises ValueError where it cannot be one."""
        if self.at_once is None:
            raise ValueError(f"cannot be run for many rows at once: {self.sql}")
        return self.at_once

    def of_many(self, rows: Sequence[list[object]]) -> tuple[str, list[object]]:
        """Return this INSERT and its parameters for many rows at once.

        For a driver that takes parameters by place: the one group of values is written down again
        and again, what stands behind it (ON CONFLICT) once.
        """
        text, width = _for_rows(self.sql, len(rows))
        values = [value for row in rows for value in row[:width]]
        return text, values + rows[0][width:]

    def rows(self, found: Sequence[Sequence[Any]]) -> list[Any]:
        if not self.convert:
            return list(map(self.row, found))
        return [self.row(self._converted(values)) for values in found]

    def _converted(self, values: Sequence[Any]) -> list[Any]:
        read = list(values)
        for place, convert in self.convert:
            if read[place] is not None:
                read[place] = convert(read[place])
        return read


def columns_of(table: sa.Table, *without: str) -> list[str]:
    """Return the names of a table's columns."""
    return [column.name for column in table.columns if column.name not in without]


class Compiled:
    """One statement.

    `columns` are those that an INSERT gives values for. `key` names the parameter of an UPDATE that
    is another one in each row of `run_each`: with it PostgreSQL takes the rows in one statement.
    """

    def __init__(
        self,
        statement: Statement | Callable[[str], Statement],
        *,
        columns: Collection[str] = (),
        key: str = "",
    ) -> None:
        self._statement = statement
        self._columns = columns
        self.key = key
        self._texts: dict[str, _Text] = {}

    def run(self, tx: sa.Connection, values: Values | None = None) -> int:
        """Run it; return how many rows were written."""
        text = self._text(tx)
        return _written(tx, text.sql, text.parameters(values or {}))

    def run_each(self, tx: sa.Connection, rows: Sequence[Values]) -> int:
        """Run it for each of the rows; return how many rows were written in all.

        PostgreSQL takes an INSERT, and an UPDATE with a key, in one statement. Raises ValueError
        where two rows have one key, whatever the database.
        """
        if len(rows) < 2:
            return self.run(tx, rows[0]) if rows else 0
        text = self._text(tx)
        if self.key and len({row[self.key] for row in rows}) != len(rows):
            raise ValueError(f"two rows with one key {self.key}: {text.sql}")
        if text.at_once is not None:
            arrays = text.at_once.parameters(rows)
            return _written(tx, text.at_once.sql, arrays)
        given = [text.parameters(row) for row in rows]

        def write(cursor: Any) -> int:
            if text.is_insert:
                return sum(cursor.rowcount for _ in _in_parts(cursor, text, given))
            cursor.executemany(text.sql, given)
            return int(cursor.rowcount)

        return _on_cursor(tx, text.sql, write)

    def all(self, tx: sa.Connection, values: Values | None = None) -> list[Any]:
        """Run it; return the rows, with the columns' names."""
        text = self._text(tx)
        return text.rows(_found(tx, text.sql, text.parameters(values or {})))

    def raw(self, tx: sa.Connection, values: Values) -> list[Any]:
        """Run it; return the rows as the driver has them: times as microseconds, no names."""
        text = self._text(tx)
        return _found(tx, text.sql, text.parameters(values))

    def all_each(self, tx: sa.Connection, rows: Sequence[Values]) -> list[Any]:
        """Run an INSERT for each of the rows; return what all of them return."""
        text = self._text(tx)
        if not rows:
            return []
        if tx.dialect.name == "postgresql":
            many = text.many
            found = _found(tx, many.sql, many.parameters(rows))
        else:
            given = [text.parameters(row) for row in rows]

            def write(cursor: Any) -> list[Any]:
                return [row for _ in _in_parts(cursor, text, given) for row in cursor.fetchall()]

            found = _on_cursor(tx, text.sql, write)
        return text.rows(found)

    def one_or_none(self, tx: sa.Connection, values: Values | None = None) -> Any:
        """Run it; return its one row, None when there is none."""
        rows = self.all(tx, values)
        return rows[0] if rows else None

    def one(self, tx: sa.Connection, values: Values | None = None) -> Any:
        """Run it; return its one row, which has to be there."""
        (row,) = self.all(tx, values)
        return row

    def scalars(self, tx: sa.Connection, values: Values | None = None) -> list[Any]:
        """Run it; return the first column."""
        return [row[0] for row in self.all(tx, values)]

    def sql(self, dialect: sa.Dialect) -> str:
        """Return its text, as that database's driver takes it."""
        return self._made_for(dialect).sql

    def statement(self, dialect: sa.Dialect) -> Any:
        """Return it in SQLAlchemy's words."""
        made = self._statement
        return made if isinstance(made, sa.ClauseElement) else made(dialect.name)

    def _text(self, tx: sa.Connection) -> _Text:
        return self._texts.get(tx.dialect.name) or self._made_for(tx.dialect)

    def _made_for(self, dialect: sa.Dialect) -> _Text:
        text = _compile(self.statement(dialect), dialect, self._columns, self.key)
        self._texts[dialect.name] = text
        return text


def _compile(statement: Any, dialect: sa.Dialect, columns: Collection[str], key: str) -> _Text:
    compared = column_of(statement, key) if key else ""
    if isinstance(statement, sa.Insert):
        statement = statement.inline()  # else the new row's number is asked for, too
    compiled = statement.compile(dialect=dialect, column_keys=list(columns) or None)
    if "POSTCOMPILE" in str(compiled):
        raise ValueError(f"a list has to be among() or written out: {compiled}")
    given = {name: None for name, parameter in compiled.binds.items() if parameter.required}
    every = compiled.construct_params(given)
    fixed = {name: value for name, value in every.items() if name not in given}
    returned = () if isinstance(statement, sa.TextClause) else tuple(statement.exported_columns)
    convert = [
        (place, READERS[type(column.type)])
        for place, column in enumerate(returned)
        if type(column.type) in READERS
    ]
    names = [column.name for column in returned]
    order = tuple(compiled.positiontup) if compiled.positiontup is not None else None
    sql = str(compiled)
    many = isinstance(statement, sa.Insert) and _GROUP.search(sql)
    at_once = None
    if dialect.name == "postgresql":
        at_once = for_many(compiled, fixed, key=key, column=compared)
    times = [isinstance(compiled.binds[name].type, Instant) for name in order or ()]
    take = itemgetter(*order) if order and len(order) > 1 else None
    return _Text(
        sql=sql,
        order=order,
        fixed=fixed,
        # Not its own constructor, which is written in Python.
        row=partial(tuple.__new__, namedtuple("Row", names)),
        convert=tuple(convert),
        at_once=at_once,
        take=take,
        is_insert=bool(many and take),
        times=tuple(place for place, is_time in enumerate(times) if is_time),
    )


DoneT = TypeVar("DoneT")
_PARTS = (64, 32, *range(16, 0, -1))
"""Rows of one statement. Each statement gives Python's lock away and waits for it again, so 15 rows
are one statement and 31 are two; see `_STATEMENTS_KEPT` in `hub/store/engine/store.py`."""
_GROUP = re.compile(r"(?<=VALUES )(\([?, ]+\))")


def _in_parts(cursor: Any, text: _Text, given: list[list[object]]) -> Iterator[None]:
    """Run an INSERT for many rows at once: half of what one by one costs; few texts, so that
    SQLite knows them all. Comes back after each part, for what the cursor has of it."""
    done = 0
    for size in _PARTS:
        while len(given) - done >= size:
            cursor.execute(*text.of_many(given[done : done + size]))
            done += size
            yield


@cache
def _for_rows(sql: str, count: int) -> tuple[str, int]:
    """Return an INSERT with the one group of its values written `count` times, and the group's
    length. There are as many as statements and parts."""
    before, group, after = _GROUP.split(sql, maxsplit=1)
    return before + ", ".join([group] * count) + after, group.count("?")


def _written(tx: sa.Connection, sql: str, given: Any) -> int:
    """Run one statement; return how many rows were written."""

    def write(cursor: Any) -> int:
        cursor.execute(sql, given)
        return int(cursor.rowcount)

    return _on_cursor(tx, sql, write)


def _found(tx: sa.Connection, sql: str, given: Any) -> list[Any]:
    """Run one statement; return the rows as the driver has them."""

    def read(cursor: Any) -> list[Any]:
        cursor.execute(sql, given)
        return list(cursor.fetchall())

    return _on_cursor(tx, sql, read)


def _on_cursor(tx: sa.Connection, sql: str, work: Callable[[Any], DoneT]) -> DoneT:
    """Work on a cursor of the driver; what it raises becomes SQLAlchemy's error.

    A function and no context manager, and the driver's own connection: that of the pool would pass
    each call on. Every statement of the hot path comes through here.
    """
    cursor = None
    try:
        line: Any = tx.connection.dbapi_connection
        cursor = line.cursor()
        return work(cursor)
    except sa.exc.SQLAlchemyError:
        raise
    except Exception as error:
        raise _translated(tx, cursor, sql, error) from error


def _translated(tx: sa.Connection, cursor: Any, sql: str, error: Exception) -> BaseException:
    """Return the driver's error as SQLAlchemy's; a connection that is gone is given up."""
    kind = tx.dialect.loaded_dbapi.Error
    gone = isinstance(error, kind) and tx.dialect.is_disconnect(error, tx.connection, cursor)
    found = sa.exc.DBAPIError.instance(
        sql,
        None,
        error,
        kind,
        hide_parameters=True,
        connection_invalidated=gone,
        dialect=tx.dialect,
    )
    if gone:
        tx.invalidate(error)
        tx.engine.dispose()  # the other lines that lie idle have met the same end
    return found
