"""The conservation of deliveries, asked for now: each accepted one is in one state.

`balance` adds up the kept counts and counts what is open: its cost depends on the open deliveries
and on the changes of the last minute, not on what was ever done. That the kept counts are those of
the rows is proven by `proof`, which reads all of them.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from hub.rules.deliveries.states import FINAL, DeliveryState
from hub.store.conservation.counts import kept_counts
from hub.store.engine.store import Tx
from hub.store.schema.tables.conservation import (
    ACCEPTED,
    ARCHIVED,
    LEFT_TO_PERSON,
)
from hub.store.schema.tables.exchange import UNSETTLED, deliveries

STATES = (*map(str, DeliveryState), ARCHIVED)
"""Where an accepted delivery may be, in the order in which they are shown."""
_LEFT = {DeliveryState.DEAD, DeliveryState.AMBIGUOUS}
_MOVING = [it.value for it in DeliveryState if it not in FINAL | _LEFT]


@dataclass(frozen=True, slots=True)
class Balance:
    """The conservation of one destination: everything accepted for it is in exactly one state."""

    destination: str
    accepted: int
    """Messages that were ever recorded for it, counted in the transaction that recorded them."""
    states: dict[str, int]

    @property
    def holds(self) -> bool:
        """Whether accepted equals the sum over all states."""
        return self.accepted == sum(self.states.values())


def balance(tx: Tx, destinations: Collection[str]) -> list[Balance]:
    """Return the balance of each of the destinations, and of any other that has deliveries.

    In one statement, because PostgreSQL shows two statements two moments.
    """
    found = {name: dict.fromkeys((ACCEPTED, *STATES), 0) for name in destinations}
    for destination, state, count in tx.execute(sa.union_all(*kept_counts(), *_opened())):
        counts = found.setdefault(destination, dict.fromkeys((ACCEPTED, *STATES), 0))
        counts[state] += int(count)
    return [Balance(name, found[name].pop(ACCEPTED), found[name]) for name in sorted(found)]


def _opened() -> Iterator[sa.Select[tuple[str, str, int]]]:
    """Yield the counts of what is open: of rows that move on, then of those left to a person."""
    moving = deliveries.c.state.in_(_MOVING)
    for which in (sa.and_(UNSETTLED, moving), LEFT_TO_PERSON):
        query = sa.select(deliveries.c.destination, deliveries.c.state, sa.func.count())
        yield query.where(which).group_by(deliveries.c.destination, deliveries.c.state)


def kept_of(found: Balance) -> dict[str, int]:
    """Return the part of a balance that was kept, without zeros: accepted, final, archived."""
    counts = {ACCEPTED: found.accepted, **found.states}
    kept = {ACCEPTED, ARCHIVED, *map(str, FINAL)}
    return {state: count for state, count in counts.items() if count and state in kept}


def delivered_by_lane(tx: Tx, destination: str) -> Iterator[tuple[str, str, int]]:
    """Yield (dossier number, message type, number of delivered deliveries), streaming."""
    query = (
        sa.select(deliveries.c.lane, deliveries.c.type, sa.func.count())
        .where(
            deliveries.c.destination == destination,
            deliveries.c.state == DeliveryState.DELIVERED.value,
        )
        .group_by(deliveries.c.lane, deliveries.c.type)
    )
    for row in tx.execution_options(yield_per=1000).execute(query):
        yield tuple(row)
