"""What has become due: retries, questions, leases that ran out, asks that were lost.

Each function is one short transaction's worth of work, bounded by a limit, and safe to run in
several processes: rows are moved by conditional UPDATEs. What is due to a citizen first is asked
for first; what has no due date, last and in the order it came.
"""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from hub.rules.poison import ISOLATE_FROM
from hub.rules.states import DeliveryState as S
from hub.store.deliveries import pauses
from hub.store.deliveries.delivery_statements import doubtful, in_doubt, open_in_lane
from hub.store.deliveries.transitions import (
    Claimed,
    enqueue_where,
    foremost,
    position,
    release_followers,
    with_bodies,
)
from hub.store.engine.store import Tx
from hub.store.schema.tables import UNSETTLED, attempts, deliveries
from hub.store.statements.compiled import Compiled
from hub.store.statements.plan_hints import checked, unindexed

c = deliveries.c
_a, _sent = attempts.c, attempts.alias()
_LAST_SENT = (
    sa.select(sa.func.coalesce(sa.func.max(_sent.c.number), 0))
    .where(_sent.c.delivery_id == _a.delivery_id, _sent.c.kind == "send")
    .correlate(attempts)
    .scalar_subquery()
)
"""Number of the last call to send the delivery that an attempt belongs to. Trap: a subquery that
names a table from two levels above gets that table anew in its own FROM: one number for all."""
QUERIES = (
    sa.select(sa.func.count())
    .where(_a.delivery_id == c.id, _a.kind == "find", _a.number > _LAST_SENT)
    .scalar_subquery()
)
"""How many questions about a delivery were asked since it was last sent."""
_QUERIES_UNENDED = (
    sa.select(sa.func.count())
    .where(_a.delivery_id == c.id, _a.kind == "find", _a.finished_at.is_(None))
    .where(_a.number > _LAST_SENT)
    .scalar_subquery()
)
"""How many of them never ended."""
# Cheap filter first: deliveries with fewer queries than ISOLATE_FROM in all need no subquery.
_QUERY_ALONE = sa.and_(c.attempts - c.counted >= ISOLATE_FROM, _QUERIES_UNENDED >= ISOLATE_FROM)
_QUERY_BESIDE = sa.or_(c.attempts - c.counted < ISOLATE_FROM, _QUERIES_UNENDED < ISOLATE_FROM)
SENDER_STOPPED = (
    "tiến trình gửi dừng trước khi ghi kết quả · the sender stopped before it recorded an outcome"
)


_NOW: sa.BindParameter[datetime] = sa.bindparam("now")
_WAITS = sa.and_(c.state == sa.literal_column("'waiting'"), UNSETTLED, ~pauses.is_paused(_NOW))
# Roles look several times a second, mostly in vain. A look costs no turn to write, and no words.
_DUE = Compiled(
    sa.select(c.id)
    .where(_WAITS, c.next_attempt_at <= _NOW)
    .where(sa.or_(c.asked_at.is_(None), c.asked_at < sa.bindparam("before")))
    .limit(sa.literal_column("1"))
)
_NEXT_DUE = Compiled(sa.select(sa.func.min(c.next_attempt_at)).where(_WAITS, c.asked_at.is_(None)))
_DOUBTFUL = Compiled(
    sa.select(c.id)
    .where(c.state == sa.literal_column("'ambiguous'"), UNSETTLED, c.next_attempt_at <= _NOW)
    .where(unindexed(c.destination) == sa.bindparam("to"))
    .limit(sa.literal_column("1"))
)


def is_due(tx: Tx, *, now: datetime, enqueued_before: datetime) -> bool:
    """Tell whether `enqueue_due` would find anything."""
    return bool(_DUE.all(tx, {"now": now, "before": enqueued_before}))


def enqueue_due(
    tx: Tx,
    *,
    now: datetime,
    enqueued_before: datetime,
    limit: int = 500,
    respect_pauses: bool = True,
) -> int:
    """Ask for work on waiting deliveries whose time has come; return how many.

    One that was asked for since `enqueued_before` is left alone: its message is on the way. So,
    when `heeding` pauses, is what belongs to a paused operation: whoever ends the pause asks for
    it.
    """
    due = sa.and_(
        c.state == S.WAITING.value,
        c.next_attempt_at <= now,
        sa.or_(c.asked_at.is_(None), c.asked_at < enqueued_before),
        ~pauses.is_paused(now) if respect_pauses else sa.true(),
    )
    return enqueue_where(tx, due, c.deadline, now=now, limit=limit)


