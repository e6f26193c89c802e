"""The exchange on real services: PostgreSQL as store, RabbitMQ as broker, killed and emptied."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hub.broker.admin import declare
from hub.broker.rabbit.broker import RabbitBroker
from hub.broker.topology import TOPOLOGY
from hub.drill.sandbox.rabbit_node import PrivateRabbit
from hub.exchange.housekeeping.requeue import rebuild
from hub.store.engine.store import Store
from tests.support.partners.partner import BUSY, DOWN, DROPS_AFTER, DROPS_BEFORE, Partner
from tests.support.services import RabbitService, rabbit_service
from tests.support.works import now, step, working

FAULTS = [DOWN, BUSY, DROPS_AFTER, DROPS_BEFORE]


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[PrivateRabbit]:
    """A node to be killed; why not the session's, see tests/contract/rabbit/test_broker_rabbit."""
    with rabbit_service(tmp_path / "rabbit") as service:
        yield service.own_node()


@contextmanager
def declared(url: str, management_url: str) -> Iterator[RabbitBroker]:
    """The hub's view of an empty broker that has just got the hub's queues."""
    declare.apply(TOPOLOGY, url, management_url)
    broker = RabbitBroker(url)
    yield broker
    broker.close()


@pytest.fixture
def broker(rabbit: RabbitService, rabbit_url: str) -> Iterator[RabbitBroker]:
    """A virtual host with the hub's queues."""
    with declared(rabbit_url, rabbit.management_url) as made:
        yield made


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


def test_the_broker_is_killed_in_the_middle(store: Store, mortal: PrivateRabbit) -> None:
    """SIGKILL while calls are under way; after the restart everything goes on by itself."""
    partner = Partner(concurrency=4)
    with (
        declared(mortal.url, mortal.management_url) as broker,
        working(store, broker, partner) as works,
    ):
        partner.gate.clear()
        works.emit(*(step(n, 1) for n in range(40)))
        partner.entered.acquire(timeout=20)
        mortal.kill()
        partner.gate.set()
        works.emit(*(step(n, 2) for n in range(40)))
        mortal.start()
        works.wait_delivered(80)
    assert (partner.doubled(), partner.overtaken(), len(partner.ledger)) == (0, 0, 80)


def test_the_broker_is_replaced_by_an_empty_one(
    store: Store, rabbit: RabbitService, broker: RabbitBroker
) -> None:
    """All queues are gone; `rebuild` asks for everything unsettled again, nothing twice."""
    partner = Partner()
    with working(store, broker, partner) as works:
        works.emit(step(0, 1))
        works.wait_delivered(1)
    works.emit(*(step(n, 1) for n in range(1, 30)), step(0, 2))
    publisher = broker.publisher()
    assert works.relay.publish_some(publisher) == 30
    publisher.close()
    with rabbit.own_vhost() as url, declared(url, rabbit.management_url) as other:
        assert rebuild(store, clock=now)["deliveries"] == 30
        with working(store, other, partner) as works:
            works.wait_delivered(31)
    assert (partner.doubled(), partner.overtaken(), len(partner.ledger)) == (0, 0, 31)
