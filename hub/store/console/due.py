"""Dossiers that are due soon and whose deliveries do not move, in the order of their due dates."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from hub.rules.users.scope import Scope
from hub.store.console.scope import within
from hub.store.engine.store import Tx
from hub.store.repair.deadline_alerts import KIND
from hub.store.schema.tables.exchange import deliveries
from hub.store.schema.tables.records import dossiers
from hub.store.schema.tables.repair import tasks


@dataclass(frozen=True, slots=True, kw_only=True)
class DueDelivery:
    """A delivery whose dossier is due soon, or was."""

    delivery: int
    destination: str
    number: str
    state: str
    due_at: datetime


def due_soon(tx: Tx, scope: Scope, limit: int = 20) -> list[DueDelivery]:
    """Return what has an open alert, most urgent first."""
    query = (
        sa.select(deliveries.c.id, deliveries.c.destination, deliveries.c.lane)
        .add_columns(deliveries.c.state, dossiers.c.due_at)
        .select_from(
            tasks.join(deliveries, deliveries.c.id == tasks.c.delivery_id).join(
                dossiers, dossiers.c.number == deliveries.c.lane
            )
        )
        .where(tasks.c.kind == KIND, tasks.c.closed_at.is_(None), *within(scope))
        .order_by(dossiers.c.due_at, deliveries.c.id)
    )
    return [
        DueDelivery(
            delivery=row.id,
            destination=row.destination,
            number=row.lane,
            state=row.state,
            due_at=row.due_at,
        )
        for row in tx.execute(query.limit(limit))
    ]
