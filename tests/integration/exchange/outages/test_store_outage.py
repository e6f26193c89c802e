"""PostgreSQL goes away and comes back: the roles wait and go on, and nothing is given up."""

import threading
from datetime import timedelta
from pathlib import Path

import pytest

from hub.broker.memory import MemoryBroker
from hub.drill.sandbox.postgres_node import PrivatePostgres
from hub.exchange.records_queue.receive import Receive
from hub.messages import catalog, envelope, queues
from hub.messages import payloads as p
from hub.ports import Outgoing
from hub.records.dossiers.handlers import Records
from hub.records.rulebook import Rulebook
from hub.runtime.telemetry import logging_to
from hub.store.engine.store import Store
from hub.store.monitoring import work_counts
from tests.support.partners.partner import DROPS_AFTER, Partner
from tests.support.works import AT, now, number, step, working

pytestmark = pytest.mark.postgres
DELIVER = "deliver.provincial"


@pytest.fixture
def store(postgres_store: Store) -> Store:
    """An empty PostgreSQL store."""
    return postgres_store


def wait_for_word(log: Path, event: str, *roles: str) -> None:
    """Wait until each role has logged the event."""
    end = now() + timedelta(seconds=60)
    tick = threading.Event()
    while not all(
        any(event in line and f'"{role}"' in line for line in log.read_text().splitlines())
        for role in roles
    ):
        tick.wait(0.05)
        assert now() < end, log.read_text()


def publish(broker: MemoryBroker, queue: str, id: str, body: bytes) -> None:
    """Put one message into a queue."""
    out = Outgoing(routing_key=queue, body=body, message_id=id)
    publisher = broker.publisher()
    publisher.publish([out], timeout=timedelta(seconds=5))
    publisher.close()


def test_the_roles_wait_for_the_store_and_go_on(
    store: Store, postgres_server: PrivatePostgres, tmp_path: Path
) -> None:
    """A call ends, bytes that are no message come, work is asked for, all while it is away."""
    partner, broker, log = Partner([DROPS_AFTER]), MemoryBroker(), tmp_path / "log"
    receive = Receive(store, broker, Records(Rulebook.load()), clock=now)
    with logging_to(log), working(store, broker, partner) as works:
        works.roles.append(receive)
        receive.start()
        partner.gate.clear()
        works.emit(step(1, 1), step(2, 1))
        assert partner.entered.acquire(timeout=20)
        assert partner.entered.acquire(timeout=20)
        postgres_server.stop()
        partner.gate.set()  # the calls end, and nobody can write it down
        publish(broker, queues.INGEST, "junk", b"<xml/>")
        wait_for_word(
            log, "store_lost", "relay", "timer", "receive", DELIVER, "reconcile.provincial"
        )
        postgres_server.start()
        works.wait_delivered(2)
        works.emit(step(1, 2))
        works.wait_delivered(3)
        wait_for_word(log, "store_back", "receive")
    said = log.read_text()
    assert "role_crashed" not in said
    assert "handler_crashed" not in said
    assert broker.depth("hub.dead") == 0
    assert broker.depth(queues.INVALID) == 1
    assert (partner.calls, partner.asked, partner.doubled()) == (3, 1, 0)
    broker.close()


def test_nothing_is_acknowledged_while_the_store_is_away(
    store: Store, postgres_server: PrivatePostgres, tmp_path: Path
) -> None:
    """A hub that is stopped during the outage leaves every message in its queue."""
    payload = p.DossierProgressed(
        number=number(1), status=p.Status.PROCESSING, at=AT, officer="Lê", unit="Tư pháp"
    )
    message = catalog.compose(payload, time=AT, source="test")
    partner, broker, log = Partner(), MemoryBroker(), tmp_path / "log"
    receive = Receive(store, broker, Records(Rulebook.load()), clock=now)
    postgres_server.stop()
    publish(broker, queues.INGEST, message.id, envelope.encode(message))
    publish(broker, DELIVER, "d1", b'{"delivery":1}')
    with logging_to(log), working(store, broker, partner) as works:
        works.roles.append(receive)
        receive.start()
        wait_for_word(log, "store_lost", "receive", DELIVER)
    assert [broker.depth(name) for name in (queues.INGEST, DELIVER, "hub.dead")] == [1, 1, 0]
    postgres_server.start()
    with store.read() as tx:
        assert work_counts.unhandled_count(tx) == 0
    broker.close()
