"""Parked messages are retried: by id, by what they have in common, hundreds at once."""

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner, Result

from hub.cli import app
from hub.messages import catalog, envelope
from hub.messages import payloads as p
from hub.messages.envelope import Message
from hub.operations import parked_messages
from hub.store.engine.store import Store
from hub.store.messages import journal, outbox, parked
from hub.store.messages.parked import ParkedFilter
from hub.store.monitoring import work_counts
from hub.store.schema.tables.exchange import audit
from tests.support.database.blocked import wait_blocked
from tests.support.works import AT, now, number

UNKNOWN, BROKEN = "dossier_unknown", "handler_failed"
DAY = timedelta(days=1)


def hub(*words: str) -> Result:
    """Type a command."""
    return CliRunner().invoke(app, list(words))


def scan(n: int) -> Message:
    """Return what a barcode reader says of dossier `n`."""
    payload = p.BarcodeScanned(
        number=number(n), station=p.Station.RETURN, scanned_at=AT, device="b"
    )
    return catalog.compose(payload, time=AT, source="barcode.1", id=f"scan-{n:04d}")


def park(store: Store, *numbers: int, code: str = UNKNOWN) -> list[str]:
    """Accept messages and set them aside; nothing is left to publish."""
    entries = [
        journal.JournalEntry(message, envelope.encode(message), message.id)
        for message in map(scan, numbers)
    ]
    with store.write() as tx:
        journal.accept(tx, entries, AT)
        for entry in entries:
            journal.park(tx, entry, AT, code=code, reason=f"not for {entry.message.key}")
        outbox.delete(tx, [row.seq for row in outbox.head(tx, 5000)])
    return [entry.message.id for entry in entries]


def asked(store: Store) -> list[str]:
    """Return the ids that wait for the relay, in order."""
    with store.write() as tx:
        return [row.message_id for row in outbox.head(tx, 5000)]


def still_parked(store: Store) -> list[str]:
    """Return the ids of what is parked."""
    with store.read() as tx:
        return [one.id for one in parked.select(tx, ParkedFilter())]


def audited(store: Store) -> list[tuple[str, str, str]]:
    """Return action, object and reason of every row of the audit."""
    c = audit.c
    with store.read() as tx:
        return [tuple(row) for row in tx.execute(sa.select(c.action, c.object, c.reason))]


def test_a_parked_message_is_retried_again_once(installed: Store) -> None:
    """It is asked for again, the audit says why; what is not parked is refused, and why."""
    (id,) = park(installed, 1)
    assert hub("messages", "retry", id, "--reason", "the dossier was entered").exit_code == 0
    assert (asked(installed), still_parked(installed)) == ([id], [])
    with installed.read() as tx:
        assert work_counts.unhandled_count(tx) == 1
    refused = hub("messages", "retry", id, "--reason", "again")
    assert (refused.exit_code, f"{id}: it waits" in refused.output) == (1, True)
    assert audited(installed) == [("message.unpark", id, "the dossier was entered")]
    assert "1 rows, the chain is whole" in hub("audit", "verify").output


def test_of_several_ids_each_that_cannot_be_retried_is_named(installed: Store) -> None:
    """With its own reason; the others are taken up all the same, in one row of the audit."""
    one, two, three = park(installed, 1, 2, 3)
    with installed.write() as tx:
        parked.retry(tx, [two])
        message = scan(2)
        journal.mark_handled(tx, [journal.JournalEntry(message, envelope.encode(message))], AT)
    done = hub("messages", "retry", three, one, two, one, "scan-0009", "--reason", "fixed")
    assert done.exit_code == 1
    assert f"{two}: it is handled" in done.output
    assert "scan-0009: there is no such message" in done.output
    assert "2 retried" in done.output
    assert asked(installed) == [two, one, three]
    assert audited(installed) == [("message.unpark", f"{one}, {three}", "fixed")]


def test_a_selection_is_shown_before_it_is_retried(installed: Store) -> None:
    """--plan names and counts them and changes nothing; then these go and no others."""
    unknown, broken = park(installed, 1, 2, 3), park(installed, 4, 5, code=BROKEN)
    plan = hub("messages", "retry", "--plan", "--code", BROKEN)
    assert (plan.exit_code, f"2 {BROKEN} barcode.scanned" in plan.output) == (0, True)
    assert [id in plan.output for id in (*unknown, *broken)] == [False] * 3 + [True] * 2
    assert (asked(installed), audited(installed)) == ([], [])
    done = hub(
        "messages", "retry", "--code", BROKEN, "--type", "barcode.scanned", "--reason", "upgraded"
    )
    assert (done.exit_code, "2 retried" in done.output) == (0, True)
    assert (asked(installed), still_parked(installed)) == (broken, unknown)
    ((_, what, reason),) = audited(installed)
    assert (f'"code":"{BROKEN}"' in what, "2 messages" in what, reason) == (True, True, "upgraded")
    again = hub("messages", "retry", "--code", BROKEN, "--reason", "upgraded")
    assert (again.exit_code, "no parked message" in again.output) == (1, True)
    assert "3 would be retried" in hub("messages", "retry", "--plan").output


