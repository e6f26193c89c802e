"""Deliveries whose effect is unknown: which are due to be queried, and what is known of each.

Taking what is due is safe in several processes: the rows are reserved by a conditional UPDATE.
"""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.dml import ReturningUpdate

from hub.messages import catalog
from hub.messages.local_time import not_before
from hub.rules.deliveries.absence import PERSON_WAITS, UnknownEffect
from hub.rules.deliveries.states import DeliveryState as S
from hub.rules.failures.errors import EXISTS_UNSEEN
from hub.rules.poison import ISOLATE_FROM
from hub.store.deliveries.delivery_statements import in_doubt, position
from hub.store.deliveries.transitions import Claimed, StateConflict, foremost, with_bodies
from hub.store.engine.store import Tx
from hub.store.schema.tables.exchange import UNSETTLED, attempts, deliveries, journal
from hub.store.statements.compiled import Compiled
from hub.store.statements.plan_hints import checked, unindexed
from hub.texts import both

_sent = attempts.alias()
_LAST_SENT = (
    sa.select(sa.func.coalesce(sa.func.max(_sent.c.number), 0))
    .where(_sent.c.delivery_id == attempts.c.delivery_id, _sent.c.kind == "send")
    .correlate(attempts)
    .scalar_subquery()
)
"""Number of the last call to send the delivery that an attempt belongs to. Trap: a subquery that
names a table from two levels above gets that table anew in its own FROM: one number for all."""
QUERIES = (
    sa.select(sa.func.count())
    .where(
        attempts.c.delivery_id == deliveries.c.id,
        attempts.c.kind == "find",
        attempts.c.number > _LAST_SENT,
    )
    .scalar_subquery()
)
"""How many questions about a delivery were asked since it was last sent."""
_QUERIES_UNENDED = (
    sa.select(sa.func.count())
    .where(
        attempts.c.delivery_id == deliveries.c.id,
        attempts.c.kind == "find",
        attempts.c.finished_at.is_(None),
    )
    .where(attempts.c.number > _LAST_SENT)
    .scalar_subquery()
)
"""How many of them never ended."""
# Cheap filter first: deliveries with fewer queries than ISOLATE_FROM in all need no subquery.
_QUERY_ALONE = sa.and_(
    deliveries.c.attempts - deliveries.c.counted >= ISOLATE_FROM, _QUERIES_UNENDED >= ISOLATE_FROM
)
_QUERY_BESIDE = sa.or_(
    deliveries.c.attempts - deliveries.c.counted < ISOLATE_FROM, _QUERIES_UNENDED < ISOLATE_FROM
)
_DOUBTFUL = Compiled(
    sa.select(deliveries.c.id)
    .where(
        deliveries.c.state == sa.literal_column("'ambiguous'"),
        UNSETTLED,
        deliveries.c.next_attempt_at <= sa.bindparam("now"),
    )
    .where(unindexed(deliveries.c.destination) == sa.bindparam("to"))
    .limit(sa.literal_column("1"))
)


def is_doubtful(tx: Tx, destination: str, *, now: datetime) -> bool:
    """Tell whether `reserve_doubtful` would find anything to ask about, alone or beside others."""
    return bool(_DOUBTFUL.all(tx, {"now": now, "to": destination}))


