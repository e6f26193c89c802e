"""Messages that nobody handled are found again, all of them and cheaply, on both databases."""

from datetime import UTC, datetime, timedelta

from hub.exchange.housekeeping.timer import Pace, Timer
from hub.messages import catalog, envelope
from hub.messages import payloads as p
from hub.store.engine.store import Store, Tx
from hub.store.messages import journal, outbox
from hub.store.messages.parked import retry
from hub.store.monitoring import attention
from hub.store.records import early_messages

NOW = datetime(2018, 8, 6, 9, 0, tzinfo=UTC)
MANY = 1203
"""More than two pages."""
PAGE = 500


def scan(n: int, number: str = "000.99.01.H57-180806-0001") -> journal.JournalEntry:
    """Return the n-th scan of a barcode."""
    payload = p.BarcodeScanned(
        number=number,
        station=p.Station.RETURN,
        scanned_at=NOW + timedelta(seconds=n),
        device="reader-1",
    )
    message = catalog.compose(payload, time=NOW, source="test", id=f"{n:032x}")
    return journal.JournalEntry(message, envelope.encode(message), f"scan|{n}")


def accept(store: Store, count: int) -> list[journal.JournalEntry]:
    """Accept scans whose queue messages were published and have vanished since."""
    entries = [scan(n) for n in range(count)]
    with store.write() as tx:
        journal.accept(tx, entries, NOW)
        forget_outbox(tx)
    return entries


def forget_outbox(tx: Tx) -> None:
    """Let the broker have confirmed everything."""
    outbox.delete(tx, [row.seq for row in outbox.head(tx, 10 * MANY)])


def asked(store: Store) -> list[str]:
    """Return the ids of the messages that the outbox asks for."""
    with store.write() as tx:
        return [row.message_id for row in outbox.head(tx, 10 * MANY)]


def test_all_early_messages_are_asked_for_again(store: Store) -> None:
    """However many there are: the sweep takes them page by page, each once."""
    entries = accept(store, MANY)
    with store.write() as tx:
        for entry in entries:
            early_messages.keep(tx, entry, NOW)
    timer = Timer(store, clock=lambda: NOW, pace=Pace())
    assert timer.sweep(NOW) == MANY
    assert sorted(asked(store)) == [entry.message.id for entry in entries]


def test_all_early_messages_of_a_dossier_are_asked_for_when_it_comes(store: Store) -> None:
    """Also more than a page of them."""
    entries = accept(store, MANY)
    with store.write() as tx:
        for entry in entries:
            early_messages.keep(tx, entry, NOW)
        woken = early_messages.wake(tx, entries[0].message.key)
    assert woken == asked(store) == [entry.message.id for entry in entries]


def test_a_message_whose_queue_message_vanished_is_asked_for_again(store: Store) -> None:
    """Not before its time, then once, page by page, and again only after that time."""
    entries = accept(store, 2 * PAGE + 3)
    timer = Timer(store, clock=lambda: NOW)
    wait = timer.pace.enqueue_again_after
    late = NOW + wait + timedelta(seconds=1)
    assert timer.sweep(NOW + timedelta(minutes=1)) == 0
    timer = Timer(store, clock=lambda: NOW)
    assert [timer.sweep(late) for _ in range(4)] == [PAGE, PAGE, 3, 0]
    assert asked(store) == [entry.message.id for entry in entries]
    with store.write() as tx:
        forget_outbox(tx)
    assert timer.sweep(late + wait) == PAGE


def test_what_waits_in_the_outbox_or_was_handled_is_not_asked_for_again(store: Store) -> None:
    """The broker may be away for days: the outbox does not grow by that."""
    entries = accept(store, 3)
    with store.write() as tx:
        outbox.put(tx, [outbox.ToPublish("ingest.records", entries[0].message.id, "x", b"")])
        journal.mark_handled(tx, entries[1:2], NOW)
    timer = Timer(store, clock=lambda: NOW)
    assert timer.sweep(NOW + timedelta(hours=1)) == 1
    assert asked(store) == [entries[0].message.id, entries[2].message.id]


HOUR = timedelta(hours=1)
SOON = timedelta(minutes=1)


def parked(store: Store) -> list[str]:
    """Return the ids of the parked messages."""
    with store.read() as tx:
        return [row[0] for row in attention.parked(tx)]


def test_a_message_waits_its_hour_from_when_it_was_found_to_be_early(store: Store) -> None:
    """Not from its acceptance: the broker may have been away since then. However often it is asked
    for meanwhile, then it is parked; taken up again it has another hour."""
    (entry,) = accept(store, 1)
    timer = Timer(store, clock=lambda: NOW)
    found = NOW + 5 * HOUR
    for at in (found, found + HOUR / 2, found + HOUR):
        with store.write() as tx:
            early_messages.keep(tx, entry, at)
        timer.sweep(at)
        assert parked(store) == []
    with store.write() as tx:
        early_messages.keep(tx, entry, found + HOUR + SOON)
    timer.sweep(found + HOUR + SOON)
    assert parked(store) == [entry.message.id]
    with store.write() as tx:
        retry(tx, [entry.message.id])
        early_messages.keep(tx, entry, found + 2 * HOUR)
    timer.sweep(found + 2 * HOUR + SOON)
    assert parked(store) == []


def test_no_message_is_parked_while_its_dossier_stands_behind_it(store: Store) -> None:
    """What was accepted for the same dossier and waits to be handled may be the dossier itself."""
    entry, behind = accept(store, 2)
    with store.write() as tx:
        early_messages.keep(tx, entry, NOW)
        assert early_messages.park(tx, NOW + HOUR) == 0
        journal.mark_handled(tx, [behind], NOW)
        assert early_messages.park(tx, NOW + HOUR) == 1
