"""A database error that quotes a citizen leaves no trace of him: logs, attempts, dead letters."""

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.broker.memory import MemoryBroker
from hub.exchange.records_queue.receive import Receive
from hub.messages import catalog, envelope, queues
from hub.messages import payloads as p
from hub.messages.envelope import Message
from hub.messages.payloads import Payload
from hub.ports import Outgoing, Request
from hub.rules.deliveries.states import DeliveryState as S
from hub.runtime.role import Role
from hub.runtime.telemetry import logging_to
from hub.store.engine.store import Store, Tx
from hub.store.monitoring import attention
from hub.store.schema.tables.exchange import metadata
from hub.store.schema.tables.repair import tasks
from tests.support.partners.partner import Partner
from tests.support.works import AT, now, number, step, working

NAME = "Đặng Thị Bịa Đặt"
WORD = "Bịa"
TABLES = ("attempts", "deliveries", "handovers", "audit", "outbox")


def insert_the_impossible(tx: Tx) -> None:
    """Insert a row with the name that a constraint refuses."""
    values = dict.fromkeys(("kind", "subject", "destination", "owner", "repair"), "nobody")
    tx.execute(sa.insert(tasks).values(**values, detail=NAME, opened_at=AT))


def refused(store: Store) -> sa.exc.IntegrityError:
    """Return the error of the driver, with the name in it."""
    with pytest.raises(sa.exc.IntegrityError) as caught, store.write() as tx:
        insert_the_impossible(tx)
    quoted = str(caught.value.params) + str(caught.value)
    assert WORD in quoted
    return caught.value


def everything_in(store: Store) -> str:
    """Return every value of the tables that operators see."""
    with store.read() as tx:
        rows = [tx.execute(sa.select(metadata.tables[name])).all() for name in TABLES]
        reasons = tx.exec_driver_sql("SELECT state, code, reason FROM journal").all()
    return str(rows) + str(reasons)


class Unprepared(Partner):
    """Cannot build its second request."""

    def prepare(self, message: Message, payload: Payload) -> Request:
        """Fail for the steps of one dossier."""
        request = super().prepare(message, payload)
        if request.number == number(2):
            raise self.error
        return request

    error: Exception


def test_calls_that_end_in_a_database_error(store: Store, tmp_path: Path) -> None:
    """While preparing and while sending: code and class are kept, the words are not."""
    error = refused(store)
    partner = Unprepared([error])
    partner.error = error
    broker, log = MemoryBroker(), tmp_path / "log"
    with logging_to(log), working(store, broker, partner) as works:
        works.emit(step(1, 1))
        works.wait_delivered(1)  # unknown, asked about, sent again
        works.emit(step(2, 1))
        works.wait(lambda states: states.get(S.DEAD) == 1)
    broker.close()
    found = everything_in(store)
    assert "prepare_failed" in found
    assert "send_crashed" in found
    assert "IntegrityError" in found
    assert WORD not in found + log.read_text(encoding="utf-8")


class Crashing(Role):
    """Ends in a database error, and stops when it is started anew."""

    name = "crashing"
    crash_pause = 0.001

    def __init__(self, store: Store) -> None:
        super().__init__()
        self._store = store

    def run(self) -> None:
        """Do what the database refuses."""
        self.stopping.set()
        with self._store.write() as tx:
            insert_the_impossible(tx)


def test_a_handler_and_a_role_that_end_in_a_database_error(store: Store, tmp_path: Path) -> None:
    """Its message comes again, ten times at most, and is parked without the driver's words."""
    payload = p.DossierProgressed(
        number=number(1), status=p.Status.PROCESSING, at=AT, officer="Lê", unit="Tư pháp"
    )
    message = catalog.compose(payload, time=AT, source="test")
    broker, log = MemoryBroker(), tmp_path / "log"

    def handler(tx: Tx, _message: Message, _payload: Payload) -> list[Message]:
        insert_the_impossible(tx)
        return []

    receive = Receive(store, broker, handler, clock=now)
    receive.crash_pause = 0.001
    publisher, consumer = broker.publisher(), broker.consumer(queues.INGEST, prefetch=10)
    body = envelope.encode(message)
    out = Outgoing(routing_key=queues.INGEST, body=body, message_id=message.id)
    with logging_to(log):
        publisher.publish([out], timeout=timedelta(seconds=5))
        while batch := consumer.receive(10, wait=timedelta(0)):
            receive.handle(consumer, batch)
        role = Crashing(store)
        role.start()
        assert role.stopping.wait(10)
        role.stop()
    assert broker.depth("hub.dead") == 0
    broker.close()
    with store.read() as tx:
        ((id, _, _, code, reason),) = attention.parked(tx)
    assert (id, code) == (message.id, "handler_failed")
    assert "IntegrityError" in reason
    said = log.read_text(encoding="utf-8")
    assert said.count("handler_crashed") == 10
    assert "role_crashed" in said
    assert "IntegrityError" in said
    assert WORD not in said + everything_in(store)
    assert "B\\u1ecba" not in said