def enqueue_pending(
    tx: Tx,
    *,
    now: datetime,
    enqueued_before: datetime,
    limit: int = 500,
    respect_pauses: bool = True,
) -> int:
    """Ask again for pending deliveries whose message must have been lost; return how many.

    During a pause asks lie in the queue for as long as it takes: `heeding` it, they are not lost.
    """
    lost = sa.and_(
        c.state == S.PENDING.value,
        sa.or_(c.asked_at.is_(None), c.asked_at < enqueued_before),
        ~pauses.is_paused(now) if respect_pauses else sa.true(),
    )
    return enqueue_where(tx, lost, c.deadline, now=now, limit=limit)


def next_due(tx: Tx, *, now: datetime) -> datetime | None:
    """Return the earliest time at which a waiting delivery becomes due and may be asked for."""
    due: datetime | None = _NEXT_DUE.scalars(tx, {"now": now})[0]
    return due


def expire_leases(
    tx: Tx, *, now: datetime, query_at: datetime | None = None, limit: int = 500
) -> Sequence[int]:
    """Move sending deliveries whose lease ran out to ambiguous, to be asked about at `ask_at`.

    The process that held the lease may have died at any point of its call: nobody knows. Or it
    lives, the clock was set forward, and its call is still under way: asked at once, the partner
    would truthfully say that nothing is there.
    """
    late = sa.and_(c.state == S.SENDING.value, c.lease_until < now)
    statement = (
        sa.update(deliveries)
        .where(
            foremost(tx, late, c.lease_until, limit=limit),
            c.state == S.SENDING.value,
            c.lease_until < now,
        )
        .values(
            state=S.AMBIGUOUS.value,
            lease_until=None,
            next_attempt_at=query_at or now,
            asked_at=None,
            code="lease_expired",
            detail=SENDER_STOPPED,
            **doubtful(now),
        )
        .returning(c.id)
    )
    return tx.execute(statement).scalars().all()


def is_doubtful(tx: Tx, destination: str, *, now: datetime) -> bool:
    """Tell whether `take_doubtful` would find anything to ask about, alone or beside others."""
    return bool(_DOUBTFUL.all(tx, {"now": now, "to": destination}))


def take_doubtful(
    tx: Tx,
    destination: str,
    *,
    now: datetime,
    again_at: datetime,
    limit: int,
    alone: bool = False,
) -> list[Claimed]:
    """Return ambiguous deliveries that are due, and reserve them until `again_at`.

    `alone`: of those that have to be asked about alone; else only of the others.
    """
    doubtful = sa.and_(
        unindexed(c.destination) == destination,
        c.state == S.AMBIGUOUS.value,
        c.next_attempt_at <= now,
    )
    chosen = sa.and_(doubtful, _QUERY_ALONE if alone else _QUERY_BESIDE)
    statement = (
        sa.update(deliveries)
        .where(foremost(tx, chosen, c.next_attempt_at, limit=limit), checked(doubtful))
        .values(next_attempt_at=again_at, attempts=c.attempts + 1)
        .returning(c.id, c.message_id, c.lane, c.attempts, c.counted, c.deadline)
    )
    return with_bodies(tx, tx.execute(statement).all())


def queries_unanswered(tx: Tx, id: int) -> int:
    """Return how many questions about a delivery were asked since it was last sent."""
    asked: int = tx.execute(sa.select(QUERIES).where(c.id == id)).scalar_one()
    return asked


def queries_unended(tx: Tx, id: int) -> int:
    """Return how many questions about a delivery since it was last sent never ended."""
    lost: int = tx.execute(sa.select(_QUERIES_UNENDED).where(c.id == id)).scalar_one()
    return lost


def query_later(tx: Tx, id: int, *, when: datetime) -> None:
    """Ask about an ambiguous delivery at `when`: now the partner gave no answer."""
    tx.execute(sa.update(deliveries).where(in_doubt(id)).values(next_attempt_at=when))


def sweep_held(tx: Tx, now: datetime) -> int:
    """Release held deliveries that nothing stands before; there are none unless a move was lost."""
    earlier = deliveries.alias()
    before = sa.select(earlier.c.id).where(
        open_in_lane(c.destination, c.lane, table=earlier), position(earlier) < position()
    )
    blocked = before.limit(1).scalar_subquery().is_not(None)
    query = sa.select(c.destination, c.lane).where(c.state == S.HELD.value, UNSETTLED, ~blocked)
    free: dict[str, set[str]] = {}
    for destination, lane in tx.execute(query.limit(500)):
        free.setdefault(destination, set()).add(lane)
    # In one order, as all who lock lanes: two who do it at once must not wait in a ring.
    return sum(release_followers(tx, name, free[name], now) for name in sorted(free))
