"""Questions that operators and reports ask; nothing here writes."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from hub.messages.payloads import Status
from hub.rules.states import DeliveryState
from hub.store.engine import Tx
from hub.store.record_tables import dossier_files, dossiers, leg_steps, legs
from hub.store.schedule import ASKED
from hub.store.tables import UNHANDLED, deliveries, journal

ASKED_IN_VAIN = 10
"""Questions without an answer from which a person is told: about an hour with the usual pauses."""


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


def look(tx: Tx) -> None:
    """Read one row, or find that there is none: that SQLite begins a transaction proves nothing."""
    tx.execute(sa.select(journal.c.state).limit(1)).all()


def open_count(tx: Tx) -> int:
    """Return the number of deliveries that are not final."""
    query = sa.select(sa.func.count()).where(deliveries.c.settled_at.is_(None))
    return tx.execute(query).scalar_one()


def unhandled_count(tx: Tx) -> int:
    """Return the number of accepted messages that are not handled yet."""
    waiting = journal.c.state.in_(["accepted", "early"])
    query = sa.select(sa.func.count()).where(waiting, UNHANDLED)
    return tx.execute(query).scalar_one()


def parked(tx: Tx, limit: int = 100) -> list[tuple[str, str, str, str, str]]:
    """Return parked messages: id, type, key, code, reason; newest first."""
    c = journal.c
    query = sa.select(c.id, c.type, c.key, c.code, c.reason)
    query = query.where(c.state == "parked", UNHANDLED)
    rows = tx.execute(query.order_by(c.recorded_at.desc()).limit(limit))
    return [(row.id, row.type, row.key, row.code, row.reason) for row in rows]


def stuck(tx: Tx, limit: int = 100) -> list[tuple[int, str, str, str, str, str]]:
    """Return deliveries that wait for a person: id, destination, lane, state, code, detail.

    Also those that the partner was asked about again and again without an answer: the hub goes on
    asking, but only a person can find out why.
    """
    c = deliveries.c
    undecided = sa.or_(c.next_attempt_at.is_(None), ASKED >= ASKED_IN_VAIN)
    for_a_person = sa.or_(c.state == "dead", sa.and_(c.state == "ambiguous", undecided))
    query = sa.select(c.id, c.destination, c.lane, c.state, c.code, c.detail).where(for_a_person)
    rows = tx.execute(query.order_by(c.id).limit(limit))
    return [(r.id, r.destination, r.lane, r.state, r.code, r.detail) for r in rows]


@dataclass(frozen=True, slots=True)
class Gap:
    """Steps of the town that are kept because one before them never came."""

    number: str
    child_number: str
    """The number under which the town has it, "" while it has not told."""
    applied: int
    """The last step that was applied; the one that is missing comes next."""
    next_here: int
    """The first step that is kept."""
    kept: int
    since: datetime
    """When the first of the kept ones came."""

    @property
    def missing(self) -> str:
        """The steps that never came, as `3` or `3-5`."""
        first, last = self.applied + 1, self.next_here - 1
        return str(first) if first == last else f"{first}-{last}"


def gaps(tx: Tx, limit: int = 100) -> list[Gap]:
    """Return the dossiers whose inter-level leg waits for a step of the town, oldest first."""
    place = sa.func.min(leg_steps.c.sequence)
    came = sa.func.min(journal.c.recorded_at)
    query = (
        sa.select(legs.c.number, legs.c.child_number, legs.c.sequence, place, sa.func.count(), came)
        .join(leg_steps, leg_steps.c.number == legs.c.number)
        .join(journal, journal.c.id == leg_steps.c.message_id)
        .where(leg_steps.c.applied.is_(False))
        .group_by(legs.c.number, legs.c.child_number, legs.c.sequence)
        .having(place > legs.c.sequence + 1)
        .order_by(came)
    )
    return [Gap(row[0], row[1] or "", *row[2:]) for row in tx.execute(query.limit(limit))]


@dataclass(frozen=True, slots=True)
class Papers:
    """Papers of a dossier that are here and that the town was not given, or that it waits for."""

    number: str
    child_number: str
    """The number under which the town has the dossier, "" while it has not told."""
    count: int
    """None are here where the town waits, and the ward does not wait for the citizen."""
    wanted: bool
    """Whether the town asks for papers: then they go when an officer takes the work up again."""
    since: datetime
    """When the first of them came, or the town's request."""


def papers_not_at_town(tx: Tx, limit: int = 100) -> list[Papers]:
    """Return the dossiers under way of which the town lacks papers, oldest first.

    Also where none are here although the town waits for some and the ward's status does not say so,
    because those of the supplement that was to answer it were dropped.
    """
    found = [*_papers_here(tx, limit), *_requests_unseen(tx, limit)]
    return sorted(found, key=lambda papers: papers.since)[:limit]


def _papers_here(tx: Tx, limit: int) -> list[Papers]:
    file = dossier_files.c
    came = sa.func.min(journal.c.recorded_at)
    query = (
        sa.select(
            legs.c.number, legs.c.child_number, sa.func.count(), legs.c.wanted.is_not(None), came
        )
        .join(dossiers, dossiers.c.number == legs.c.number)
        .join(dossier_files, file.number == legs.c.number)
        .join(journal, journal.c.id == file.message_id)
        .where(legs.c.ended_at.is_(None), dossiers.c.finished_at.is_(None))
        .where(file.is_result.is_(False), file.to_town.is_(False))
        .group_by(legs.c.number, legs.c.child_number, legs.c.wanted)
        .order_by(came)
    )
    return [
        Papers(number, child or "", count, bool(wanted), since)
        for number, child, count, wanted, since in tx.execute(query.limit(limit))
    ]


def _requests_unseen(tx: Tx, limit: int) -> list[Papers]:
    file, step, leg = dossier_files.c, leg_steps.c, legs.c
    here = sa.exists().where(
        file.number == leg.number, file.is_result.is_(False), file.to_town.is_(False)
    )
    query = (
        sa.select(leg.number, leg.child_number, journal.c.recorded_at)
        .join(dossiers, dossiers.c.number == leg.number)
        .join(leg_steps, sa.and_(step.number == leg.number, step.sequence == leg.wanted))
        .join(journal, journal.c.id == step.message_id)
        .where(leg.ended_at.is_(None), dossiers.c.finished_at.is_(None))
        .where(dossiers.c.status != int(Status.SUPPLEMENT_REQUESTED), ~here)
        .order_by(journal.c.recorded_at)
    )
    rows = tx.execute(query.limit(limit))
    return [Papers(number, child or "", 0, wanted=True, since=at) for number, child, at in rows]


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
