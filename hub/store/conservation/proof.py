"""The full balance: every row is read, and the kept counts are compared with what is there.

Page by page inside one view of the store: nothing is kept in memory but the counts, and no
statement runs for long. Each delivery is compared with its message. When every delivery has its
message, no message has two, and there are as many messages as deliveries, then no message is
without a delivery; only where something differs they are searched for by their ids.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from hub.store.conservation import imbalance
from hub.store.conservation.balance import STATES, Balance, balance, kept_of
from hub.store.conservation.imbalance import Imbalance
from hub.store.engine.store import Tx
from hub.store.schema.tables.conservation import ARCHIVED
from hub.store.schema.tables.exchange import STATE_OUTGOING, deliveries, journal

PAGE = 20_000
_PAGES_OF_POSTGRESQL = 2_000
"""Of 8 KiB: 16 MiB of the journal at once."""
MOST = 100
"""Ids that are named of each kind."""
Progress = Callable[[str, int, int], None]
"""Is told what is being read, how far it is, and how far it goes."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What a count of all rows found."""

    balances: list[Balance]
    """As counted; `archived` is the kept one, because those rows are in the archive."""
    problems: list[Imbalance]
    last_delivery: int

    @property
    def good(self) -> bool:
        """Whether everything adds up."""
        return not self.problems and all(found.holds for found in self.balances)


def prove(tx: Tx, readers: Mapping[str, str], progress: Progress = lambda *_: None) -> Proof:
    """Count every delivery and every outgoing message in the view of a read transaction.

    `readers` maps message type to destination.
    """
    last = imbalance.last_delivery(tx)
    states: dict[str, Counter[str]] = {name: Counter() for name in set(readers.values())}
    problems: list[Imbalance] = []
    for after in range(0, last, PAGE):
        for destination, state, count in _states(tx, after):
            states.setdefault(destination, Counter())[state] += count
        if len(problems) < MOST:
            problems += imbalance.page(tx, after=after, upto=after + PAGE, limit=MOST)
        progress("deliveries", min(after + PAGE, last), last)
    accepted = _messages(tx, readers, progress)
    kept = {found.destination: found for found in balance(tx, states)}
    counted = [
        _counted(name, accepted[name], states.get(name, Counter()), kept.get(name))
        for name in sorted(states.keys() | accepted.keys() | kept.keys())
    ]
    if problems or not all(found.holds for found in counted):
        problems += imbalance.undelivered(tx, readers, MOST)
    problems += [wrong for found in counted for wrong in _differences(found, kept)]
    return Proof(counted, problems, last)


def _states(tx: Tx, after: int) -> Iterator[tuple[str, str, int]]:
    query = sa.select(deliveries.c.destination, deliveries.c.state, sa.func.count()).where(
        deliveries.c.id > after
    )
    query = query.where(deliveries.c.id <= after + PAGE).group_by(
        deliveries.c.destination, deliveries.c.state
    )
    for row in tx.execute(query):
        yield tuple(row)


def _counted(name: str, accepted: int, states: Counter[str], kept: Balance | None) -> Balance:
    archived = kept.states[ARCHIVED] if kept else 0
    found = {state: states[state] for state in STATES} | {ARCHIVED: archived}
    return Balance(name, accepted + archived, found)


def _differences(counted: Balance, kept: Mapping[str, Balance]) -> Iterator[Imbalance]:
    """Yield the kept counts that are not those of the rows."""
    name = counted.destination
    there, here = kept_of(counted), kept_of(kept[name]) if name in kept else {}
    for state in sorted(there.keys() | here.keys()):
        if there.get(state, 0) != here.get(state, 0):
            counts = f"{here.get(state, 0)}, not {there.get(state, 0)}"
            yield Imbalance(name, f"kept count of {state}", counts)


def _messages(tx: Tx, readers: Mapping[str, str], progress: Progress) -> Counter[str]:
    """Count the outgoing messages in the journal, by destination."""
    found: Counter[str] = Counter()
    for condition, done, total in _parts_of_journal(tx):
        query = sa.select(journal.c.type, sa.func.count()).where(
            condition, journal.c.state == STATE_OUTGOING
        )
        for type, count in tx.execute(query.group_by(journal.c.type)):
            found[readers.get(type, "?")] += count
        progress("messages", done, total)
    return found


def _parts_of_journal(tx: Tx) -> Iterator[tuple[sa.ColumnElement[bool], int, int]]:
    """Yield conditions that cut the journal into parts as it lies on disk, with the progress.

    Its own key, a random text, would read it in random order.
    """
    if tx.dialect.name == "sqlite":
        row = sa.literal_column("journal.rowid", sa.Integer)
        total = int(tx.execute(sa.select(sa.func.max(row)).select_from(journal)).scalar() or 0)
        size = PAGE
        parts = ((row > at, row <= at + size) for at in range(0, total, size))
    else:
        row = sa.literal_column("journal.ctid")
        pages = "SELECT pg_relation_size('journal') / current_setting('block_size')::bigint"
        total = int(tx.execute(sa.text(pages)).scalar_one())
        size = _PAGES_OF_POSTGRESQL
        parts = ((row >= _tid(at), row < _tid(at + size)) for at in range(0, total, size))
    for number, (first, last) in enumerate(parts, 1):
        yield sa.and_(first, last), min(number * size, total), total


def _tid(page: int) -> sa.ColumnElement[str]:
    return sa.literal_column(f"'({page},0)'::tid")
