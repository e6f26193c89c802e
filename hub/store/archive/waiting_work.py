"""Whether deliveries wait to be sent just now, so that archiving has to give way."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from hub.rules.deliveries.states import DeliveryState as S
from hub.store.deliveries import pauses
from hub.store.engine.store import Tx
from hub.store.schema.tables.exchange import UNSETTLED, deliveries

LATE, HOPELESS, OLD = timedelta(seconds=1), timedelta(minutes=5), timedelta(hours=1)
"""Work that is younger than the first is on its way. What is older than the second, or was made
longer ago than the third and is asked for again and again, does not wait for us, but for a partner
that is not connected, or for a process that does not run."""


def work_waits(tx: Tx, *, now: datetime) -> bool:
    """Tell whether a delivery is late: due for more than a second and less than five minutes.

    What its partner's pause keeps back is not late, nor is what was made an hour ago and never
    sent.
    """
    late, hopeless = now - LATE, now - HOPELESS
    pending = sa.and_(
        deliveries.c.state == S.PENDING.value,
        deliveries.c.asked_at.between(hopeless, late),
        deliveries.c.created_at > now - OLD,
    )
    due = sa.and_(
        deliveries.c.state == S.WAITING.value, deliveries.c.next_attempt_at.between(hopeless, late)
    )
    query = sa.select(deliveries.c.id).where(UNSETTLED, ~pauses.is_paused(now))
    return any(tx.execute(query.where(it).limit(1)).first() for it in (pending, due))
