"""Deliveries whose effect is unknown: since when, what was answered so far, what is beside them.

Each function is one statement, found by the delivery's number or by its lane.
"""

from datetime import datetime

import sqlalchemy as sa

from hub.rules.absence import Standing
from hub.rules.failures.errors import SAID_TO_EXIST
from hub.rules.states import DeliveryState as S
from hub.store.deliveries.delivery_statements import in_doubt, position
from hub.store.engine.store import Tx
from hub.store.schema.tables import deliveries, journal
from hub.store.statements.plan_hints import unindexed

c = deliveries.c


def standing(tx: Tx, id: int) -> Standing:
    """Return what is known of the unknown effect of a delivery."""
    query = sa.select(c.doubtful_since, c.absent_at, c.code).where(c.id == id)
    row = tx.execute(query).one()
    exists = row.code == SAID_TO_EXIST
    return Standing(since=row.doubtful_since, absent_at=row.absent_at, said_to_exist=exists)


def query_once_more(
    tx: Tx, id: int, *, when: datetime, absent_at: datetime | None, now: datetime
) -> None:
    """Ask about an ambiguous delivery at `when`: the answer alone is no proof.

    `absent_at`: when the first question was asked whose "not there" counts, None while none does.
    What was never written down is counted as doubtful since `now`.
    """
    since = sa.func.coalesce(c.doubtful_since, sa.literal(now, c.doubtful_since.type))
    values = {"next_attempt_at": when, "absent_at": absent_at, "doubtful_since": since}
    tx.execute(sa.update(deliveries).where(in_doubt(id)).values(values))


def delivered_of(
    tx: Tx, destination: str, lane: str, *, besides: int, limit: int = 500
) -> list[bytes]:
    """Return the wire forms of what was delivered of a lane, the newest `limit`, in its order."""
    query = (
        sa.select(journal.c.body)
        .join(deliveries, deliveries.c.message_id == journal.c.id)
        .where(c.lane == lane, unindexed(c.destination) == destination)
        .where(unindexed(c.state) == S.DELIVERED.value, c.id != besides)
        .order_by(position().desc(), c.id.desc())
        .limit(limit)
    )
    return list(reversed(tx.execute(query).scalars().all()))
