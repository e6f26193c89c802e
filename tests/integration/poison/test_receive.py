"""Receiving: each message is handled once, and one that cannot be handled harms no other."""

import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from sqlalchemy.exc import OperationalError

from hub.messages import catalog, queues
from hub.messages import payloads as p
from hub.operations import parked_messages
from hub.ports import Incoming
from hub.runtime import store_retry
from hub.store.engine.store import Tx
from hub.store.messages import journal, outbox
from hub.store.monitoring import attention, work_counts
from hub.store.records import dossiers, papers
from tests.support.ward import MONDAY, NUMBER, Ward, open_ward, progress, reception, scan
from tests.support.works import now


@pytest.fixture
def ward(tmp_path: Path) -> Iterator[Ward]:
    """A ward with an empty store."""
    with open_ward(tmp_path) as opened:
        yield opened


def test_a_scan_that_comes_before_its_dossier_waits_for_it(ward: Ward) -> None:
    """Early is not wrong: the file is attached as soon as the dossier is there."""
    ward.accept(scan("TP-1"), ward.file(b"early", "TP-1"))
    with ward.store.read() as tx:
        assert work_counts.unhandled_count(tx) == 1
    ward.accept(reception())
    with ward.store.read() as tx:
        assert work_counts.unhandled_count(tx) == 0
        assert [file.component for file in papers.files_of(tx, NUMBER)] == ["TP-1"]


def test_an_unknown_procedure_is_parked_where_an_operator_finds_it(ward: Ward) -> None:
    """Accepted, then found to be wrong: kept whole, with code and reason; nothing half."""
    body = msgspec.json.encode(reception()).replace(b"1.001193", b"9.999999")
    ward.accept(msgspec.json.decode(body, type=p.DossierReceived))
    with ward.store.read() as tx:
        ((_, _, key, code, reason),) = attention.parked(tx)
        assert (key, code) == (NUMBER, "procedure_unknown")
        assert "9.999999" in reason
        assert dossiers.get(tx, NUMBER) is None
        assert work_counts.open_count(tx) == 0


def test_a_poisonous_message_falls_out_of_its_batch_alone(ward: Ward) -> None:
    """Its neighbours are handled in the same turn."""
    bad = msgspec.structs.replace(reception(), procedure="9.999999", number=NUMBER[:-1] + "2")
    publisher = ward.broker.publisher()
    for payload in (reception(), bad, progress(p.Status.PROCESSING, 1)):
        ward.intake.accept(catalog.compose(payload, time=MONDAY, source="test"))
    ward.settle()
    publisher.close()
    assert ward.dossier().status is p.Status.PROCESSING
    with ward.store.read() as tx:
        assert len(attention.parked(tx)) == 1


def test_bytes_that_are_no_message_go_to_the_queue_for_invalid_ones(ward: Ward) -> None:
    """Exactly as they came."""
    consumer = ward.broker.consumer(queues.INGEST, prefetch=10)
    noise = Incoming(tag=0, session=-1, body=b"<xml/>", message_id="x")
    ward.receive.handle(consumer, [noise])
    with ward.store.read() as tx:
        (row,) = outbox.head(tx, 10)
    assert (row.queue, row.type, row.body) == (queues.INVALID, "invalid.json_broken", b"<xml/>")


def test_accepted_bytes_that_cannot_be_read_are_parked_and_not_asked_for_again(
    ward: Ward,
) -> None:
    """E.g. after a step back to an older version: `hub deliveries attention` shows it, once,
    and nothing grows."""
    message = catalog.compose(reception(), time=MONDAY, source="test")
    ward.intake.accept(message)
    with ward.store.write() as tx:
        for table in ("journal", "outbox"):
            tx.exec_driver_sql(f"UPDATE {table} SET body = x'7b'")  # noqa: S608
    ward.settle()
    ward.relay.forget()
    with ward.store.write() as tx:
        ((id, _, key, code, reason),) = attention.parked(tx)
        assert (id, key, code) == (message.id, NUMBER, "json_broken")
        assert reason.startswith("$: ")
        assert outbox.backlog(tx) == 0
        far = now() + timedelta(days=1)
        assert journal.enqueue_lost(tx, recorded_before=far, after="") == (0, "")


def test_noise_under_the_id_of_an_accepted_message_sets_only_itself_aside(ward: Ward) -> None:
    """What was accepted is handled all the same."""
    message = catalog.compose(reception(), time=MONDAY, source="test")
    ward.intake.accept(message)
    consumer = ward.broker.consumer(queues.INGEST, prefetch=10)
    noise = Incoming(tag=0, session=-1, body=b"<xml/>", message_id=message.id)
    ward.receive.handle(consumer, [noise])
    with ward.store.read() as tx:
        assert attention.parked(tx) == []
        assert [row.queue for row in outbox.head(tx, 10)] == [queues.INGEST, queues.INVALID]
    ward.settle()
    assert ward.dossier().status is p.Status.ACCEPTED


