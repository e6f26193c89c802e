"""Tasks about a partner that cannot be called until a person does something; one a fault code."""

from datetime import datetime

import sqlalchemy as sa

from hub.rules.actors import BY_HUB
from hub.rules.calls.circuit import Phase
from hub.store.engine.store import Tx
from hub.store.repair.tasks import GONE
from hub.store.schema.tables.exchange import UNSETTLED, deliveries, pauses
from hub.store.schema.tables.repair import tasks
from hub.store.statements.plan_hints import unindexed

KIND = "partner_access"
"""As the last release stored it."""


def close_gone(tx: Tx, destination: str, *, now: datetime) -> int:
    """Close those with whose code nothing is paused and no delivery waits; return how many."""
    mine = (tasks.c.kind == KIND, tasks.c.destination == destination, tasks.c.closed_at.is_(None))
    found = [row.subject for row in tx.execute(sa.select(tasks.c.subject).where(*mine))]
    gone = [code for code in found if not stands(tx, destination, code, now=now)]
    if not gone:
        return 0
    closing = sa.update(tasks).where(*mine, tasks.c.subject.in_(gone))
    closing = closing.values(closed_at=now, closed_by=BY_HUB, closed_why=GONE)
    return tx.execute(closing).rowcount


def partners(tx: Tx) -> list[str]:
    """Return the partners that have such a task open."""
    query = (
        sa.select(tasks.c.destination)
        .where(tasks.c.kind == KIND, tasks.c.closed_at.is_(None))
        .distinct()
    )
    return list(tx.execute(query.order_by(tasks.c.destination)).scalars())


def stands(tx: Tx, destination: str, code: str, *, now: datetime) -> bool:
    """Tell whether an operation is paused with this code, or a delivery waits with it."""
    paused = sa.exists().where(
        pauses.c.destination == destination,
        pauses.c.code == code,
        pauses.c.phase != Phase.RAMPING.value,
        pauses.c.expires_at > now,
    )
    waits = sa.exists().where(
        unindexed(deliveries.c.destination) == destination,
        unindexed(deliveries.c.code) == code,
        UNSETTLED,
    )
    return bool(tx.execute(sa.select(sa.or_(paused, waits))).scalar_one())
