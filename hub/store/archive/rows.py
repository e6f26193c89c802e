"""All rows of a dossier, as they are archived: loaded, deleted and put back by table.

A row is the tuple of its columns, with the database's own numbers for times and text for JSON, so
that the same dossier reads the same on SQLite and on PostgreSQL. The hand-overs and the audit are
not among them: these chains stay in the database (docs/decisions, 0092).
"""

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec
import sqlalchemy as sa

from hub.messages.payloads import Applicant
from hub.store.engine.store import Tx, insert
from hub.store.records import names
from hub.store.schema.tables.exchange import Instant, attempts, deliveries, inbox, journal
from hub.store.schema.tables.records import dossier_events, dossier_files, dossiers, leg_steps, legs
from hub.store.schema.tables.repair import replay_items, tasks
from hub.store.statements.compiled import Compiled, any_of

Row = tuple[Any, ...]
T = TypeVar("T")
_encode = msgspec.json.encode


_OF_RUNS = frozenset({"archive_again", "erase_again"})
"""Columns that say when runs look at a dossier again: they are no part of what is archived."""


@dataclass(frozen=True, slots=True)
class _Part:
    """One table of a dossier: the column that leads to its rows, and to what it leads."""

    table: sa.Table
    by: str
    owner: str
    """`number`, or the table whose key `by` names."""

    @property
    def name(self) -> str:
        """The table's name, as plain text."""
        return str(self.table.name)

    @property
    def archived(self) -> list[sa.Column[Any]]:
        return [column for column in self.table.columns if column.name not in _OF_RUNS]

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(str(column.name) for column in self.archived)

    @property
    def key(self) -> str:
        """The first column of the primary key."""
        return str(next(iter(self.table.primary_key.columns)).name)


PARTS = (
    _Part(dossiers, "number", "number"),
    _Part(dossier_events, "number", "number"),
    _Part(dossier_files, "number", "number"),
    _Part(legs, "number", "number"),
    _Part(leg_steps, "number", "number"),
    _Part(journal, "key", "number"),
    _Part(inbox, "message_id", "journal"),
    _Part(deliveries, "message_id", "journal"),
    _Part(attempts, "delivery_id", "deliveries"),
    _Part(replay_items, "delivery_id", "deliveries"),
    _Part(tasks, "subject", "number"),
)
"""What others depend on comes first; rows are deleted in the opposite order."""
COLUMNS = {part.name: part.columns for part in PARTS}
_BINARY = {
    part.name: tuple(
        place
        for place, column in enumerate(part.archived)
        if isinstance(column.type, sa.LargeBinary)
    )
    for part in PARTS
}


def _raw(column: sa.Column[Any]) -> sa.ColumnElement[Any]:
    if isinstance(column.type, Instant):
        return sa.type_coerce(column, sa.BigInteger).label(column.name)
    return column


def _loading(part: _Part) -> Compiled:
    query = sa.select(*map(_raw, part.archived))
    query = query.where(any_of(part.table.c[part.by], "owners"))
    return Compiled(query.order_by(*part.table.primary_key.columns))


_LOAD = {part.name: _loading(part) for part in PARTS}
_DELETE = {
    part.name: Compiled(sa.delete(part.table).where(any_of(part.table.c[part.by], "owners")))
    for part in PARTS
}
_OWNERS = {part.owner for part in PARTS} - {"number"}


def _of_owners(part: _Part, *columns: Any) -> sa.Select[Any]:
    by = part.table.c[part.by]
    return sa.select(by.label("owner"), *columns).where(any_of(by, "owners"))


_COUNT = {
    part.name: Compiled(
        _of_owners(part, sa.func.count().label("size")).group_by(part.table.c[part.by])
    )
    for part in PARTS
}
_IDS = {
    part.name: Compiled(_of_owners(part, part.table.c[part.key].label("id")))
    for part in PARTS
    if part.name in _OWNERS
}
_LOCK = Compiled(
    sa.select(dossiers.c.number)
    .where(any_of(dossiers.c.number, "owners"))
    .order_by(dossiers.c.number)
    .with_for_update()
)


