"""Verifies a chained log: the whole of it, or what was appended since an anchor.

Rows come from the driver as they are stored, in pages, and are hashed without making values of
them; nothing but the page is kept in memory. Every page is a statement of its own, so none runs for
long.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import msgspec
import sqlalchemy as sa

from hub.store.chain import Chain, head_of
from hub.store.engine import Tx
from hub.store.evidence.anchors import Anchor
from hub.store.prepared import Prepared

PAGE = 1000
"""Larger pages are slower: a page has to stay in the cache of the processor."""
MOST = 100
"""Problems that are named; a chain that was computed anew has as many as rows."""
Progress = Callable[[int, int], None]
"""Is told how many rows were read, and how many there are to read."""
_encode, _sha256 = msgspec.json.encode, hashlib.sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was found in a chain."""

    chain: str
    since: int
    """The row from which on it was read; 0 for the whole chain."""
    count: int
    """Rows that were read."""
    seq: int
    head: str
    """Number and hash of the last row."""
    problems: tuple[str, ...]


@dataclass(slots=True)
class _Reading:
    """How far a chain was read, and what was wrong so far."""

    name: str
    last: int = 0
    previous: str = ""
    count: int = 0
    problems: list[str] = field(default_factory=list)
    left_out: int = 0

    def report(self, problem: str) -> None:
        if len(self.problems) < MOST:
            self.problems.append(f"{self.name}: {problem}")
        else:
            self.left_out += 1

    def gap(self, found: int) -> bool:
        """Report the rows that are missing before row `found`; tell whether there are any."""
        first, last = self.last + 1, found - 1
        if last < first:
            return False
        rows = f"row {last} is" if first == last else f"rows {first} to {last} are"
        self.report(f"{rows} missing")
        return True

    def read(self, rows: Sequence[Sequence[Any]]) -> None:
        """Check rows (previous hash, number, the columns, own hash) that follow one another."""
        for row in rows:
            seq, own = row[1], row[-1]
            if seq != self.last + 1:
                self.gap(seq)
            if _sha256(_encode(row[:-1])).hexdigest() != own:
                self.report(f"row {seq} was changed")
            elif row[0] != self.previous:
                self.report(f"row {seq} does not follow from the one before")
            self.last, self.previous = seq, own
        self.count += len(rows)


def verify(
    tx: Tx,
    chain: Chain,
    *,
    since: Anchor | None = None,
    known: Anchor | None = None,
    progress: Progress = lambda *_: None,
) -> Verdict:
    """Check every row of a chain behind `since`, and its head.

    `known` is an anchor that the chain has to agree with, wherever the reading begins.
    The head is read before the rows and after them: in a write transaction PostgreSQL shows each
    statement what stands at its own moment, and a row that is appended meanwhile is not wrong.
    """
    before = head_of(tx, chain)
    reading = _Reading(chain.name)
    for anchor in (since, known):
        if anchor and not _holds(tx, chain, anchor):
            when = f"{anchor.verified_at:%Y-%m-%d %H:%M:%S%z} by {anchor.actor}"
            reading.report(f"row {anchor.seq} is not the one that was verified at {when}")
            if anchor is since:
                return _verdict(reading, since)
    if since:
        reading.last, reading.previous = since.seq, since.hash
    _read_all(tx, chain, reading, before, progress)
    return _verdict(reading, since)


def _verdict(reading: _Reading, since: Anchor | None) -> Verdict:
    problems = list(reading.problems)
    if reading.left_out:
        problems.append(f"{reading.name}: and {reading.left_out} more")
    return Verdict(
        chain=reading.name,
        since=since.seq if since else 0,
        count=reading.count,
        seq=reading.last,
        head=reading.previous,
        problems=tuple(problems),
    )


def _read_all(
    tx: Tx, chain: Chain, reading: _Reading, before: tuple[int, str] | None, progress: Progress
) -> None:
    begin, total = reading.last, (before[0] if before else 0)
    named = before == (reading.last, reading.previous)
    page = _page(chain)
    while rows := _plain(tx, chain, page.raw(tx, {"after": reading.last, "most": PAGE})):
        reading.read(rows)
        named = named or (before is not None and _has(rows, before))
        progress(reading.last - begin, max(total, reading.last) - begin)
    after = head_of(tx, chain)
    if before is None or after is None:
        reading.report("the head is missing")
        return
    missing = reading.gap(before[0] + 1)
    wrong = reading.last > after[0] or (reading.last == after[0] and reading.previous != after[1])
    if wrong or not (named or missing):
        reading.report("the last row is not the one that the head names")


def _has(rows: Sequence[Sequence[Any]], head: tuple[int, str]) -> bool:
    """Tell whether the row that a head names is among rows in the order of their numbers."""
    if not rows[0][1] <= head[0] <= rows[-1][1]:
        return False
    return any((row[1], row[-1]) == head for row in rows)


def _holds(tx: Tx, chain: Chain, anchor: Anchor) -> bool:
    """Tell whether an anchor's row is there, has its hash, and is what the hash says."""
    if anchor.seq == 0:
        return anchor.hash == ""
    found = _plain(tx, chain, _page(chain).raw(tx, {"after": anchor.seq - 1, "most": 1}))
    if not found:
        return False
    (row,) = found
    own = _sha256(_encode(row[:-1])).hexdigest()
    return bool(row[1] == anchor.seq and row[-1] == anchor.hash == own)


@cache
def _page(chain: Chain) -> Prepared:
    t = chain.table.c
    columns = (t.previous_hash, t.seq, *(t[name] for name in chain.columns), t.hash)
    query = sa.select(*columns).where(t.seq > sa.bindparam("after")).order_by(t.seq)
    return Prepared(query.limit(sa.bindparam("most")))


def _plain(tx: Tx, chain: Chain, rows: list[Any]) -> list[Any]:
    """Return rows with what was hashed: SQLite stores a truth as a number."""
    truths = _truths(chain)
    if not truths or tx.dialect.name != "sqlite":
        return rows
    return [
        tuple(bool(value) if place in truths else value for place, value in enumerate(row))
        for row in rows
    ]


@cache
def _truths(chain: Chain) -> frozenset[int]:
    columns = [chain.table.c[name] for name in chain.columns]
    return frozenset(
        place for place, column in enumerate(columns, 2) if isinstance(column.type, sa.Boolean)
    )
