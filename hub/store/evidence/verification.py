"""Verifies a chained log: the whole of it, or what was appended since an anchor.

Nothing but a page of rows is kept in memory. A long chain is read by two processes, each one half.
"""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

from hub.store.engine.store import Tx
from hub.store.evidence.anchors import Anchor
from hub.store.evidence.chain import Chain, head_of
from hub.store.evidence.reading import ChainReading, Row, digest_of, page
from hub.store.evidence.second_reader import SecondReader
from hub.texts import text

WORTH_TWO = 1_000_000
"""Rows from which on a second process is worth its start: it takes as long as 300,000 rows."""
Progress = Callable[[int, int], None]
"""Is told how many rows were read, and how many there are to read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainCheck:
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


def verify(
    tx: Tx,
    chain: Chain,
    *,
    since: Anchor | None = None,
    known: Anchor | None = None,
    progress: Progress = lambda *_: None,
    url: str = "",
) -> ChainCheck:
    """Check every row of a chain behind `since`, and its head.

    `known` is an anchor that the chain has to agree with, wherever the reading begins. `url` is the
    address of the store, for a second process; without it there is none.
    The head is read before the rows and after them: in a write transaction PostgreSQL shows each
    statement what stands at its own moment, and a row that is appended meanwhile is not wrong.
    """
    before = head_of(tx, chain)
    reading = ChainReading(chain)
    for anchor in (since, known):
        if anchor and not _holds(tx, chain, anchor):
            at, by = f"{anchor.verified_at:%Y-%m-%d %H:%M:%S%z}", anchor.actor
            reading.report(text("evidence.not_the_anchor", row=anchor.seq, at=at, by=by))
            if anchor is since:
                return _verdict(reading, since)
    if since:
        reading.last, reading.previous = since.seq, since.hash
    _read_all(tx, reading, before, progress, url)
    return _verdict(reading, since)


def _verdict(reading: ChainReading, since: Anchor | None) -> ChainCheck:
    problems = list(reading.problems)
    if reading.left_out:
        more = text("evidence.more_problems", count=reading.left_out)
        problems.append(f"{reading.chain.name}: {more}")
    return ChainCheck(
        chain=reading.chain.name,
        since=since.seq if since else 0,
        count=reading.count,
        seq=reading.last,
        head=reading.previous or "",
        problems=tuple(problems),
    )


def _read_all(
    tx: Tx, reading: ChainReading, before: tuple[int, str] | None, progress: Progress, url: str
) -> None:
    total = max(before[0] - reading.last, 0) if before else 0
    named = before == (reading.last, reading.previous)
    if before and url and total >= WORTH_TWO:
        _read_halves(tx, reading, before[0], lambda done: progress(done, total), url)
        named = before == (reading.last, reading.previous)

    def check_page(rows: list[Row]) -> None:
        nonlocal named
        named = named or (before is not None and _has(rows, before))
        progress(reading.count, max(total, reading.count))

    reading.read(tx, on_page=check_page)
    after = head_of(tx, reading.chain)
    if before is None or after is None:
        reading.report(text("evidence.head_missing"))
        return
    missing = reading.gap(before[0] + 1)
    wrong = reading.last > after[0] or (reading.last == after[0] and reading.previous != after[1])
    if wrong or not (named or missing):
        reading.report(text("evidence.not_the_head"))


def _read_halves(
    tx: Tx, reading: ChainReading, upto: int, progress: Callable[[int], None], url: str
) -> None:
    """Read up to row `upto`, the second half of it in a process of its own.

    Where that process comes to no end, the second half is left to be read by the caller.
    """
    middle = (reading.last + upto) // 2
    with ExitStack() as stack:
        second = SecondReader(url, reading.chain, after=middle, upto=upto)
        stack.enter_context(second)
        reading.read(tx, middle, on_page=lambda _: progress(reading.count + second.count))
        half = second.found()
    if half is None:
        return
    if reading.gap(middle + 1):
        reading.last, reading.previous = middle, None
    reading.count += half.count
    for problem in half.problems:
        reading.report(problem.removeprefix(f"{reading.chain.name}: "))
    reading.left_out += half.left_out
    if half.count:
        reading.last, reading.previous = half.last, half.previous
    progress(reading.count)


def _has(rows: list[Row], head: tuple[int, str]) -> bool:
    """Tell whether the row that a head names is among rows in the order of their numbers."""
    if not rows[0][1] <= head[0] <= rows[-1][1]:
        return False
    return any((row[1], row[-1]) == head for row in rows)


def _holds(tx: Tx, chain: Chain, anchor: Anchor) -> bool:
    """Tell whether an anchor's row is there, has its hash, and is what the hash says."""
    if anchor.seq == 0:
        return anchor.hash == ""
    found = page(tx, chain, after=anchor.seq - 1, upto=anchor.seq)
    return bool(found) and found[0][-1] == anchor.hash == digest_of(found[0])
