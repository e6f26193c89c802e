"""What the information display shows of the dossiers: results that are ready, promises that were
not kept. Numbers only; who reads it masks them."""

from datetime import datetime

import sqlalchemy as sa

from hub.store.engine.store import Tx
from hub.store.schema.tables.records import READY, UNDER_WAY, dossiers


def ready(tx: Tx, *, limit: int) -> list[str]:
    """Return the dossiers whose result waits to be collected, the latest first."""
    query = sa.select(dossiers.c.number).where(READY).order_by(dossiers.c.status_at.desc())
    return list(tx.execute(query.limit(limit)).scalars())


def late(tx: Tx, *, now: datetime, limit: int) -> list[tuple[str, datetime]]:
    """Return the dossiers under way whose due date is past, and that date; the latest first."""
    columns = dossiers.c.number, dossiers.c.due_at
    query = sa.select(*columns).where(UNDER_WAY, dossiers.c.due_at < now)
    rows = tx.execute(query.order_by(dossiers.c.due_at.desc()).limit(limit))
    return [(row.number, row.due_at) for row in rows]