def test_a_fault_of_our_own_gives_the_message_back_and_stores_nothing(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crash in the middle of a handler rolls everything back; the message comes again."""
    real = dossiers.add_event
    calls = iter([True, True, False])

    def crash_first(tx: object, event: object) -> None:
        if next(calls, False):
            raise RuntimeError("a bug of ours")
        real(tx, event)  # type: ignore[arg-type]

    monkeypatch.setattr(dossiers, "add_event", crash_first)
    ward.accept(reception())
    with ward.store.read() as tx:
        assert dossiers.get(tx, NUMBER) is None
        assert work_counts.unhandled_count(tx) == 1
    consumer = ward.broker.consumer(queues.INGEST, prefetch=10)
    ward.receive.handle(consumer, consumer.receive(10, wait=timedelta(seconds=1)))
    assert ward.dossier().status is p.Status.ACCEPTED


def test_what_our_own_code_keeps_failing_on_is_shown_and_can_be_retried_again(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After ten tries it is parked: no copy in hub.dead, nothing asked for, until the upgrade."""
    ward.receive.crash_pause = 0
    monkeypatch.setattr(dossiers, "add_event", lambda *_: 1 / 0)
    message = catalog.compose(reception(), time=MONDAY, source="test")
    ward.intake.accept(message)
    ward.relay.publish_some(ward.broker.publisher())
    ward.relay.forget()
    consumer = ward.broker.consumer(queues.INGEST, prefetch=10)
    tries = 0
    while batch := consumer.receive(10, wait=timedelta(0)):
        ward.receive.handle(consumer, batch)
        tries += 1
    assert (tries, ward.broker.depth(queues.DEAD)) == (10, 0)
    with ward.store.write() as tx:
        ((id, _, key, code, reason),) = attention.parked(tx)
        assert (id, key, code) == (message.id, NUMBER, "handler_failed")
        assert "ZeroDivisionError" in reason
        far = now() + timedelta(days=1)
        assert journal.enqueue_lost(tx, recorded_before=far, after="") == (0, "")
    monkeypatch.undo()
    parked_messages.retry(
        ward.store, [message.id], by={"actor": "IT", "reason": "upgraded", "now": now()}
    )
    ward.settle()
    assert ward.dossier().status is p.Status.ACCEPTED


def test_an_outage_of_the_store_uses_up_no_delivery_limit(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database is away for longer than ten tries; the message is handled, not buried."""
    ward.intake.accept(catalog.compose(reception(), time=MONDAY, source="test"))
    ward.relay.publish_some(ward.broker.publisher())
    real, away, handled = ward.store.write, iter(range(30)), threading.Event()

    @contextmanager
    def write() -> Iterator[Tx]:
        if next(away, None) is not None:
            raise OperationalError("SELECT 1", {}, Exception("connection refused"))
        with real() as tx:
            yield tx

    monkeypatch.setattr(ward.store, "write", write)
    monkeypatch.setattr(store_retry, "LONGEST_PAUSE", timedelta(milliseconds=1))
    ward.receive.on_commit = handled.set
    ward.receive.start()
    assert handled.wait(10)
    ward.receive.stop()
    assert ward.broker.depth("hub.dead") == 0
    assert ward.dossier().number == NUMBER


def test_a_full_disk_parks_nothing_however_long_it_lasts(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A small write still finds room, the handling does not: that is no fault of the message."""
    full = sqlite3.OperationalError("database or disk is full")
    full.sqlite_errorcode = 13
    real, tries = journal.mark_handled, iter(range(30))

    def take(tx: Tx, entries: Iterable[journal.JournalEntry], at: datetime) -> set[str]:
        if next(tries, None) is not None:
            raise OperationalError("INSERT", {}, full)
        return real(tx, entries, at)

    ward.intake.accept(catalog.compose(reception(), time=MONDAY, source="test"))
    ward.relay.publish_some(ward.broker.publisher())
    monkeypatch.setattr(journal, "mark_handled", take)
    ward.receive.crash_pause = 0.001
    handled = threading.Event()
    ward.receive.on_commit = handled.set
    ward.receive.start()
    assert handled.wait(10)
    ward.receive.stop()
    with ward.store.read() as tx:
        assert attention.parked(tx) == []
    assert ward.broker.depth("hub.dead") == 0
    assert ward.dossier().number == NUMBER
