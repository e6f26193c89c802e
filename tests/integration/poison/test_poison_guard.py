"""Suspects: only a death while a message was tried alone is held against it.

What really dies is in `test_handler_kills.py`; here one process plays both, the one that died and
the one that comes after it.
"""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from msgspec import structs
from sqlalchemy.exc import OperationalError

from hub.messages import catalog, envelope, queues
from hub.messages import payloads as p
from hub.messages.envelope import Message
from hub.operations import parked_messages
from hub.ports import Consumer, Incoming
from hub.runtime import store_retry
from hub.store.engine.store import Tx
from hub.store.messages import isolated_attempts, journal, outbox
from hub.store.monitoring import attention, work_counts
from hub.store.records import dossiers
from tests.support.ward import MONDAY, NUMBER, Ward, open_ward, progress, reception
from tests.support.works import now

OTHER = NUMBER[:-1] + "2"


class Died(BaseException):
    """The process ends here: nothing of ours catches it, and nothing is settled."""


@pytest.fixture
def ward(tmp_path: Path) -> Iterator[Ward]:
    """A ward with an empty store."""
    with open_ward(tmp_path) as opened:
        opened.receive.crash_pause = 0
        yield opened


@pytest.fixture
def consumer(ward: Ward) -> Consumer:
    """What the messages came through."""
    return ward.broker.consumer(queues.INGEST, prefetch=100)


def accepted(ward: Ward, payload: p.Payload) -> Message:
    """Accept a message; what asks for it is made by the test."""
    message = catalog.compose(payload, time=MONDAY, source="test")
    ward.intake.accept(message)
    return message


def incoming(message: Message, count: int) -> Incoming:
    """Return a message as the queue hands it over after `count` deliveries without an end."""
    body = envelope.encode(message)
    return Incoming(tag=0, session=-1, body=body, message_id=message.id, delivery_count=count)


def marks(ward: Ward, *messages: Message) -> list[int]:
    """Return how many tries of each did not end."""
    with ward.store.read() as tx:
        return [isolated_attempts.begun(tx, message.id) for message in messages]


