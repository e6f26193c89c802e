"""Deadline alerts: tasks about deliveries whose dossier is due soon, one for a delivery, ever.

Only what heads its lane is looked at: what is held behind it cannot be handed over before it.
"""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from hub.rules.deliveries.states import DeliveryState as S
from hub.store.engine.store import Tx
from hub.store.repair.replies.unproven_effects import IS_LAST_QUESTION, last
from hub.store.schema.tables.exchange import OPEN_IN_LANE, deliveries
from hub.store.schema.tables.records import dossiers
from hub.store.schema.tables.repair import tasks

KIND = "deadline_near"
_DUE = sa.func.coalesce(dossiers.c.due_at, deliveries.c.deadline, type_=deliveries.c.deadline.type)
_WITH_DOSSIER = deliveries.outerjoin(dossiers, dossiers.c.number == deliveries.c.lane)
_IS_OPEN = sa.and_(tasks.c.kind == KIND, tasks.c.closed_at.is_(None))
_SETTLED = sa.exists().where(
    deliveries.c.id == tasks.c.delivery_id, deliveries.c.settled_at.is_not(None)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """A delivery that is not settled and whose dossier is due soon."""

    id: int
    destination: str
    number: str
    state: S
    code: str
    """Of the last call or question that failed."""
    due_at: datetime
    paused_since: datetime | None
    """Since when the dossier waits for papers and its clock stands."""


def near(tx: Tx, *, due_by: datetime, stuck_since: datetime, limit: int = 500) -> list[Near]:
    """Return deliveries without an alert that are due by then and do not move, most urgent first.

    Not moving: dead, or opened before `stuck_since` and still waiting or in doubt, or asked for
    before it and not taken up.
    """
    reported = sa.exists().where(tasks.c.kind == KIND, tasks.c.delivery_id == deliveries.c.id)
    query = (
        sa.select(
            deliveries.c.id,
            deliveries.c.destination,
            deliveries.c.lane,
            deliveries.c.state,
            _DUE.label("due_at"),
        )
        .add_columns(
            dossiers.c.supplement_since,
            sa.func.coalesce(last.c.code, deliveries.c.code).label("code"),
        )
        .select_from(_WITH_DOSSIER.outerjoin(last, IS_LAST_QUESTION))
        .where(OPEN_IN_LANE, _unmoved(stuck_since), due_by >= _DUE, ~reported)
        .order_by(_DUE, deliveries.c.id)
    )
    return [
        Near(
            id=row.id,
            destination=row.destination,
            number=row.lane,
            state=S(row.state),
            code=row.code or "",
            due_at=row.due_at,
            paused_since=row.supplement_since,
        )
        for row in tx.execute(query.limit(limit))
    ]


def _unmoved(stuck_since: datetime) -> sa.ColumnElement[bool]:
    old = deliveries.c.created_at <= stuck_since
    return sa.or_(
        deliveries.c.state == S.DEAD.value,
        sa.and_(deliveries.c.state.in_([S.WAITING.value, S.AMBIGUOUS.value]), old),
        sa.and_(
            deliveries.c.state == S.PENDING.value,
            sa.func.coalesce(
                deliveries.c.asked_at, deliveries.c.created_at, type_=deliveries.c.asked_at.type
            )
            <= stuck_since,
        ),
    )


def some_settled(tx: Tx) -> bool:
    """Tell whether an alert is open whose delivery has been settled."""
    return tx.execute(sa.select(sa.exists().where(_IS_OPEN, _SETTLED))).scalar_one()


def close_settled(tx: Tx, now: datetime) -> int:
    """Close the alerts whose delivery has been settled, however; return how many."""
    how = (
        sa.select(deliveries.c.state)
        .where(deliveries.c.id == tasks.c.delivery_id)
        .scalar_subquery()
    )
    values = {"closed_at": now, "closed_by": "hub", "closed_why": how}
    return tx.execute(sa.update(tasks).where(_IS_OPEN, _SETTLED).values(values)).rowcount


def count(tx: Tx) -> int:
    """Return the number of open alerts."""
    return tx.execute(sa.select(sa.func.count()).select_from(tasks).where(_IS_OPEN)).scalar_one()


def listing(tx: Tx, limit: int = 100) -> list[tuple[int, str, str, str, datetime]]:
    """Return what has an open alert: delivery, partner, dossier, state, due now; urgent first."""
    query = (
        sa.select(
            deliveries.c.id,
            deliveries.c.destination,
            deliveries.c.lane,
            deliveries.c.state,
            _DUE.label("due_at"),
        )
        .select_from(_WITH_DOSSIER.join(tasks, tasks.c.delivery_id == deliveries.c.id))
        .where(_IS_OPEN)
        .order_by(_DUE, deliveries.c.id)
    )
    rows = tx.execute(query.limit(limit))
    return [(row.id, row.destination, row.lane, row.state, row.due_at) for row in rows]
