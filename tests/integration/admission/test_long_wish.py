"""A partner that asks to be called tomorrow: not called after an hour, and everybody can see it."""

from datetime import timedelta

import pytest

from hub.broker.memory import MemoryBroker
from hub.rules.failures.errors import TransientFailure
from hub.store.deliveries import pauses
from hub.store.engine.store import Store
from tests.support.partners.partner import Partner
from tests.support.works import now, step, working

DAY = timedelta(days=1)


@pytest.fixture
def store(sqlite_store: Store) -> Store:
    """An empty SQLite store."""
    return sqlite_store


def test_a_wish_of_a_day_pauses_the_operation_and_is_shown(store: Store) -> None:
    """One call; the rest waits without an attempt; `hub partners pauses` and a restart know
    until when."""
    busy = TransientFailure("partner_busy", "HTTP 503", retry_after=DAY)

    def shown() -> list[pauses.ListedPause]:
        with store.read() as tx:
            return pauses.listed(tx, now=now())

    broker, partner = MemoryBroker(), Partner([busy] * 100, concurrency=1)
    begun = now()
    with working(store, broker, partner) as works:
        works.emit(*(step(n, 1) for n in range(20)))
        works.wait(lambda states: "sending" not in states and bool(shown()))
    (standing,) = shown()
    assert standing.pause.until >= begun + DAY
    assert standing.waiting == 20
    assert partner.calls == 1
    broker.close()
    broker = MemoryBroker()
    with working(store, broker, partner) as works:
        works.emit(step(99, 1))
        works.wait(lambda states: sum(states.values()) == 21)
    assert partner.calls == 1
    assert [it.pause.until for it in shown()] == [standing.pause.until]
    broker.close()
