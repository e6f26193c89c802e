"""What is due soon among the deliveries whose work messages still lie in a queue.

A queue knows no priority: after an outage ten thousand work messages may stand before the one that
is due today. These queries find it; `hub/exchange/admission/priority.py` lets it pass.
"""

from collections.abc import Collection
from datetime import datetime

import msgspec
import sqlalchemy as sa

from hub.rules.deliveries.states import DeliveryState as S
from hub.store.engine.store import Tx
from hub.store.schema.tables.exchange import UNSETTLED, deliveries
from hub.store.statements.plan_hints import checked, unindexed


class Due(msgspec.Struct, frozen=True):
    """A delivery that was enqueued and is not sent."""

    id: int
    type: str
    deadline: datetime | None


def due_before(
    tx: Tx, destination: str, *, before: datetime, but: Collection[int], limit: int
) -> list[Due]:
    """Return what is due before a time and still waits in the queue, first what is due first."""
    query = (
        sa.select(deliveries.c.id, deliveries.c.type, deliveries.c.deadline)
        .where(
            deliveries.c.state == S.PENDING.value,
            UNSETTLED,
            unindexed(deliveries.c.destination) == destination,
        )
        .where(
            deliveries.c.asked_at.is_not(None),
            deliveries.c.deadline < before,
            deliveries.c.id.not_in(list(but)),
        )
        .order_by(deliveries.c.deadline, deliveries.c.id)
        .limit(limit)
    )
    return [Due(*row) for row in tx.execute(query)]


def unsent(tx: Tx, ids: Collection[int]) -> dict[int, Due]:
    """Return those of the deliveries that are still to be sent, by number."""
    query = sa.select(deliveries.c.id, deliveries.c.type, deliveries.c.deadline).where(
        deliveries.c.id.in_(list(ids)),
        checked(deliveries.c.state.in_([S.PENDING.value, S.WAITING.value])),
    )
    return {row.id: Due(*row) for row in tx.execute(query)}
