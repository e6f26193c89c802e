"""The conservation of deliveries: each accepted one is in one state; nothing here writes."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from hub.rules.states import DeliveryState
from hub.store.engine import Tx
from hub.store.tables import deliveries, journal


@dataclass(frozen=True, slots=True)
class Balance:
    """The conservation of one destination: everything accepted for it is in exactly one state."""

    destination: str
    accepted: int
    """Deliveries that were ever opened, counted from the journal of outgoing messages."""
    states: dict[str, int]

    @property
    def holds(self) -> bool:
        """Whether accepted equals the sum over all states."""
        return self.accepted == sum(self.states.values())


def balance(tx: Tx, readers: dict[str, str]) -> list[Balance]:
    """Return the balance of each destination.

    `readers` maps message type to destination: accepted is counted from the journal and the states
    from the deliveries, two independent records, so that a lost row shows. Both in one statement,
    because PostgreSQL shows two statements two moments.
    """
    c, j = deliveries.c, journal.c
    said = sa.select(sa.literal_column("''"), j.type, sa.func.count())
    said = said.where(j.state == "outgoing").group_by(j.type)
    opened = sa.select(c.destination, c.state, sa.func.count()).group_by(c.destination, c.state)
    accepted: Counter[str] = Counter()
    states = {name: dict.fromkeys(map(str, DeliveryState), 0) for name in set(readers.values())}
    for destination, what, count in tx.execute(sa.union_all(said, opened)):
        if destination:
            states[destination][what] = count
        else:
            accepted[readers[what]] += count
    return [Balance(name, accepted[name], states[name]) for name in sorted(states)]


@dataclass(frozen=True, slots=True)
class Imbalance:
    """One thing that does not add up: what is wrong, and the id that it is wrong with."""

    destination: str
    what: str
    id: str


def imbalance(tx: Tx, readers: dict[str, str], limit: int = 100) -> list[Imbalance]:
    """Return what does not add up between journal and deliveries, at most `limit` of each kind."""
    c, j = deliveries.c, journal.c
    reader = sa.case(readers, value=j.type, else_="?")
    theirs = sa.and_(c.message_id == j.id, c.destination == reader)
    without = (
        sa.select(reader.label("destination"), j.id)
        .select_from(journal.outerjoin(deliveries, theirs))
        .where(j.state == "outgoing", c.id.is_(None))
    )
    said = sa.exists().where(j.id == c.message_id, j.state == "outgoing", j.type == c.type)
    unsaid = sa.select(c.destination, c.id).where(~said)
    doubled = (
        sa.select(sa.func.max(c.destination).label("destination"), c.message_id.label("id"))
        .group_by(c.message_id)
        .having(sa.func.count() > 1)
    )
    found = {
        "message without delivery": without.order_by(j.id),
        "delivery without message": unsaid.order_by(c.id),
        "message delivered to two": doubled.order_by(c.message_id),
    }
    return [
        Imbalance(row.destination, what, str(row.id))
        for what, query in found.items()
        for row in tx.execute(query.limit(limit))
    ]


def delivered_by_lane(tx: Tx, destination: str) -> Iterator[tuple[str, str, int]]:
    """Yield (dossier number, message type, number of delivered deliveries), streaming."""
    c = deliveries.c
    query = (
        sa.select(c.lane, c.type, sa.func.count())
        .where(c.destination == destination, c.state == DeliveryState.DELIVERED.value)
        .group_by(c.lane, c.type)
    )
    for row in tx.execution_options(yield_per=1000).execute(query):
        yield tuple(row)
