"""Finds dossiers by words of the applicant's name: ranges of an index, at any size of the table.

First come names that have the words as they were typed, one behind the other: that is one range.
Then those that have them in another order or with others between: the rarest word is looked up, and
the row of the index tells whether the others are there. A page looks at one stretch of that word's
names and says where the next one begins, so that words which are frequent, but never together, cost
as little as others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import sqlalchemy as sa

from hub.rules.names import is_first
from hub.rules.users.scope import Scope
from hub.store.engine.store import Tx
from hub.store.records.dossiers import READ, Dossier, from_row
from hub.store.schema.tables.records import dossier_names as names
from hub.store.schema.tables.records import dossiers as table
from hub.store.statements.plan_hints import checked, in_the_order_of_an_index

PAGE = 20
AS_TYPED = -1
STRETCH, STRETCH_OF_SCOPE = 25_000, 2_000
"""Rows of the index that one page looks at; fewer where each needs a look at its dossier."""
COUNTED = 4_000
"""Names with a word that are counted, to tell the rarest one."""
_LAST = "\U0010ffff"
_KEY = (names.c.rotation, names.c.number)


class NameCursor(msgspec.Struct, frozen=True, array_like=True):
    """Behind which row of the index a page begins."""

    word: int
    """Which of the words is looked up, `AS_TYPED` for all of them."""
    rotation: str
    number: str


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One range of the index, and what its rows must and must not have besides."""

    prefix: str
    others: Sequence[str] = ()
    but: str = ""


@dataclass(frozen=True, slots=True)
class NamesPage:
    """One page; `next`: None at the end."""

    rows: Sequence[Dossier]
    next: NameCursor | None


def find(
    tx: Tx, words: Sequence[str], scope: Scope, *, after: NameCursor | None = None
) -> NamesPage:
    """Return the dossiers whose applicants' names have words that begin like each of `words`."""
    if not words:
        return NamesPage((), None)
    phrase, keys = " ".join(words), list[sa.Row[Any, Any]]()
    with in_the_order_of_an_index(tx):
        if after is None or after.word == AS_TYPED:
            keys, end = _page(tx, _Wanted(phrase), scope, after, PAGE)
            if end or len(words) == 1:
                return NamesPage(_dossiers(tx, keys), end and _cursor(AS_TYPED, end))
            after = None
        nth = after.word % len(words) if after else _rarest(tx, words)
        others = [*words[:nth], *words[nth + 1 :]]
        wanted, left = _Wanted(words[nth], others, but=phrase), PAGE - len(keys)
        if not left:
            return NamesPage(_dossiers(tx, keys), NameCursor(nth, words[nth], ""))
        more, end = _page(tx, wanted, scope, after, left)
    return NamesPage(_dossiers(tx, [*keys, *more]), end and _cursor(nth, end))


def _page(
    tx: Tx, wanted: _Wanted, scope: Scope, after: NameCursor | None, length: int
) -> tuple[list[sa.Row[Any, Any]], sa.Row[Any, Any] | None]:
    """Return what matches in a stretch, and the row behind which to go on; None at the end."""
    conditions = _range(wanted.prefix, after)
    end = _end_of_stretch(tx, conditions, scope)
    rows = _matching(tx, conditions, wanted, scope, end, length + 1)
    # A name that is found by several of its rotations stands where the first of them is.
    first = [it for it in rows[:length] if is_first(it.rotation, wanted.prefix, wanted.others)]
    return first, rows[length - 1] if len(rows) > length else end


def _rarest(tx: Tx, words: Sequence[str]) -> int:
    """Return the place of the word with the fewest names; of equal ones the last, a given name."""
    counts = []
    for word in words:
        some = sa.select(sa.literal(1)).select_from(names).where(*_range(word, None))
        count = sa.select(sa.func.count()).select_from(some.limit(COUNTED).subquery())
        counts.append(tx.execute(count).scalar_one())
    return min(range(len(words)), key=lambda nth: (counts[nth], -nth))


def _range(word: str, after: NameCursor | None) -> list[sa.ColumnElement[bool]]:
    first = names.c.rotation >= word
    if after:
        first = sa.tuple_(*_KEY) > sa.tuple_(sa.literal(after.rotation), sa.literal(after.number))
    return [first, names.c.rotation < word + _LAST]


def _end_of_stretch(
    tx: Tx, conditions: Sequence[sa.ColumnElement[bool]], scope: Scope
) -> sa.Row[Any, Any] | None:
    """Return the last row of a page's stretch, None where the range ends before."""
    length = STRETCH if scope.everything else STRETCH_OF_SCOPE
    query = sa.select(*_KEY).where(*conditions).order_by(*_KEY)
    return tx.execute(query.offset(length - 1).limit(1)).one_or_none()


def _matching(
    tx: Tx,
    conditions: Sequence[sa.ColumnElement[bool]],
    wanted: _Wanted,
    scope: Scope,
    end: sa.Row[Any, Any] | None,
    limit: int,
) -> list[sa.Row[Any, Any]]:
    query, rotation = sa.select(*_KEY).where(*conditions), names.c.rotation
    for word in wanted.others:
        query = query.where(checked(rotation.contains(f" {word}")))
    if wanted.but:
        # What is turned, twice, has the words in their order wherever it begins.
        twice = sa.literal(" ") + rotation + " " + rotation
        query = query.where(checked(sa.not_(twice.contains(f" {wanted.but}"))))
    if end is not None:
        last = sa.tuple_(sa.literal(end.rotation), sa.literal(end.number))
        query = query.where(sa.tuple_(*_KEY) <= last)
    if not scope.everything:
        sector = sa.select(table.c.sector).where(table.c.number == names.c.number)
        query = query.where(checked(sector.scalar_subquery().in_(sorted(scope.sectors))))
    return list(tx.execute(query.order_by(*_KEY).limit(limit)))


def _cursor(nth: int, row: sa.Row[Any, Any]) -> NameCursor:
    return NameCursor(word=nth, rotation=row.rotation, number=row.number)


def _dossiers(tx: Tx, keys: Sequence[sa.Row[Any, Any]]) -> Sequence[Dossier]:
    numbers = [key.number for key in keys]
    rows = tx.execute(READ.where(table.c.number.in_(numbers)))
    found = {row.number: from_row(row) for row in rows}
    return [found[number] for number in numbers if number in found]
