"""The newest message that a partner has: what a look-up at the partner must show."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from hub.store.engine.store import Tx
from hub.store.schema.tables.exchange import deliveries, handovers, journal

MOST_READ = 500
"""Calls from the newest such backwards; a partner that had none of these was not called lately."""


def lately_delivered(
    tx: Tx, partner: str, *, types: Sequence[str], before: datetime
) -> bytes | None:
    """Return the body of the newest message of these types that was delivered before, or None.

    Not one whose body has gone: an archived dossier, an erased one. `before` leaves the partner's
    look-up the time to show what was delivered.
    """
    recent = sa.select(
        handovers.c.seq, handovers.c.delivery_id, handovers.c.partner, handovers.c.outcome
    )
    recent = (
        recent.where(handovers.c.answered_at <= before)
        .order_by(handovers.c.seq.desc())
        .limit(MOST_READ)
    )
    last = recent.subquery()
    query = (
        sa.select(journal.c.body)
        .select_from(last)
        .join(deliveries, deliveries.c.id == last.c.delivery_id)
        .join(journal, journal.c.id == deliveries.c.message_id)
        .where(last.c.partner == partner, last.c.outcome == "delivered")
        .where(deliveries.c.type.in_(types), journal.c.body_hash.is_(None))
        .order_by(last.c.seq.desc())
        .limit(1)
    )
    body: bytes | None = tx.execute(query).scalar_one_or_none()
    return body
