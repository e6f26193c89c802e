"""How far a chained log was read, and what was wrong so far; nothing else is kept in memory.

Rows come from the driver as they are stored, and are hashed without making values of them.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import msgspec
import sqlalchemy as sa

from hub.store.engine.store import Tx
from hub.store.evidence.chain import Chain
from hub.store.statements.compiled import Compiled
from hub.texts import text

PAGE = 1000
"""Larger pages are slower: a page has to stay in the cache of the processor."""
MOST = 100
"""Problems that are named; a chain that was computed anew has as many as rows."""
END = 2**62
"""Behind every row."""
Row = Sequence[Any]
"""(previous hash, number, the columns, own hash), as they are stored."""
_encode, _sha256 = msgspec.json.encode, hashlib.sha256


@dataclass(slots=True)
class ChainReading:
    """The last row that was read, its hash (None: not known), and the problems."""

    chain: Chain
    last: int = 0
    previous: str | None = ""
    count: int = 0
    problems: list[str] = field(default_factory=list)
    left_out: int = 0

    def report(self, problem: str) -> None:
        """Keep a problem, or count it where there are many."""
        if len(self.problems) < MOST:
            self.problems.append(f"{self.chain.name}: {problem}")
        else:
            self.left_out += 1

    def gap(self, found: int) -> bool:
        """Report the rows that are missing before row `found`; tell whether there are any."""
        first, last = self.last + 1, found - 1
        if last < first:
            return False
        if first == last:
            self.report(text("evidence.row_missing", row=last))
        else:
            self.report(text("evidence.rows_missing", first=first, last=last))
        return True

    def read(self, tx: Tx, upto: int = END, *, on_page: Callable[[list[Row]], None]) -> None:
        """Check the rows behind the last one, up to `upto`; each page is a statement of its own."""
        while rows := page(tx, self.chain, after=self.last, upto=upto):
            self._check(rows)
            on_page(rows)

    def _check(self, rows: Sequence[Row]) -> None:
        for row in rows:
            seq, own = row[1], row[-1]
            if seq != self.last + 1:
                self.gap(seq)
            if digest_of(row) != own:
                self.report(text("evidence.row_changed", row=seq))
            elif row[0] != self.previous and self.previous is not None:
                self.report(text("evidence.row_does_not_follow", row=seq))
            self.last, self.previous = seq, own
        self.count += len(rows)


def digest_of(row: Row) -> str:
    """Return the hash that a row has to have."""
    return _sha256(_encode(row[:-1])).hexdigest()


def page(tx: Tx, chain: Chain, *, after: int, upto: int) -> list[Row]:
    """Return the rows numbered `after` < number <= `upto` in their order, at most a page."""
    rows = _statement(chain).raw(tx, {"after": after, "upto": upto, "most": PAGE})
    truths = _truths(chain)
    if not truths or tx.dialect.name != "sqlite":
        return rows
    # What was hashed is a truth; SQLite stores it as a number.
    return [
        tuple(bool(value) if place in truths else value for place, value in enumerate(row))
        for row in rows
    ]


@cache
def _statement(chain: Chain) -> Compiled:
    column = chain.table.c
    columns = (
        column.previous_hash,
        column.seq,
        *(column[name] for name in chain.columns),
        column.hash,
    )
    query = sa.select(*columns).where(column.seq > sa.bindparam("after"))
    query = query.where(column.seq <= sa.bindparam("upto")).order_by(column.seq)
    return Compiled(query.limit(sa.bindparam("most")))


@cache
def _truths(chain: Chain) -> frozenset[int]:
    columns = [chain.table.c[name] for name in chain.columns]
    return frozenset(
        place for place, column in enumerate(columns, 2) if isinstance(column.type, sa.Boolean)
    )
