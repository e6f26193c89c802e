"""What has become due: retries, leases that ran out, work that was lost.

Each function is one short transaction's worth of work, bounded by a limit, and safe to run in
several processes: rows are moved by conditional UPDATEs. What is due to a citizen first is
enqueued first; what has no due date, last and in the order it came.
"""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from hub.rules.deliveries.states import DeliveryState as S
from hub.store.deliveries import pauses
from hub.store.deliveries.delivery_statements import doubtful, open_in_lane
from hub.store.deliveries.transitions import (
    enqueue_where,
    foremost,
    not_in_state,
    position,
    release_followers,
)
from hub.store.engine.store import Tx
from hub.store.schema.tables.exchange import UNSETTLED, deliveries
from hub.store.statements.compiled import Compiled
from hub.texts import both

_NOW: sa.BindParameter[datetime] = sa.bindparam("now")
_WAITS = sa.and_(
    deliveries.c.state == sa.literal_column("'waiting'"), UNSETTLED, ~pauses.is_paused(_NOW)
)
# Roles poll several times a second, mostly in vain. A poll costs no write and no log line.
_DUE = Compiled(
    sa.select(deliveries.c.id)
    .where(_WAITS, deliveries.c.next_attempt_at <= _NOW)
    .where(sa.or_(deliveries.c.asked_at.is_(None), deliveries.c.asked_at < sa.bindparam("before")))
    .limit(sa.literal_column("1"))
)
_NEXT_DUE = Compiled(
    sa.select(sa.func.min(deliveries.c.next_attempt_at)).where(
        _WAITS, deliveries.c.asked_at.is_(None)
    )
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
    """Enqueue waiting deliveries whose time has come; return how many.

    A delivery that was enqueued since `enqueued_before` is left alone: its message is on the way.
    With `respect_pauses` the deliveries of a paused operation are left alone, too: the transaction
    that ends the pause enqueues them.
    """
    due = sa.and_(
        deliveries.c.state == S.WAITING.value,
        deliveries.c.next_attempt_at <= now,
        sa.or_(deliveries.c.asked_at.is_(None), deliveries.c.asked_at < enqueued_before),
        ~pauses.is_paused(now) if respect_pauses else sa.true(),
    )
    return enqueue_where(tx, due, deliveries.c.deadline, now=now, limit=limit)


def make_due(tx: Tx, id: int, *, now: datetime) -> None:
    """Let a waiting delivery be sent now; raises StateConflict where it does not wait."""
    statement = sa.update(deliveries).where(
        deliveries.c.id == id, deliveries.c.state == S.WAITING.value
    )
    if tx.execute(statement.values(next_attempt_at=now, asked_at=None)).rowcount != 1:
        raise not_in_state(1, 1, S.WAITING)


def enqueue_pending(
    tx: Tx,
    *,
    now: datetime,
    enqueued_before: datetime,
    limit: int = 500,
    respect_pauses: bool = True,
) -> int:
    """Enqueue again pending deliveries whose message must have been lost; return how many.

    During a pause work messages lie in the queue for as long as it takes: with `respect_pauses`
    they do not count as lost.
    """
    lost = sa.and_(
        deliveries.c.state == S.PENDING.value,
        sa.or_(deliveries.c.asked_at.is_(None), deliveries.c.asked_at < enqueued_before),
        ~pauses.is_paused(now) if respect_pauses else sa.true(),
    )
    return enqueue_where(tx, lost, deliveries.c.deadline, now=now, limit=limit)


def next_due(tx: Tx, *, now: datetime) -> datetime | None:
    """Return the earliest time at which a waiting delivery becomes due and may be enqueued."""
    due: datetime | None = _NEXT_DUE.scalars(tx, {"now": now})[0]
    return due


def expire_leases(
    tx: Tx, *, now: datetime, query_at: datetime | None = None, limit: int = 500
) -> Sequence[int]:
    """Move sending deliveries whose lease ran out to ambiguous, to be queried at `query_at`.

    The process that held the lease may have died at any point of its call: nobody knows. Or it
    lives, the clock was set forward, and its call is still under way: asked at once, the partner
    would truthfully say that nothing is there.
    """
    late = sa.and_(deliveries.c.state == S.SENDING.value, deliveries.c.lease_until < now)
    statement = (
        sa.update(deliveries)
        .where(
            foremost(tx, late, deliveries.c.lease_until, limit=limit),
            deliveries.c.state == S.SENDING.value,
            deliveries.c.lease_until < now,
        )
        .values(
            state=S.AMBIGUOUS.value,
            lease_until=None,
            next_attempt_at=query_at or now,
            asked_at=None,
            code="lease_expired",
            detail=both("deliveries.sender_stopped").stored(),
            **doubtful(now),
        )
        .returning(deliveries.c.id)
    )
    return tx.execute(statement).scalars().all()


def sweep_held(tx: Tx, now: datetime) -> int:
    """Release held deliveries that nothing stands before; there are none unless a move was lost."""
    earlier = deliveries.alias()
    before = sa.select(earlier.c.id).where(
        open_in_lane(deliveries.c.destination, deliveries.c.lane, table=earlier),
        position(earlier) < position(),
    )
    blocked = before.limit(1).scalar_subquery().is_not(None)
    query = sa.select(deliveries.c.destination, deliveries.c.lane).where(
        deliveries.c.state == S.HELD.value, UNSETTLED, ~blocked
    )
    free: dict[str, set[str]] = {}
    for destination, lane in tx.execute(query.limit(500)):
        free.setdefault(destination, set()).add(lane)
    # In one order, as in every transaction that locks lanes: two at once must not deadlock.
    return sum(release_followers(tx, name, free[name], now) for name in sorted(free))