_UNERASED = Compiled(
    sa.select(dossiers.c.number)
    .where(any_of(dossiers.c.number, "owners"), dossiers.c.erased_at.is_(None))
    .order_by(dossiers.c.number)
    .with_for_update()
)
_REPEATED = {"journal", "inbox"}
"""Tables in which a late repeat may have put the same row while the first one was archived."""


class RowsChanged(Exception):
    """Rows came or went between reading and deleting; nothing was deleted."""


@dataclass(slots=True)
class Rows:
    """The rows of one dossier by table, in the order of `PARTS`."""

    number: str
    tables: dict[str, list[Row]] = field(default_factory=dict)

    def __len__(self) -> int:
        return sum(map(len, self.tables.values()))

    def column(self, table: str, name: str) -> list[Any]:
        """Return one column of one table."""
        place = COLUMNS[table].index(name)
        return [row[place] for row in self.tables.get(table, ())]

    @property
    def erased(self) -> bool:
        """Whether its personal data was erased, stored files included."""
        return self.column("dossiers", "erased_at") != [None]

    @property
    def stored(self) -> set[str]:
        """The hashes of its stored files; none once erased, they are gone on purpose."""
        return set() if self.erased else set(self.column("dossier_files", "sha256"))

    def deliveries(self) -> list[tuple[str, str]]:
        """Return destination and state of each delivery."""
        columns = (self.column("deliveries", name) for name in ("destination", "state"))
        return list(zip(*columns, strict=True))

    def lines(self) -> Iterator[bytes]:
        """Yield each row as a JSON line: the table's name and the values."""
        return (_encode([table, *row]) for table, rows in self.tables.items() for row in rows)

    def text(self) -> Iterator[bytes]:
        """Yield what is archived, a row at a time: the lines with a newline between them."""
        between = b""
        for line in self.lines():
            yield between + line
            between = b"\n"

    def digest(self) -> str:
        """Return the sha256 of that text."""
        found = hashlib.sha256()
        for piece in self.text():
            found.update(piece)
        return found.hexdigest()


def read_lines(number: str, lines: Iterable[bytes]) -> Rows:
    """Return the rows that `lines` hold."""
    rows = Rows(number, {part.name: [] for part in PARTS})
    for line in lines:
        table, *values = msgspec.json.decode(line)
        rows.tables.setdefault(table, []).append(tuple(values))
    return rows


def lock_dossiers(tx: Tx, numbers: Sequence[str]) -> set[str]:
    """Return those of the dossiers that are here, locked as by `load`; reads no other row."""
    return set(_LOCK.scalars(tx, {"owners": numbers}))


def load(tx: Tx, numbers: Sequence[str], *, lock: bool = False) -> list[Rows]:
    """Return the rows of dossiers, in the order of `numbers`; those that are not there are left
    out. `lock`: against all who move a dossier, until the transaction ends.
    """
    if lock and tx.dialect.name != "sqlite":
        lock_dossiers(tx, numbers)
    found = {number: Rows(number) for number in numbers}
    owners: dict[str, dict[Any, str]] = {"number": {number: number for number in numbers}}
    for part in PARTS:
        name, mine = part.name, owners[part.owner]
        at, key = part.columns.index(part.by), part.columns.index(part.key)
        for rows in found.values():
            rows.tables[name] = []
        loaded = _LOAD[name].all(tx, {"owners": list(mine)}) if mine else []
        owners[name] = {row[key]: mine[row[at]] for row in loaded}
        for row in _letting_go(list(loaded)):
            found[mine[row[at]]].tables[name].append(_plain(name, row))
    return [rows for rows in found.values() if rows.tables["dossiers"]]


