"""The newest message that a partner has: what the doctor looks up there."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from hub.broker.memory import MemoryBroker
from hub.messages.envelope import decode_stored
from hub.rules.deliveries.states import DeliveryState as S
from hub.store.deliveries.lately_delivered import lately_delivered
from hub.store.engine.store import Store
from hub.store.schema.tables.exchange import handovers
from tests.support.partners.partner import REFUSES, Partner
from tests.support.works import now, record, step, working

DOSSIER, STEP = "province.dossier", "province.progress"


def newest(store: Store, before: datetime, *types: str, partner: str = "provincial") -> str | None:
    """Return the id of the message that is found."""
    with store.read() as tx:
        body = lately_delivered(tx, partner, types=types or (DOSSIER, STEP), before=before)
    return None if body is None else decode_stored(body).id


def test_nothing_is_looked_up_where_nothing_was_delivered(store: Store) -> None:
    """A new installation."""
    assert newest(store, now()) is None


def test_the_newest_delivered_message_that_is_old_enough_is_looked_up(store: Store) -> None:
    """Not one that was refused, not one of another type or partner, not one that is too young."""
    partner = Partner()
    with working(store, MemoryBroker(), partner) as works:
        for n in (1, 2):
            works.emit(record(n, 1))
            works.wait_delivered(n)
        works.emit(step(1, 2))
        works.wait_delivered(3)
        partner.goes_wrong(REFUSES)
        works.emit(record(3, 1))
        works.wait(lambda states: states == {S.DELIVERED: 3, S.DEAD: 1})
    later = now()
    with store.read() as tx:
        times = list(tx.execute(sa.select(handovers.c.answered_at).order_by(handovers.c.seq)))
    assert len(times) == 4
    assert newest(store, later) == "m-1-2"
    assert newest(store, later, DOSSIER) == "r-2-1"
    assert newest(store, times[1][0] - timedelta(microseconds=1)) == "r-1-1"
    assert newest(store, times[0][0] - timedelta(microseconds=1)) is None
    assert newest(store, later, partner="town_center") is None
