"""What has become due: retries, leases that ran out, work that was lost.

Each function is one short transaction's worth of work, bounded by a limit, and safe to run in
several processes: rows are moved by conditional UPDATEs. What is due to a citizen first is
enqueued first; what has no due date, last and in the order it came.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.dml import ReturningUpdate

from hub.rules.deliveries.states import DeliveryState as S
from hub.store.deliveries import pauses
from hub.store.deliveries.delivery_statements import doubtful, open_in_lane
from hub.store.deliveries.transitions import (
    enqueue_foremost,
    enqueuing,
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
_NOT_ENQUEUED = sa.or_(
    deliveries.c.asked_at.is_(None), deliveries.c.asked_at < sa.bindparam("before")
)
_IS_DUE = sa.and_(
    deliveries.c.state == S.WAITING.value, deliveries.c.next_attempt_at <= _NOW, _NOT_ENQUEUED
)
_IS_LOST = sa.and_(deliveries.c.state == S.PENDING.value, _NOT_ENQUEUED)
_GOES_ON = ~pauses.is_paused(_NOW)
_ENQUEUE_DUE = enqueuing(sa.and_(_IS_DUE, _GOES_ON), deliveries.c.deadline)
_ENQUEUE_ALL_DUE = enqueuing(_IS_DUE, deliveries.c.deadline)
_ENQUEUE_LOST = enqueuing(sa.and_(_IS_LOST, _GOES_ON), deliveries.c.deadline)
_ENQUEUE_ALL_PENDING = enqueuing(_IS_LOST, deliveries.c.deadline)
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
    statement = _ENQUEUE_DUE if respect_pauses else _ENQUEUE_ALL_DUE
    return enqueue_foremost(tx, statement, now=now, limit=limit, before=enqueued_before)


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
    statement = _ENQUEUE_LOST if respect_pauses else _ENQUEUE_ALL_PENDING
    return enqueue_foremost(tx, statement, now=now, limit=limit, before=enqueued_before)


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
    values = {"now": now, "query_at": query_at or now, "most": limit}
    return _EXPIRE_LEASES.scalars(tx, values)


def _expire_leases(dialect: str) -> ReturningUpdate[Any]:
    late = sa.and_(deliveries.c.state == S.SENDING.value, deliveries.c.lease_until < _NOW)
    expired = sa.update(deliveries).where(
        foremost(dialect, late, deliveries.c.lease_until),
        deliveries.c.state == S.SENDING.value,
        deliveries.c.lease_until < _NOW,
    )
    values = {
        "state": S.AMBIGUOUS.value,
        "lease_until": None,
        "next_attempt_at": sa.bindparam("query_at"),
        "asked_at": None,
        "code": "lease_expired",
        "detail": both("deliveries.sender_stopped").stored(),
        **doubtful(_NOW),
    }
    return expired.values(values).returning(deliveries.c.id)


_EXPIRE_LEASES = Compiled(_expire_leases)


def sweep_held(tx: Tx, now: datetime) -> int:
    """Release held deliveries that nothing stands before; there are none unless a move was lost."""
    free: dict[str, set[str]] = {}
    for destination, lane in _FREE.all(tx):
        free.setdefault(destination, set()).add(lane)
    # In one order, as in every transaction that locks lanes: two at once must not deadlock.
    return sum(release_followers(tx, name, free[name], now) for name in sorted(free))


def _held_behind_nothing() -> sa.Select[Any]:
    earlier = deliveries.alias()
    before = sa.select(earlier.c.id).where(
        open_in_lane(deliveries.c.destination, deliveries.c.lane, table=earlier),
        position(earlier) < position(),
    )
    blocked = before.limit(1).scalar_subquery().is_not(None)
    query = sa.select(deliveries.c.destination, deliveries.c.lane).where(
        deliveries.c.state == S.HELD.value, UNSETTLED, ~blocked
    )
    return query.limit(500)


_FREE = Compiled(_held_behind_nothing())
