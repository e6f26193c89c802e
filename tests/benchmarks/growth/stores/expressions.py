"""The SQL with which a copy's values are made from those of the seed, for both databases.

A copy has an agency of its own in its dossier
numbers, message ids of an earlier time, later running numbers and earlier days.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from hub.store.schema.tables.exchange import Instant
from tests.benchmarks.growth.stores.rules import Rule

SEED_AGENCY = "000.99.01.H57-"
MOST_COPIES = 9_700
"""Above, the agencies of the copies would meet those of the seed and of the measured dossiers."""
DAY = 86_400_000_000
FIRST_DAYS = 60
"""Every copy lies before the days of the seed, so that those stay as full as they are."""
MOMENT = 6
"""Leading digits of a message id that a copy moves: 2**24 ms each, 4.7 hours."""


def agency_of(k: int) -> str:
    """Return the beginning of the dossier numbers of the k-th copy."""
    return f"000.{k // 100:02}.{k % 100:02}.H57-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the expressions need to know of the seed."""

    moments: tuple[str, ...]
    """Leading digits of the message ids that begin with a time."""
    strides: Mapping[str, int]
    """By table: its highest running number."""
    renamed: Mapping[str, frozenset[str]]
    """By table: its text columns in which dossier numbers stand."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """What the two databases say differently."""

    text: str
    """Bytes as text."""
    binary: str
    """Text as bytes."""


DIALECTS = {
    "sqlite": Dialect("CAST({} AS TEXT)", "CAST({} AS BLOB)"),
    "postgresql": Dialect("convert_from({}, 'UTF8')", "convert_to({}, 'UTF8')"),
}


class Expressions:
    """Makes the expressions for one database and one seed.

    They read a row `s` of the seed and a row of `copies`, see there.
    """

    def __init__(self, dialect: str, facts: Facts) -> None:
        self.say = DIALECTS[dialect]
        self.facts = facts
        self.moments = {moment: f"m{n}" for n, moment in enumerate(facts.moments)}
        numbers = [int(moment, 16) for moment in facts.moments]
        self._step = max(numbers) - min(numbers) + 1

    def copies(self, first: int, last: int) -> str:
        """Return a WITH clause: a table `copies` with a row for each copy, made once."""
        rows = []
        for k in range(first, last + 1):
            moved = [f"{int(it, 16) - k * self._step:0{MOMENT}x}" for it in self.facts.moments]
            texts = (agency_of(k), f"{k:06x}", *moved)
            rows.append(f"({k}, {', '.join(map(repr, texts))})")
        names = ", ".join(("k", "agency", "digits", *self.moments.values()))
        return f"WITH copies({names}) AS (VALUES {', '.join(rows)})"

    def renamed(self, text: str) -> str:
        """Return a text with the copy's dossier numbers in it."""
        return f"replace({text}, '{SEED_AGENCY}', agency)"

    def id(self, column: str) -> str:
        """Return the copy's message id; what is no id stays."""
        rest = f"substr({column}, {MOMENT + 1})"
        whens = " ".join(f"WHEN '{it}' THEN {to} || {rest}" for it, to in self.moments.items())
        other = f"substr({column}, 1, {32 - MOMENT}) || digits"
        other = f"CASE WHEN length({column}) = 32 THEN {other} ELSE {column} END"
        return f"CASE substr({column}, 1, {MOMENT}) {whens} ELSE {other} END"

    def body(self, ids: Sequence[str]) -> str:
        """Return a message as the copy said it: with its numbers and ids."""
        text = self.renamed(self.say.text.format("s.body"))
        known = ", ".join(map(repr, self.moments))
        for moment, to in self.moments.items():
            text = f"""replace({text}, '"{moment}', '"' || {to})"""
        for column in ids:
            # Those that begin with no time. An empty text is found nowhere.
            begins = f"substr(s.{column}, 1, {MOMENT})"
            sought = f"CASE WHEN {begins} IN ({known}) THEN '' ELSE s.{column} END"
            text = f"replace({text}, {sought}, {self.id(f's.{column}')})"
        return self.say.binary.format(text)

    def columns(self, table: sa.Table, rule: Rule) -> list[str]:
        """Return the expressions of a copy's row, one for each column; the seed's row is `s`."""
        return [self._column(table, column, rule) for column in table.columns]

    def _column(self, table: sa.Table, column: sa.Column[object], rule: Rule) -> str:
        name, here = column.name, f"s.{column.name}"
        if table.name == "journal" and name == "body":
            return self.body(rule.ids)
        if name in rule.ids:
            return self.id(here)
        if name in rule.counts:
            return f"{here} + k * {self.facts.strides[rule.counts[name]]}"
        if isinstance(column.type, Instant):
            return f"{here} - (k + {FIRST_DAYS}) * {DAY}"
        if name == rule.unique:
            changed = self.renamed(here)
            return f"CASE {changed} WHEN {here} THEN {here} || '#' || k ELSE {changed} END"
        if name in self.facts.renamed[table.name]:
            return self.renamed(here)
        return here
