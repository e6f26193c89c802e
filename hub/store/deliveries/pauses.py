"""Pauses of partners' operations: every process sees them, and the timer respects them.

A delivery of a paused operation keeps its state, its attempts and its time. Its work message lies
in the queue; or it was taken from there and the delivery is set aside: nothing enqueues it
(`asked_at` is empty) until the pause ends. A row holds until `expires_at`, so a pause whose process
has died ends by itself. Several processes write the same row and the last one counts: they all call
the same partner.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from hub.rules.deliveries.states import DeliveryState as S
from hub.rules.failures.errors import STORED_DEFERRED
from hub.store.deliveries import partner_queries
from hub.store.deliveries.transitions import enqueue_foremost, enqueuing
from hub.store.engine.store import Tx, insert, insert_for
from hub.store.schema.tables.exchange import (
    UNSETTLED,
    attempts,
    deliveries,
    pauses,
    person_pauses,
)
from hub.store.statements.compiled import Compiled, any_of
from hub.store.statements.plan_hints import among_chosen, checked, unindexed

_PAUSED_BY_PERSONS = Compiled(
    sa.select(person_pauses).where(
        person_pauses.c.destination == sa.bindparam("to"),
        person_pauses.c.until > sa.bindparam("now"),
    )
)
UNDER_WAY = timedelta(hours=1)
"""Longer than any claim lasts: what was not finished by then never will be, its process died."""
_UNSENT = sa.or_(
    # written out: Compiled takes no list of its own
    deliveries.c.state == S.PENDING.value,
    deliveries.c.state == S.WAITING.value,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """One operation that is paused: why, since when, until when."""

    destination: str
    operation: str
    kind: str
    phase: str
    openings: int
    since: datetime
    until: datetime
    """When it ends or is tried; in the past while it is being tried, or nothing is there to try."""
    expires_at: datetime
    code: str
    reason_vi: str
    reason_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonPause:
    """What a person has paused; `operation` is "" for all operations of the destination."""

    destination: str
    operation: str
    since: datetime
    until: datetime
    actor: str
    reason: str
    drains: bool = False
    """What was claimed before is finished; a pause puts back what was not called yet."""


@dataclass(frozen=True, slots=True)
class ListedPause:
    """A pause, how many deliveries wait for its end, and whether one is being sent."""

    pause: Pause
    waiting: int
    under_way: bool


def _of(destination: str) -> sa.ColumnElement[bool]:
    """Return the condition on deliveries that are found by their state or their number."""
    return unindexed(deliveries.c.destination) == destination


def post(tx: Tx, pause: Pause) -> None:
    """Write that an operation is paused, in place of what was written of it before."""
    _POST.run(tx, asdict(pause))


def _posting(dialect: str) -> sa.Insert:
    statement = insert_for(dialect, pauses)
    changed = {name: statement.excluded[name] for name in Pause.__slots__}
    key = [pauses.c.destination, pauses.c.operation]
    return statement.on_conflict_do_update(index_elements=key, set_=changed)


_POST = Compiled(_posting, columns=Pause.__slots__)


def change(
    tx: Tx, destination: str, paused: Iterable[Pause], ended: Collection[str], *, now: datetime
) -> None:
    """Write which operations are paused, and which are not any more.

    `resume` brings back what was set aside. What has lain in the queue meanwhile was enqueued long
    ago and is not lost: it is enqueued anew only when nothing comes of it from now on. Two
    processes that do this at once cannot wait for each other: first deliveries are locked in the
    order of their numbers, as a claim locks them, then pauses in the order of their operations.
    """
    if ended:
        mine = (_of(destination), deliveries.c.type.in_(sorted(ended)), _UNSENT, UNSETTLED)
        queued = sa.select(deliveries.c.id).where(*mine, deliveries.c.asked_at.is_not(None))
        locked = queued.order_by(deliveries.c.id).with_for_update()
        moved = sa.update(deliveries).where(among_chosen(deliveries.c.id, locked))
        tx.execute(moved.values(asked_at=now))
    posted = {pause.operation: pause for pause in paused}
    for operation in sorted({*posted, *ended}):
        if operation in posted:
            post(tx, posted[operation])
        else:
            key = (pauses.c.destination == destination, pauses.c.operation == operation)
            tx.execute(sa.delete(pauses).where(*key))


def active(tx: Tx, destination: str, *, now: datetime) -> list[Pause]:
    """Return the pauses of a destination that hold now."""
    return [Pause(**row._asdict()) for row in _ACTIVE.all(tx, {"to": destination, "now": now})]


_ACTIVE = Compiled(
    sa.select(pauses).where(
        pauses.c.destination == sa.bindparam("to"), pauses.c.expires_at > sa.bindparam("now")
    )
)


def listed(tx: Tx, *, now: datetime) -> list[ListedPause]:
    """Return every pause that holds now, with what waits for its end."""
    query = (
        sa.select(pauses)
        .where(pauses.c.expires_at > now)
        .order_by(pauses.c.destination, pauses.c.operation)
    )
    found = [Pause(**row) for row in tx.execute(query).mappings()]
    counted = sa.select(sa.func.count()).select_from(deliveries)
    sending = deliveries.c.state == S.SENDING.value

    def count(pause: Pause, state: sa.ColumnElement[bool]) -> int:
        mine = (_of(pause.destination), deliveries.c.type == pause.operation)
        return int(tx.execute(counted.where(*mine, state, UNSETTLED)).scalar_one())

    return [ListedPause(it, count(it, _UNSENT), count(it, sending) > 0) for it in found]


def paused_by_persons(tx: Tx, destination: str, *, now: datetime) -> list[PersonPause]:
    """Return what persons have paused of a destination and is not over."""
    rows = _PAUSED_BY_PERSONS.all(tx, {"to": destination, "now": now})
    return [PersonPause(**row._asdict()) for row in rows]


def under_way(tx: Tx, destination: str, operation: str) -> int:
    """Return how many deliveries of an operation are being sent; "" for all of the destination."""
    sending = (deliveries.c.state == S.SENDING.value, UNSETTLED, _of(destination))
    query = sa.select(sa.func.count()).select_from(deliveries).where(*sending)
    if operation:
        query = query.where(deliveries.c.type == operation)
    return int(tx.execute(query).scalar_one())


def lock_person_pauses(tx: Tx, destination: str) -> None:
    """Let nobody else change what persons pause of a destination until the transaction ends."""
    if tx.dialect.name == "postgresql":  # SQLite has one writer at a time
        lock = sa.func.pg_advisory_xact_lock(sa.func.hashtext(f"person pauses {destination}"))
        tx.execute(sa.select(lock))


def keep_person_pause(tx: Tx, pause: PersonPause) -> None:
    """Keep what a person pauses, in place of what was paused of it before."""
    statement = insert(tx, person_pauses).values(asdict(pause))
    changed = {name: statement.excluded[name] for name in asdict(pause)}
    key = [person_pauses.c.destination, person_pauses.c.operation]
    tx.execute(statement.on_conflict_do_update(index_elements=key, set_=changed))


def end_person_pause(tx: Tx, destination: str, operation: str) -> None:
    """Forget what a person has paused."""
    mine = (person_pauses.c.destination == destination, person_pauses.c.operation == operation)
    tx.execute(sa.delete(person_pauses).where(*mine))


def is_paused(now: datetime | sa.BindParameter[datetime]) -> sa.ColumnElement[bool]:
    """Return the condition that a delivery belongs to a paused operation."""
    return sa.exists().where(
        pauses.c.destination == deliveries.c.destination,
        pauses.c.operation == deliveries.c.type,
        pauses.c.expires_at > now,
    )


def lock(tx: Tx, ids: Sequence[int]) -> None:
    """Lock deliveries in the order of their numbers, as `change` does.

    Before some of them are claimed and the others set aside: each of the two alone would be in
    order, one after the other is not.
    """
    if tx.dialect.name == "postgresql":  # SQLite has one writer at a time
        _LOCK.all(tx, {"ids": ids})


_LOCK = Compiled(
    sa.select(deliveries.c.id)
    .where(any_of(deliveries.c.id, "ids"))
    .order_by(deliveries.c.id)
    .with_for_update()
)


def set_aside(tx: Tx, ids: Sequence[int], destination: str) -> None:
    """Forget that deliveries were enqueued; nothing else of them changes."""
    _SET_ASIDE.run(tx, {"ids": ids, "to": destination})


_SET_ASIDE = Compiled(
    sa.update(deliveries)
    .where(
        any_of(deliveries.c.id, "ids"),
        checked(
            deliveries.c.destination == sa.bindparam("to"),
            _UNSENT,
        ),
    )
    .values(asked_at=None)
)


def resume(tx: Tx, destination: str, operation: str, *, now: datetime, limit: int) -> int:
    """Enqueue what was set aside and is due, at most `limit`; return how many.

    What was tried least comes first: a dossier that the partner fails on again and again must not
    decide for all the others whether the partner is well.
    """
    values = {"to": destination, "operation": operation}
    return enqueue_foremost(tx, _RESUME, now=now, limit=limit, **values)


_RESUME = enqueuing(
    sa.and_(
        unindexed(deliveries.c.destination) == sa.bindparam("to"),
        deliveries.c.type == sa.bindparam("operation"),
        _UNSENT,
        deliveries.c.asked_at.is_(None),
        sa.or_(
            deliveries.c.next_attempt_at.is_(None),
            deliveries.c.next_attempt_at <= sa.bindparam("now"),
        ),
    ),
    # A refusal that uses no attempt counts here, too.
    deliveries.c.counted,
    deliveries.c.attempts,
    deliveries.c.deadline,
)


def calls_since(
    tx: Tx, destination: str, operation: str, *, since: datetime, now: datetime, above: int
) -> tuple[list[datetime], int]:
    """Return until when calls that may have been made after `since` were made at the latest.

    Oldest first, with the new `above`. A claim is dated before its call, which waits for a lock and
    for a thread: so a call counts by its end, and one under way counts as made now. All processes'
    calls, queries included (also those of no delivery, which count whatever `operation` is); what
    was claimed and then not called is left out.
    `above` is the number of an attempt that is too old to matter, 0 at first: attempts have no
    index by time, because writing one would cost every delivery for what few partners ask for.
    Takes a lock until the transaction ends, so that two processes cannot both use the last call.
    """
    if tx.dialect.name == "postgresql":
        lock = sa.func.pg_advisory_xact_lock(sa.func.hashtext(f"quota {destination}"))
        tx.execute(sa.select(lock))
    begun = since - UNDER_WAY
    old = sa.select(sa.func.max(attempts.c.id)).where(
        attempts.c.id > above, attempts.c.started_at <= begun
    )
    above = tx.execute(old).scalar_one() or above
    query = (
        sa.select(attempts.c.finished_at)
        .join(deliveries, deliveries.c.id == attempts.c.delivery_id)
        .where(attempts.c.id > above, attempts.c.started_at > begun, _of(destination))
        .where(sa.or_(attempts.c.finished_at.is_(None), attempts.c.finished_at > since))
        .where(
            attempts.c.kind != "person",
            sa.or_(
                attempts.c.outcome.is_(None), attempts.c.outcome.not_in(sorted(STORED_DEFERRED))
            ),
        )
    )
    if operation:
        query = query.where(deliveries.c.type == operation)
    calls = [ended or now for ended in tx.execute(query).scalars()]
    return sorted([*calls, *partner_queries.made_since(tx, destination, since)]), above
