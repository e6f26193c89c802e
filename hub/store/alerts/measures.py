"""What alerts measure in the store: the cost depends on what is open, never on what was done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from hub.rules.deliveries.states import DeliveryState as S
from hub.rules.failures.errors import STORED_DEFERRED
from hub.store.engine.store import Tx
from hub.store.repair import deadline_alerts
from hub.store.schema.tables.exchange import UNSETTLED, attempts, deliveries
from hub.store.schema.tables.records import dossiers
from hub.store.schema.tables.repair import tasks

_HUBS_WORK = (S.PENDING.value, S.WAITING.value, S.SENDING.value)
MOST_CALLS = 2000
"""Of the last calls, at most so many are looked at."""
_DUE = sa.func.coalesce(dossiers.c.due_at, deliveries.c.deadline, type_=deliveries.c.deadline.type)


def oldest_open(tx: Tx) -> dict[str, datetime]:
    """Return since when the oldest delivery waits that the hub still has to send, by destination.

    What is held behind another is not counted: that one is.
    """
    query = sa.select(deliveries.c.destination, sa.func.min(deliveries.c.created_at)).where(
        UNSETTLED, deliveries.c.state.in_(_HUBS_WORK)
    )
    rows = tx.execute(query.group_by(deliveries.c.destination))
    return {row[0]: row[1] for row in rows}


@dataclass(frozen=True, slots=True)
class CallCounts:
    """How many of the last calls of a destination there were, and how many failed."""

    made: int
    failed: int


def last_calls(tx: Tx, *, since: datetime) -> dict[str, CallCounts]:
    """Return how the calls ended that began after a time, by destination."""
    newest = tx.execute(sa.select(sa.func.max(attempts.c.id))).scalar() or 0
    bad = sa.case((attempts.c.code.is_(None), 0), else_=1)
    query = (
        sa.select(deliveries.c.destination, sa.func.count(), sa.func.sum(bad))
        .join(deliveries, deliveries.c.id == attempts.c.delivery_id)
        .where(
            attempts.c.id > newest - MOST_CALLS,
            attempts.c.kind == "send",
            attempts.c.finished_at.is_not(None),
            attempts.c.started_at > since,
            attempts.c.outcome.not_in(sorted(STORED_DEFERRED)),
        )
    )
    rows = tx.execute(query.group_by(deliveries.c.destination))
    return {destination: CallCounts(made, int(bad or 0)) for destination, made, bad in rows}


def due(tx: Tx, *, now: datetime) -> dict[str, tuple[int, int]]:
    """Return by destination how many deliveries with an open alert are due soon, and were due."""
    passed = sa.case((now > _DUE, 1), else_=0)
    query = (
        sa.select(deliveries.c.destination, sa.func.count(), sa.func.sum(passed))
        .select_from(
            tasks.join(deliveries, deliveries.c.id == tasks.c.delivery_id).outerjoin(
                dossiers, dossiers.c.number == deliveries.c.lane
            )
        )
        .where(tasks.c.kind == deadline_alerts.KIND, tasks.c.closed_at.is_(None))
    )
    rows = tx.execute(query.group_by(deliveries.c.destination))
    return {name: (count - int(late or 0), int(late or 0)) for name, count, late in rows}


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskMeasure:
    """An open task, as far as alerts need it."""

    kind: str
    subject: str
    destination: str
    owner: str
    due_at: datetime | None


def open_tasks(tx: Tx, kinds: Sequence[str], *, limit: int = 500) -> list[TaskMeasure]:
    """Return the open tasks of some kinds."""
    query = sa.select(*(tasks.c[name] for name in TaskMeasure.__slots__))
    query = query.where(tasks.c.kind.in_(kinds), tasks.c.closed_at.is_(None))
    rows = tx.execute(query.order_by(tasks.c.number).limit(limit))
    return [TaskMeasure(**row) for row in rows.mappings()]


def overdue(tx: Tx, *, now: datetime) -> dict[str, int]:
    """Return how many open tasks are past their due time, by owner; without those of deadlines."""
    query = sa.select(tasks.c.owner, sa.func.count()).where(
        tasks.c.closed_at.is_(None),
        tasks.c.due_at < now,
        tasks.c.kind != deadline_alerts.KIND,
    )
    rows = tx.execute(query.group_by(tasks.c.owner))
    return {row[0]: row[1] for row in rows}