def reserve_doubtful(
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
    statement = _RESERVE_ALONE if alone else _RESERVE_BESIDE
    values = {"to": destination, "now": now, "again_at": again_at, "most": limit}
    return with_bodies(tx, statement.all(tx, values))


def _reserving(how: sa.ColumnElement[bool]) -> Compiled:
    doubtful = sa.and_(
        unindexed(deliveries.c.destination) == sa.bindparam("to"),
        deliveries.c.state == S.AMBIGUOUS.value,
        deliveries.c.next_attempt_at <= sa.bindparam("now"),
    )

    def statement(dialect: str) -> ReturningUpdate[Any]:
        chosen = foremost(dialect, sa.and_(doubtful, how), deliveries.c.next_attempt_at)
        reserved = sa.update(deliveries).where(chosen, checked(doubtful))
        values = {
            "next_attempt_at": sa.bindparam("again_at"),
            "attempts": deliveries.c.attempts + 1,
        }
        return reserved.values(values).returning(
            deliveries.c.id,
            deliveries.c.message_id,
            deliveries.c.lane,
            deliveries.c.attempts,
            deliveries.c.counted,
            deliveries.c.deadline,
            deliveries.c.created_at,
        )

    return Compiled(statement)


_RESERVE_ALONE, _RESERVE_BESIDE = _reserving(_QUERY_ALONE), _reserving(_QUERY_BESIDE)


def queries_unanswered(tx: Tx, id: int) -> int:
    """Return how many questions about a delivery were asked since it was last sent."""
    return int(_QUERIES_OF.scalars(tx, {"d": id})[0])


def queries_unended(tx: Tx, id: int) -> int:
    """Return how many questions about a delivery since it was last sent never ended."""
    lost: int = tx.execute(sa.select(_QUERIES_UNENDED).where(deliveries.c.id == id)).scalar_one()
    return lost


def query_later(tx: Tx, id: int, *, when: datetime) -> None:
    """Ask about an ambiguous delivery at `when`: now the partner gave no answer."""
    _QUERY_LATER.run(tx, {"d": id, "at": when})


def query_now(tx: Tx, message_id: str, destination: str, *, now: datetime) -> None:
    """Ask at once about an ambiguous delivery of a message: there is news of it."""
    here = sa.and_(
        deliveries.c.message_id == message_id,
        deliveries.c.destination == destination,
        deliveries.c.state == S.AMBIGUOUS.value,
        deliveries.c.settled_at.is_(None),
    )
    tx.execute(sa.update(deliveries).where(here).values(next_attempt_at=now))


def unknown_effect(tx: Tx, id: int) -> UnknownEffect:
    """Return what is known of the unknown effect of a delivery."""
    row = _DOUBT.one(tx, {"d": id})
    exists = row.code == EXISTS_UNSEEN
    return UnknownEffect(
        since=row.doubtful_since, absent_at=row.absent_at, reported_existing=exists
    )


def require_call_over(tx: Tx, id: int, *, now: datetime) -> None:
    """Raise StateConflict while the partner may be at work on the call of an ambiguous delivery.

    What a person saw there before proves nothing. A printer is in the room: it is seen at work.
    """
    query = sa.select(deliveries.c.doubtful_since).where(
        deliveries.c.id == id,
        deliveries.c.state == S.AMBIGUOUS.value,
        deliveries.c.destination != catalog.DEVICES,
        deliveries.c.doubtful_since > now - PERSON_WAITS,
    )
    since = tx.execute(query).scalar()
    if since is not None:
        until = f"{not_before(since + PERSON_WAITS):%H:%M:%S}"
        raise StateConflict(both("deliveries.may_be_at_work", id=id, until=until))


def query_once_more(
    tx: Tx, id: int, *, when: datetime, absent_at: datetime | None, now: datetime
) -> None:
    """Ask about an ambiguous delivery at `when`: the answer alone is no proof.

    `absent_at`: when the first question was asked whose "not there" counts, None while none does.
    What was never written down is counted as doubtful since `now`.
    """
    _QUERY_ONCE_MORE.run(tx, {"d": id, "at": when, "first_absent": absent_at, "now": now})


def delivered_of(
    tx: Tx, destination: str, lane: str, *, besides: int, limit: int = 500
) -> list[bytes]:
    """Return the wire forms of what was delivered of a lane, the newest `limit`, in its order."""
    values = {"lane": lane, "to": destination, "besides": besides, "most": limit}
    return _DELIVERED_OF.scalars(tx, values)[::-1]


_DELIVERED_OF = Compiled(
    sa.select(journal.c.body)
    .join(deliveries, deliveries.c.message_id == journal.c.id)
    .where(
        deliveries.c.lane == sa.bindparam("lane"),
        unindexed(deliveries.c.destination) == sa.bindparam("to"),
        unindexed(deliveries.c.state) == S.DELIVERED.value,
        deliveries.c.id != sa.bindparam("besides"),
    )
    .order_by(position().desc(), deliveries.c.id.desc())
    .limit(sa.bindparam("most"))
)
_QUERIES_OF = Compiled(
    sa.select(QUERIES.label("queries")).where(deliveries.c.id == sa.bindparam("d"))
)
_DOUBT = Compiled(
    sa.select(deliveries.c.doubtful_since, deliveries.c.absent_at, deliveries.c.code).where(
        deliveries.c.id == sa.bindparam("d")
    )
)
_QUERY_LATER = Compiled(
    sa.update(deliveries).where(in_doubt("d")).values(next_attempt_at=sa.bindparam("at"))
)
_QUERY_ONCE_MORE = Compiled(
    sa.update(deliveries)
    .where(in_doubt("d"))
    .values(
        next_attempt_at=sa.bindparam("at"),
        absent_at=sa.bindparam("first_absent"),
        doubtful_since=sa.func.coalesce(deliveries.c.doubtful_since, sa.bindparam("now")),
    )
)
