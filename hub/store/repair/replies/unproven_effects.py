"""Effects that asking could not settle: what was answered last, and the tasks about them.

One task for a dossier and partner; it goes when the delivery is not left to a person any more.
"""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from hub.rules.deliveries.states import DeliveryState as S
from hub.store.engine.store import Tx
from hub.store.schema.tables.exchange import OPEN_IN_LANE, UNSETTLED, attempts, deliveries
from hub.store.schema.tables.repair import tasks
from hub.store.statements.compiled import Compiled

KIND = "effect_unproven"
last = attempts.alias("last")
"""The last attempt of a delivery that ended. Trap: named as the table itself it would be taken for
the attempts of every subquery about them."""
_ended = attempts.alias("ended")
_LAST_ENDED = (
    sa.select(sa.func.max(_ended.c.number))
    .where(_ended.c.delivery_id == deliveries.c.id, _ended.c.finished_at.is_not(None))
    .correlate(deliveries)
    .scalar_subquery()
)
IS_LAST_QUESTION = sa.and_(
    last.c.delivery_id == deliveries.c.id, last.c.number == _LAST_ENDED, last.c.kind == "find"
)
"""The condition of a join with `last`: only where it was a question."""
_IS_LEFT = sa.and_(deliveries.c.state == S.AMBIGUOUS.value, deliveries.c.next_attempt_at.is_(None))
_LEFT_IN_LANE = (
    sa.select(deliveries.c.id)
    .where(
        deliveries.c.destination == tasks.c.destination,
        deliveries.c.lane == tasks.c.subject,
        OPEN_IN_LANE,
        _IS_LEFT,
    )
    .limit(1)
    .correlate(tasks)
    .scalar_subquery()
)
NEEDLESS = sa.and_(tasks.c.kind == KIND, tasks.c.closed_at.is_(None), _LEFT_IN_LANE.is_(None))
"""The condition that a task is open whose delivery is not left to a person any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """A delivery whose effect a person has to find out."""

    id: int
    destination: str
    number: str
    detail: str
    differs: str
    """The partner's names of the fields that are not as sent, "" where none is known."""


def untold(tx: Tx, limit: int = 100) -> list[Left]:
    """Return the deliveries that are left to a person and have no task.

    One whose task a person closed has it behind it, until the delivery is sent again.
    """
    return [
        Left(
            id=row.id,
            destination=row.destination,
            number=row.lane,
            detail=row.detail or "",
            differs=row.differs or "",
        )
        for row in _UNTOLD.all(tx, {"most": limit})
    ]


def _untold() -> sa.Select[Any]:
    closed = sa.or_(tasks.c.closed_at.is_(None), tasks.c.closed_at >= deliveries.c.doubtful_since)
    reported = sa.exists().where(
        tasks.c.kind == KIND,
        tasks.c.destination == deliveries.c.destination,
        tasks.c.subject == deliveries.c.lane,
        closed,
    )
    query = (
        sa.select(
            deliveries.c.id,
            deliveries.c.destination,
            deliveries.c.lane,
            deliveries.c.detail,
            last.c.differs,
        )
        .select_from(deliveries.outerjoin(last, IS_LAST_QUESTION))
        .where(_IS_LEFT, UNSETTLED, deliveries.c.lane != "", ~reported)
        .order_by(deliveries.c.id)
    )
    return query.limit(sa.bindparam("most"))


_UNTOLD = Compiled(_untold())
