"""A partner that is down is left alone, and taken up again by itself."""

from datetime import timedelta

import pytest

from hub.broker.memory import MemoryBroker
from hub.messages import queues
from hub.rules.calls import circuit
from hub.store.deliveries import pauses
from hub.store.engine.store import Store
from tests.support.partners.partner import DOWN, Partner
from tests.support.works import now, step, working

LONG_PAUSES = circuit.CircuitPolicy(first_pause=timedelta(minutes=5), width=4)


@pytest.fixture
def store(sqlite_store: Store) -> Store:
    """An empty SQLite store."""
    return sqlite_store


def test_a_partner_that_is_down_is_called_a_few_times_and_then_left_alone(store: Store) -> None:
    """Calls end with those under way when the circuit opens; the rest stays ready in the queue."""
    broker, partner = MemoryBroker(), Partner([DOWN] * 1000, concurrency=4)
    with working(store, broker, partner, policy=LONG_PAUSES) as works:
        works.emit(*(step(n, 1) for n in range(200)))

        def shown() -> list[pauses.ListedPause]:
            with store.read() as tx:
                return pauses.listed(tx, now=now())

        works.wait(lambda states: "sending" not in states and len(shown()) == 2)
        assert 5 <= partner.calls <= 5 + 4
        assert broker.depth(queues.deliver_queue(partner.name)) >= 100
        assert {it.pause.operation for it in shown()} == set(partner.traits.accepts)
        assert sum(it.waiting for it in shown()) == 200
    broker.close()


def test_when_the_partner_is_back_everything_goes_out_once(store: Store) -> None:
    """Trial, ramp, all delivered, none doubled, and no pause is left."""
    broker, partner = MemoryBroker(), Partner([DOWN] * 12, concurrency=4)
    with working(store, broker, partner) as works:
        works.emit(*(step(n, 1) for n in range(200)))
        works.wait_delivered(200)
    assert (partner.doubled(), len(partner.ledger)) == (0, 200)
    broker.close()