def test_discarding_asks_first_and_is_shown_before(installed: Store) -> None:
    """--plan changes nothing, neither does a no; then the reason stands in the audit."""
    one, two = park(installed, 1, 2)
    plan = hub("messages", "retry", "--discard", "--plan", one)
    assert (plan.exit_code, "1 would be discarded" in plan.output) == (0, True)
    words = ("messages", "retry", "--discard", one, "--reason", "mistyped, scanned again")
    assert CliRunner().invoke(app, list(words), input="n\n").exit_code == 1
    assert (still_parked(installed), audited(installed)) == ([one, two], [])
    done = hub(*words, "--yes")
    assert (done.exit_code, "1 discarded" in done.output) == (0, True)
    assert (asked(installed), still_parked(installed)) == ([], [two])
    assert audited(installed) == [("message.drop", one, "mistyped, scanned again")]


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--reason", "x"),
        ("scan-0001",),
        ("--code", UNKNOWN),
        ("scan-0001", "--code", UNKNOWN, "--reason", "x"),
        ("scan-0001", "--code", UNKNOWN, "--plan"),
        ("--drop", "--reason", "x"),
        ("--discard", "--yes", "scan-0001"),
    ],
)
def test_without_a_reason_or_a_choice_nothing_is_retried(
    installed: Store, words: tuple[str, ...]
) -> None:
    """Nobody takes up everything by leaving words out."""
    park(installed, 1)
    assert hub("messages", "retry", *words).exit_code == 2
    assert asked(installed) == []


@pytest.mark.parametrize(
    ("selection", "numbers"),
    [
        (ParkedFilter(), [1, 2, 3]),
        (ParkedFilter(code=BROKEN), [3]),
        (ParkedFilter(dossier=number(2)), [2]),
        (ParkedFilter(type="dossier.received"), []),
        (ParkedFilter(since=AT, until=AT + DAY, code=UNKNOWN), [1, 2]),
        (ParkedFilter(until=AT), []),
        (ParkedFilter(since=AT + DAY), []),
    ],
)
def test_a_selection_narrows_by_each_of_its_words(
    store: Store, selection: ParkedFilter, numbers: list[int]
) -> None:
    """On either database; what is not parked is in none."""
    park(store, 1, 2)
    park(store, 3, code=BROKEN)
    message = scan(4)
    with store.write() as tx:
        journal.accept(tx, [journal.JournalEntry(message, envelope.encode(message), "4")], AT)
    with store.read() as tx:
        found = [one.id for one in parked.select(tx, selection)]
    assert found == [f"scan-{n:04d}" for n in numbers]


def test_hundreds_are_retried_in_batches_with_one_row_of_audit(store: Store) -> None:
    """Each batch durable by itself, all in order; a second time there is nothing to do."""
    ids = park(store, *range(1, 301))
    whole = ParkedFilter(code=UNKNOWN)
    done = parked_messages.retry(
        store, whole, by={"actor": "IT", "reason": "fixed", "now": now()}, batch=7
    )
    assert (done.count, done.refused) == (300, {})
    assert asked(store) == ids
    again = parked_messages.retry(store, whole, by={"actor": "IT", "reason": "fixed", "now": now()})
    assert (again.count, again.refused) == (0, {})
    assert len(audited(store)) == 1


def test_an_interruption_leaves_whole_batches_and_their_audit(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was done stays done and is in the audit; the same words do the rest."""
    ids = park(store, *range(1, 11))
    retry, pages = parked.retry, iter([True, True, False])

    def ends_in_the_third(*given: object) -> list[str]:
        taken = retry(*given)  # type: ignore[arg-type]
        if not next(pages):
            raise KeyboardInterrupt
        return taken

    monkeypatch.setattr(parked, "retry", ends_in_the_third)
    with pytest.raises(KeyboardInterrupt):
        parked_messages.retry(
            store, ids, by={"actor": "IT", "reason": "fixed", "now": now()}, batch=3
        )
    monkeypatch.undo()
    assert (asked(store), len(audited(store))) == (ids[:6], 1)
    done = parked_messages.retry(
        store, ParkedFilter(), by={"actor": "IT", "reason": "fixed", "now": now()}, batch=3
    )
    assert (done.count, asked(store), len(audited(store))) == (4, ids, 2)


def test_two_who_retry_the_same_ask_once(store: Store) -> None:
    """The second waits for the first and is told that there is nothing left."""
    ids = park(store, 1, 2, 3)
    seconds: list[parked_messages.ParkedOutcome] = []

    def retry_all() -> None:
        done = parked_messages.retry(
            store, ids[::-1], by={"actor": "IT", "reason": "fixed", "now": now()}
        )
        seconds.append(done)

    other = threading.Thread(target=retry_all)
    with store.write() as tx:
        assert parked.retry(tx, ids) == ids
        other.start()
        if store.name == "postgresql":  # SQLite has one writer: whenever it comes, it waits
            assert wait_blocked(store, other)
    other.join(20)
    assert [(done.count, sorted(done.refused)) for done in seconds] == [(0, ids)]
    assert (asked(store), audited(store)) == (ids, [])


def test_one_that_was_parked_again_meanwhile_is_refused(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody took it up at the same moment, in vain; that is said, and the others are done."""
    first, second = park(store, 1, 2)
    retry = parked.retry
    # What the lock shows: not parked then; and after it: parked again.
    monkeypatch.setattr(
        parked, "retry", lambda tx, page: retry(tx, [id for id in page if id != first])
    )
    done = parked_messages.retry(
        store, [first, second], by={"actor": "IT", "reason": "fixed", "now": now()}
    )
    assert (done.count, list(done.refused)) == (1, [first])
    assert done.refused[first].endswith("parked again")
    assert (asked(store), still_parked(store)) == ([second], [first])
