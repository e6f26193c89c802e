"""Statements of PostgreSQL that take many rows at once, as arrays: one parameter for each column.

An INSERT of VALUES and an UPDATE with a key are made from the text that SQLAlchemy compiles. What
has another form is not put together here, and its rows are run one by one.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import operators

from hub.store.statements.arrays import ARRAY_OF, Array

Values = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class AtOnce:
    """A statement that takes an array for each parameter, a row for each place in them."""

    sql: str
    arrays: tuple[tuple[str, Callable[[Sequence[Any]], Array]], ...]
    fixed: dict[str, object]

    def parameters(self, rows: Sequence[Values]) -> dict[str, object]:
        """Return the parameters for those rows."""
        made = {name: make([row[name] for row in rows]) for name, make in self.arrays}
        return {**self.fixed, **made}


def column_of(statement: Any, key: str) -> str:
    """Return the column that an UPDATE compares with its key; ValueError where there is not one.

    The equation has to be a condition of its own, not a part of an OR or of a subquery.
    """
    columns = [column for column, name in equations(statement) if name == key]
    if len(columns) != 1:
        raise ValueError(f"the key {key} is not compared with one column: {statement}")
    return columns[0]


def equations(statement: Any) -> list[tuple[str, str]]:
    """Return (column, parameter) of what an UPDATE compares with its rows' parameters."""
    where = statement.whereclause if isinstance(statement, sa.Update) else None
    return [
        (f"{it.left.table.name}.{it.left.name}", it.right.key)
        for it in _conditions(where)
        if isinstance(it, sa.BinaryExpression)
        and it.operator is operators.eq
        and isinstance(it.left, sa.Column)
        and isinstance(it.right, sa.BindParameter)
        and it.right.required
    ]


def _conditions(where: Any) -> Iterator[Any]:
    """Give the conditions that all have to be true."""
    if isinstance(where, sa.BooleanClauseList) and where.operator is operators.and_:
        for clause in where.clauses:
            yield from _conditions(clause)
    else:
        yield where


def for_many(compiled: Any, fixed: Values, *, key: str, column: str) -> AtOnce | None:
    """Return an INSERT of VALUES, or an UPDATE of a key's rows, that takes arrays; else None.

    `fixed` are the parameters whose values stand in the statement. Raises ValueError where there is
    a key and the statement cannot be made.
    """
    sql, types = str(compiled), _Types(compiled, fixed)
    parts = _UPDATE.fullmatch(sql) if key else _INSERT.fullmatch(sql)
    last = (parts["rest"] or "") if parts else ""
    behind = set(_NAMED.findall(last)).difference(fixed)
    if parts and key:
        assigned, where = (types.read(parts[it]) for it in ("assigned", "where"))
    elif parts:
        values = types.read(parts["values"])
    if not parts or behind or not types.are_known:
        if key:
            raise ValueError(f"cannot be run for many rows at once: {sql}")
        return None
    arrays = {name: f"%({name})s::{kind}[]" for name, kind in types.of.items()}
    if key:
        made = _update(parts["into"], assigned, where, arrays, key=key, column=column)
    else:
        made = f"{parts['into']} SELECT {values} FROM unnest({', '.join(arrays.values())})"  # noqa: S608 - our own names
        made += f" AS given({', '.join(arrays)})"
    makers = tuple((name, ARRAY_OF[kind]) for name, kind in types.of.items())
    return AtOnce(made + last, makers, dict(fixed))


class _Types:
    """The types of the parameters that a row gives, as they are met in the statement."""

    def __init__(self, compiled: Any, fixed: Values) -> None:
        self.of: dict[str, str] = {}
        """By name; "" where there is none: a list has no type of its own."""
        self._compiled = compiled
        self._fixed = fixed

    @property
    def are_known(self) -> bool:
        """Whether there is any, and an array for each."""
        return bool(self.of) and all(kind in ARRAY_OF for kind in self.of.values())

    def read(self, text: str) -> str:
        """Return a part of the statement with `given.name` for each of them."""
        return _NAMED.sub(self._read, text)

    def _read(self, match: re.Match[str]) -> str:
        name = match[1]
        if name in self._fixed:
            return match[0]
        kind = self._compiled.binds[name].type
        unknown = isinstance(kind, sa.types.NullType)
        self.of[name] = "" if unknown else str(kind.compile(dialect=self._compiled.dialect))
        return f"given.{name}"


def _update(
    into: str, assigned: str, where: str, arrays: Mapping[str, str], *, key: str, column: str
) -> str:
    """Return an UPDATE of the rows that an array of keys names, each with what stands at its place.

    Not a join with the arrays: hash joins are off (`session`), and a nested loop compares each row
    with each. Nor can a plan begin with all of the table, however small it is held to be.
    """
    keys = arrays[key]
    place = f"array_position({keys}, {column})"

    def at_place(text: str, which: str) -> str:
        return _GIVEN.sub(lambda it: f"({arrays[it[1]]})[{which}]", text)

    pairs = [one.split("=", 1) for one in _ASSIGNMENT.findall(assigned)]
    plain = [f"{name}={value}" for name, value in pairs if not _GIVEN.search(value)]
    own = [(name, at_place(value, "place")) for name, value in pairs if _GIVEN.search(value)]
    if own:
        names, values = zip(*own, strict=True)
        chosen = f"SELECT {', '.join(values)} FROM {place} AS place"  # noqa: S608 - our own names
        plain.append(f"({', '.join(names)}) = ({chosen})")
    equation = re.compile(rf"{re.escape(column)} = given\.{key}\b")
    rest = at_place(equation.sub(lambda _: f"{column} = ANY({keys})", where, count=1), place)
    return f"{into}{', '.join(plain)}{rest}"


_NAMED = re.compile(r"%\((\w+)\)s(?:::\w+)?")
_INSERT = re.compile(
    r"(?P<into>INSERT INTO \w+ \([^)]+\)) VALUES \((?P<values>(?:[^()]|\(\w+\))*)\)"
    r"(?P<rest> (?:ON CONFLICT|RETURNING) .*)?",
    re.DOTALL,
)
_UPDATE = re.compile(
    r"(?P<into>UPDATE \w+ SET )(?P<assigned>(?:(?!\s(?:FROM|WHERE)\s).)*)"
    r"(?P<where> WHERE (?:(?!\s(?:FROM|WHERE|RETURNING)\s).)*)(?P<rest> RETURNING .*)?",
    re.DOTALL,
)
_ASSIGNMENT = re.compile(r"(\w+=(?:[^(),]|\((?:[^()]|\([^()]*\))*\))+)")
_GIVEN = re.compile(r"\bgiven\.(\w+)")
