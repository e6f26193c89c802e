"""The exchange on real services: PostgreSQL as store, RabbitMQ as broker, killed and emptied."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.broker.admin import declare
from hub.broker.rabbit.broker import RabbitBroker
from hub.broker.topology import TOPOLOGY
from hub.drill.sandbox.rabbit_node import PrivateRabbit
from hub.exchange.housekeeping.requeue import rebuild
from hub.store.engine.store import Store
from tests.support.partners.partner import BUSY, DOWN, DROPS_AFTER, DROPS_BEFORE, Partner
from tests.support.works import now, step, working

FAULTS = [DOWN, BUSY, DROPS_AFTER, DROPS_BEFORE]


@pytest.fixture
def node(tmp_path: Path) -> Iterator[PrivateRabbit]:
    """A node of this test's own, because the test kills it."""
    node = PrivateRabbit(tmp_path / "rabbit")
    node.start()
    declare.apply(TOPOLOGY, node.url, node.management_url)
    yield node
    node.stop()


@pytest.fixture
def broker(node: PrivateRabbit) -> Iterator[RabbitBroker]:
    """The hub's view of the node."""
    broker = RabbitBroker(node.url)
    yield broker
    broker.close()


@pytest.fixture
def store(postgres_store: Store) -> Store:
    """An empty PostgreSQL store."""
    return postgres_store


def test_many_dossiers_with_many_faults_on_postgresql_and_rabbitmq(
    store: Store, broker: RabbitBroker
) -> None:
    """60 dossiers of 5 steps with failing calls: none doubled, none overtaken, all there."""
    partner = Partner(FAULTS * 15, concurrency=8)
    with working(store, broker, partner) as works:
        for version in range(1, 6):
            works.emit(*(step(n, version) for n in range(60)))
        works.wait_delivered(300)
    assert (partner.doubled(), partner.overtaken(), len(partner.ledger)) == (0, 0, 300)


def test_the_broker_is_killed_in_the_middle(
    store: Store, node: PrivateRabbit, broker: RabbitBroker
) -> None:
    """SIGKILL while calls are under way; after the restart everything goes on by itself."""
    partner = Partner(concurrency=4)
    with working(store, broker, partner) as works:
        partner.gate.clear()
        works.emit(*(step(n, 1) for n in range(40)))
        partner.entered.acquire(timeout=20)
        node.kill()
        partner.gate.set()
        works.emit(*(step(n, 2) for n in range(40)))
        node.restart()
        works.wait_delivered(80)
    assert (partner.doubled(), partner.overtaken(), len(partner.ledger)) == (0, 0, 80)


def test_the_broker_is_replaced_by_an_empty_one(
    store: Store, node: PrivateRabbit, broker: RabbitBroker, tmp_path: Path
) -> None:
    """All queues are gone; `rebuild` asks for everything unsettled again, nothing twice."""
    partner = Partner()
    first = working(store, broker, partner)
    with first as works:
        works.emit(step(0, 1))
        works.wait_delivered(1)
    works.emit(*(step(n, 1) for n in range(1, 30)), step(0, 2))
    publisher = broker.publisher()
    assert works.relay.publish_some(publisher) == 30
    publisher.close()
    node.stop()
    fresh = PrivateRabbit(tmp_path / "other")
    fresh.start()
    try:
        declare.apply(TOPOLOGY, fresh.url, fresh.management_url)
        other = RabbitBroker(fresh.url)
        assert rebuild(store, clock=now)["deliveries"] == 30
        with working(store, other, partner) as works:
            works.wait_delivered(31)
        other.close()
    finally:
        fresh.stop()
    assert (partner.doubled(), partner.overtaken(), len(partner.ledger)) == (0, 0, 31)