def _letting_go(items: list[T]) -> Iterator[T]:
    """Yield the items in their order; who turns them into something else has them once."""
    items.reverse()
    while items:
        yield items.pop()


def sizes(tx: Tx, numbers: Sequence[str]) -> dict[str, int]:
    """Return how many rows each dossier has, without loading them."""
    found = dict.fromkeys(numbers, 0)
    owners: dict[str, dict[Any, str]] = {"number": {number: number for number in numbers}}
    for part in PARTS:
        name, mine = part.name, owners[part.owner]
        counted = _COUNT[name].all(tx, {"owners": list(mine)}) if mine else []
        for row in counted:
            found[mine[row.owner]] += row.size
        if name in _OWNERS:
            ids = _IDS[name].all(tx, {"owners": list(mine)}) if mine else []
            owners[name] = {row.id: mine[row.owner] for row in ids}
    return found


def lock_unerased(tx: Tx, numbers: Sequence[str]) -> set[str]:
    """Return those of the dossiers that are here with their personal data, locked."""
    return set(_UNERASED.scalars(tx, {"owners": numbers}))


def _plain(table: str, row: Row) -> Row:
    places = _BINARY[table]
    if not places:
        return tuple(row)
    values = list(row)
    for place in places:
        values[place] = _text(bytes(values[place]))
    return tuple(values)


def _text(value: bytes) -> str | dict[str, str]:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(value).decode()}


def _bytes(value: str | Mapping[str, str]) -> bytes:
    return value.encode() if isinstance(value, str) else base64.b64decode(value["base64"])


def delete(tx: Tx, batch: Sequence[Rows]) -> int:
    """Delete the rows of dossiers, dependants first; return how many.

    Raises RowsChanged, and the transaction must be given up, when there are more or fewer of them
    than in `batch`.
    """
    count = 0
    names.remove(tx, [rows.number for rows in batch])
    for part in reversed(PARTS):
        name = part.name
        source, column = ("dossiers", "number") if part.owner == "number" else (part.owner, "id")
        owners = [value for rows in batch for value in rows.column(source, column)]
        expected = sum(len(rows.tables[name]) for rows in batch)
        gone = _DELETE[name].run(tx, {"owners": owners}) if owners else 0
        if gone != expected:
            raise RowsChanged(f"{name}: {gone} rows instead of {expected}")
        count += gone
    return count


def put_back(tx: Tx, rows: Rows, columns: Mapping[str, Sequence[str]]) -> int:
    """Insert the rows of a dossier that was archived; return how many.

    `columns`: those of each table when it was archived. What the tables have got since takes its
    default, what they have lost is left out. A message that was repeated meanwhile is again the
    first telling, which was handled.
    """
    count = 0
    for part in PARTS:
        name = part.name
        then, kept = columns[name], set(part.columns)
        binary = {part.columns[place] for place in _BINARY[name]}
        values = [
            {
                column: _bytes(value) if column in binary else value
                for column, value in zip(then, row, strict=True)
                if column in kept
            }
            for row in rows.tables.get(name, ())
        ]
        if values:
            tx.execute(_putting(tx, part, values[0]), values)
            count += len(values)
    names.add(tx, _names(rows, columns["dossiers"]))
    return count


def _names(rows: Rows, columns: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield number and applicant's name of a dossier: its index is not archived but made anew."""
    number, applicant = columns.index("number"), columns.index("applicant")
    for row in rows.tables["dossiers"]:
        yield row[number], msgspec.json.decode(_bytes(row[applicant]), type=Applicant).name


def _putting(tx: Tx, part: _Part, columns: Iterable[str]) -> sa.Insert:
    plain: Any = sa.table(part.name, *(sa.column(column) for column in columns))
    statement = insert(tx, plain)
    if part.name not in _REPEATED:
        return statement
    first = {column.name: statement.excluded[column.name] for column in plain.columns}
    return statement.on_conflict_do_update(index_elements=[part.key], set_=first)