def dies_of(ward: Ward, message: Message, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on handling the message is the end."""
    real = ward.receive.handler

    def handle(tx: Tx, one: Message, payload: p.Payload) -> Iterable[Message]:
        if one.id == message.id:
            raise Died
        return real(tx, one, payload)

    monkeypatch.setattr(ward.receive, "handler", handle)


def parked(ward: Ward) -> list[tuple[str, str]]:
    """Return id and code of what is parked."""
    with ward.store.read() as tx:
        return [(id, code) for id, _, _, code, _ in attention.parked(tx)]


def test_the_one_that_kills_is_parked_and_its_neighbours_are_handled(
    ward: Ward, consumer: Consumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two deaths alone; then it is parked unread, not asked for, and retried by a person."""
    bad = accepted(ward, reception())
    good = accepted(ward, structs.replace(reception(), number=OTHER))
    dies_of(ward, bad, monkeypatch)
    for count in (3, 4):
        with pytest.raises(Died):
            ward.receive.handle(consumer, [incoming(bad, count), incoming(good, count)])
    assert marks(ward, bad, good) == [2, 0]
    ward.receive.handle(consumer, [incoming(bad, 5), incoming(good, 5)])
    assert parked(ward) == [(bad.id, "handler_killed")]
    with ward.store.write() as tx:
        ((_, _, key, _, reason),) = attention.parked(tx)
        assert key == NUMBER
        assert reason == (
            "the process ended or was stopped 2 times while it handled nothing but this message"
        )
        assert dossiers.get(tx, OTHER) is not None
        outbox.delete(tx, [row.seq for row in outbox.head(tx, 100)])
        assert journal.enqueue_lost(tx, recorded_before=now() + timedelta(days=1), after="") == (
            0,
            "",
        )
    # An old copy that still lies in the queue changes nothing.
    ward.receive.handle(consumer, [incoming(bad, 6)])
    monkeypatch.undo()
    parked_messages.retry(ward.store, [bad.id], by={"actor": "IT", "reason": "fixed", "now": now()})
    assert marks(ward, bad) == [0]
    ward.settle()
    assert ward.dossier().status is p.Status.ACCEPTED


def test_a_high_count_alone_parks_nothing(ward: Ward, consumer: Consumer) -> None:
    """The broker or the line failed ten times: it is handled, in order, and no mark is left."""
    first = accepted(ward, reception())
    second = accepted(ward, progress(p.Status.PROCESSING, 1))
    batch = [incoming(first, 10), incoming(second, 10)]
    ward.receive.handle(consumer, batch)
    ward.receive.handle(consumer, batch)
    assert ward.dossier().status is p.Status.PROCESSING
    assert (parked(ward), marks(ward, first, second)) == ([], [0, 0])


def test_the_order_of_a_batch_is_kept_between_suspects_and_others(
    ward: Ward, consumer: Consumer
) -> None:
    """A step that comes again is not overtaken by the one behind it that is new."""
    steps = [p.Status.PROCESSING, p.Status.PAYMENT_REQUESTED, p.Status.PROCESSING]
    told = [accepted(ward, reception())]
    told += [accepted(ward, progress(status, n + 1)) for n, status in enumerate(steps)]
    counts = (0, 3, 0, 3)
    ward.receive.handle(consumer, [incoming(m, n) for m, n in zip(told, counts, strict=True)])
    assert ward.steps() == [p.Status.ACCEPTED, *steps]


def test_a_message_that_did_not_come_again_and_again_costs_no_statement(
    ward: Ward, consumer: Consumer
) -> None:
    """Up to two deliveries without an end nothing is asked and nothing is marked."""
    statements: list[str] = []
    sa.event.listen(
        ward.store.engine,
        "before_cursor_execute",
        lambda _c, _cursor, text, *_: statements.append(text),
    )
    messages = [accepted(ward, reception()), accepted(ward, progress(p.Status.PROCESSING, 1))]
    ward.receive.handle(consumer, [incoming(m, n) for n, m in enumerate(messages, 1)])
    assert ward.dossier().status is p.Status.PROCESSING
    assert [text for text in statements if "lone_tries" in text] == []
    ward.receive.handle(consumer, [incoming(messages[0], 3)])
    assert [text for text in statements if "lone_tries" in text] != []


def test_a_handler_that_fails_has_killed_nobody(
    ward: Ward, consumer: Consumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mark goes; it comes again until its ten tries are used up, under the other code."""
    message = accepted(ward, reception())
    monkeypatch.setattr(dossiers, "add_event", lambda *_: 1 / 0)
    for count in range(3, 9):
        ward.receive.handle(consumer, [incoming(message, count)])
        assert (parked(ward), marks(ward, message)) == ([], [0])
    ward.receive.handle(consumer, [incoming(message, 9)])
    assert parked(ward) == [(message.id, "handler_failed")]


def gone() -> OperationalError:
    """Return what the driver says when the database is away."""
    return OperationalError("SELECT 1", {}, Exception("connection refused"))


def goes_away(ward: Ward, turns: Iterator[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the store be away from the first handling on, for so many turns."""
    handler, write, begun = ward.receive.handler, ward.store.write, threading.Event()

    def handle(tx: Tx, message: Message, payload: p.Payload) -> Iterable[Message]:
        if not begun.is_set():
            begun.set()
            raise gone()
        return handler(tx, message, payload)

    @contextmanager
    def away() -> Iterator[Tx]:
        if begun.is_set() and next(turns, None) is not None:
            raise gone()
        with write() as tx:
            yield tx

    monkeypatch.setattr(ward.receive, "handler", handle)
    monkeypatch.setattr(ward.store, "write", away)
    monkeypatch.setattr(store_retry, "LONGEST_PAUSE", timedelta(milliseconds=1))


def test_an_outage_of_the_store_during_a_lone_try_does_not_count(
    ward: Ward, consumer: Consumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long it is away: the process waits, and the mark goes when the message is done."""
    message, turns = accepted(ward, reception()), iter(range(30))
    goes_away(ward, turns, monkeypatch)
    ward.receive.handle(consumer, [incoming(message, 9)])
    assert next(turns, None) is None
    assert (parked(ward), marks(ward, message)) == ([], [0])
    assert ward.dossier().status is p.Status.ACCEPTED


def test_a_stop_during_a_lone_try_lets_it_end_and_begins_no_other(
    ward: Ward, consumer: Consumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No mark is left by a stop in good order; what was not begun is left to the next process."""
    first = accepted(ward, reception())
    second = accepted(ward, structs.replace(reception(), number=OTHER))
    third = accepted(ward, progress(p.Status.PROCESSING, 1))
    real, entered, stopped = ward.receive.handler, threading.Event(), threading.Event()

    def handle(tx: Tx, message: Message, payload: p.Payload) -> Iterable[Message]:
        entered.set()
        assert stopped.wait(20)
        return real(tx, message, payload)

    monkeypatch.setattr(ward.receive, "handler", handle)
    batch = [incoming(first, 3), incoming(second, 3), incoming(third, 0)]
    worker = threading.Thread(target=ward.receive.handle, args=(consumer, batch))
    worker.start()
    assert entered.wait(20)
    assert marks(ward, first) == [1]
    ward.receive.request_stop()
    stopped.set()
    worker.join(20)
    assert marks(ward, first, second) == [0, 0]
    with ward.store.read() as tx:
        assert dossiers.get(tx, NUMBER) is not None
        assert dossiers.get(tx, OTHER) is None
        assert work_counts.unhandled_count(tx) == 2


def test_bytes_that_cannot_be_read_are_marked_too(ward: Ward, consumer: Consumer) -> None:
    """Reading may be what kills; where it only fails, the mark goes."""
    noise = Incoming(tag=0, session=-1, body=b"<xml/>", message_id="x", delivery_count=3)
    ward.receive.handle(consumer, [noise])
    with ward.store.write() as tx:
        (row,) = outbox.head(tx, 10)
        assert (row.queue, row.type) == (queues.INVALID, "invalid.json_broken")
        assert isolated_attempts.begun(tx, "x") == 0


def test_one_that_kills_and_that_the_journal_lacks_is_kept_there(
    ward: Ward, consumer: Consumer
) -> None:
    """The database was restored from before it was accepted: `hub deliveries attention` shows
    it all the same."""
    message = catalog.compose(reception(), time=MONDAY, source="test")
    with ward.store.write() as tx:
        isolated_attempts.begin(tx, message.id, number=2)
    ward.receive.handle(consumer, [incoming(message, 5)])
    assert parked(ward) == [(message.id, "handler_killed")]
