"""Deadline alerts: tasks about deliveries whose dossier is due soon, one for a delivery, ever.

Only what heads its lane is looked at: what is held behind it cannot be handed over before it.
"""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from hub.rules.states import DeliveryState as S
from hub.store.engine.store import Tx
from hub.store.repair.unproven_effects import IS_LAST_QUESTION, last
from hub.store.schema.tables.exchange import OPEN_IN_LANE, deliveries
from hub.store.schema.tables.records import dossiers
from hub.store.schema.tables.repair import tasks

KIND = "deadline_near"
c, t = deliveries.c, tasks.c
_DUE = sa.func.coalesce(dossiers.c.due_at, c.deadline, type_=c.deadline.type)
_WITH_DOSSIER = deliveries.outerjoin(dossiers, dossiers.c.number == c.lane)
_IS_OPEN = sa.and_(t.kind == KIND, t.closed_at.is_(None))
_SETTLED = sa.exists().where(c.id == t.delivery_id, c.settled_at.is_not(None))


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
    old = c.created_at <= stuck_since
    unmoved = sa.or_(
        c.state == S.DEAD.value,
        sa.and_(c.state.in_([S.WAITING.value, S.AMBIGUOUS.value]), old),
        sa.and_(
            c.state == S.PENDING.value,
            sa.func.coalesce(c.asked_at, c.created_at, type_=c.asked_at.type) <= stuck_since,
        ),
    )
    told = sa.exists().where(t.kind == KIND, t.delivery_id == c.id)
    query = (
        sa.select(c.id, c.destination, c.lane, c.state, _DUE.label("due_at"))
        .add_columns(
            dossiers.c.supplement_since, sa.func.coalesce(last.c.code, c.code).label("code")
        )
        .select_from(_WITH_DOSSIER.outerjoin(last, IS_LAST_QUESTION))
        .where(OPEN_IN_LANE, unmoved, due_by >= _DUE, ~told)
        .order_by(_DUE, c.id)
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


def some_settled(tx: Tx) -> bool:
    """Tell whether an alert is open whose delivery has been settled."""
    return tx.execute(sa.select(sa.exists().where(_IS_OPEN, _SETTLED))).scalar_one()


def close_settled(tx: Tx, now: datetime) -> int:
    """Close the alerts whose delivery has been settled, however; return how many."""
    how = sa.select(c.state).where(c.id == t.delivery_id).scalar_subquery()
    values = {"closed_at": now, "closed_by": "hub", "closed_why": how}
    return tx.execute(sa.update(tasks).where(_IS_OPEN, _SETTLED).values(values)).rowcount


def count(tx: Tx) -> int:
    """Return the number of open alerts."""
    return tx.execute(sa.select(sa.func.count()).select_from(tasks).where(_IS_OPEN)).scalar_one()


def listing(tx: Tx, limit: int = 100) -> list[tuple[int, str, str, str, datetime]]:
    """Return what has an open alert: delivery, partner, dossier, state, due now; urgent first."""
    query = (
        sa.select(c.id, c.destination, c.lane, c.state, _DUE.label("due_at"))
        .select_from(_WITH_DOSSIER.join(tasks, t.delivery_id == c.id))
        .where(_IS_OPEN)
        .order_by(_DUE, c.id)
    )
    rows = tx.execute(query.limit(limit))
    return [(row.id, row.destination, row.lane, row.state, row.due_at) for row in rows]
