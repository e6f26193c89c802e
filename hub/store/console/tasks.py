"""Open tasks for the console: the most urgent, and those about one dossier."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime

import sqlalchemy as sa

from hub.rules.users.scope import Scope
from hub.store.engine.store import Tx
from hub.store.schema.tables.records import dossiers
from hub.store.schema.tables.repair import tasks
from hub.texts import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class UrgentTask:
    """An open task with what it says."""

    number: int
    kind: str
    subject: str
    destination: str
    owner: str
    detail: Text
    repair: Text
    opened_at: datetime
    due_at: datetime | None


def most_urgent_tasks(
    tx: Tx, scope: Scope, *, but: Sequence[str] = (), limit: int = 50
) -> list[UrgentTask]:
    """Return open tasks in the order of their due time, without those of some kinds."""
    query = sa.select(*(tasks.c[it.name] for it in fields(UrgentTask)))
    query = query.where(tasks.c.closed_at.is_(None), tasks.c.kind.not_in(list(but)))
    if not scope.everything:
        query = query.where(_task_within(scope))
    query = query.order_by(tasks.c.due_at.is_(None), tasks.c.due_at, tasks.c.number)
    return [UrgentTask(**row) for row in tx.execute(query.limit(limit)).mappings()]


def _task_within(scope: Scope) -> sa.ColumnElement[bool]:
    """Return the condition that a task is about a partner, or a dossier, of the scope."""
    sector = sa.select(dossiers.c.sector).where(dossiers.c.number == tasks.c.subject)
    return sa.or_(
        tasks.c.destination.in_(sorted(scope.partners)),
        sector.scalar_subquery().in_(sorted(scope.sectors)),
    )


def of_subject(tx: Tx, subject: str, limit: int = 50) -> list[UrgentTask]:
    """Return the open tasks about a dossier, an operation or a client."""
    query = sa.select(*(tasks.c[it.name] for it in fields(UrgentTask)))
    query = query.where(tasks.c.subject == subject, tasks.c.closed_at.is_(None))
    rows = tx.execute(query.order_by(tasks.c.number).limit(limit)).mappings()
    return [UrgentTask(**row) for row in rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRow(UrgentTask):
    """A task, open or closed."""

    closed_at: datetime | None
    closed_by: str | None
    closed_why: str | None
    delivery_id: int | None


def numbered(tx: Tx, number: int) -> TaskRow | None:
    """Return a task by its number."""
    query = sa.select(*(tasks.c[it.name] for it in fields(TaskRow)))
    row = tx.execute(query.where(tasks.c.number == number)).mappings().one_or_none()
    return None if row is None else TaskRow(**row)
