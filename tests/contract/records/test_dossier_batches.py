"""A batch that reads and writes its dossiers at once leaves what one by one would leave."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa
from msgspec import structs

from hub.broker.memory import MemoryBroker
from hub.exchange.records_queue.receive import Receive
from hub.messages import catalog
from hub.messages import payloads as p
from hub.messages.envelope import Attachment, Message, encode
from hub.records.dossiers.handlers import Records
from hub.records.rulebook import Rulebook
from hub.store.engine.store import Store
from hub.store.messages import journal
from hub.store.records import batch_state, dossiers, early_messages
from hub.store.records.dossier_batches import together
from hub.store.schema.tables import exchange as t
from hub.store.schema.tables.records import dossier_events, dossier_files, leg_steps, legs
from hub.store.schema.tables.records import dossiers as dossier_table
from tests.benchmarks.stores.trips import Counter
from tests.support.database.stores import empty_store
from tests.support.ward import BIRTH, LAND, MONDAY, progress, reception, scan, town

RULES = Rulebook.load()
TABLES = (dossier_table, dossier_events, dossier_files, legs, leg_steps, t.journal, t.deliveries)
MOST_TRIPS = 25
"""Ways to PostgreSQL and back for a batch, whatever its size: its BEGIN, COMMIT and statements."""
FIRST, SECOND, THIRD = (f"000.99.01.H57-180806-{n:04d}" for n in (1, 2, 3))


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Store]:
    """A second store, in which messages are handled one by one."""
    made = empty_store(tmp_path / "other.db")
    yield made
    made.close()


def day() -> list[Message]:
    """Return what is said of three dossiers: with papers, told twice, backwards, by the town."""
    land = reception(LAND, FIRST)
    payloads: list[tuple[p.Payload, str]] = [
        (land, FIRST),
        (reception(BIRTH, SECOND), SECOND),
        *((scan(component.code), FIRST) for component in land.components),
        (reception(LAND, THIRD), THIRD),
        (reception(BIRTH, SECOND), SECOND),
        (progress(p.Status.PROCESSING, 1), SECOND),
        (town(2, p.TownStep.MOVED_ON), FIRST),
        (town(1, p.TownStep.ACCEPTED), FIRST),
        (progress(p.Status.PROCESSING, 1), THIRD),
        (progress(p.Status.FINISHED, 2), SECOND),
        (progress(p.Status.PROCESSING, 3), SECOND),
        (progress(p.Status.RETURNED, 4), SECOND),
        (town(3, p.TownStep.ENDED), FIRST),
    ]
    return [message(n, payload, number) for n, (payload, number) in enumerate(payloads)]


def land_day(*numbers: str, first_id: int = 100) -> list[Message]:
    """Return what is said of land dossiers that are worked on side by side: papers, the town's
    request and what answers it, its result, and steps that come early, twice and too late."""
    components = reception(LAND).components
    payloads: list[p.Payload] = [
        reception(LAND),
        *(scan(component.code) for component in components),
        scan(components[0].code),
        town(1, p.TownStep.ACCEPTED),
        town(3, p.TownStep.AWAITING_SUPPLEMENT),
        town(2, p.TownStep.MOVED_ON),
        scan("BS-1"),
        scan("BS-2"),
        progress(p.Status.PROCESSING, 80),
        scan("BS-3"),
        town(4, p.TownStep.SUPPLEMENTED),
        town(6, p.TownStep.ENDED),
        town(2, p.TownStep.ENDED),
        town(5, p.TownStep.AWAITING_SUPPLEMENT),
        progress(p.Status.RETURNED, 200),
    ]
    places = [(payload, number) for payload in payloads for number in numbers]
    return [message(first_id + n, payload, number) for n, (payload, number) in enumerate(places)]


def message(n: int, payload: p.Payload, number: str) -> Message:
    """Return the `n`-th message, about a dossier."""
    about = structs.replace(payload, number=number)
    result = "KQ" if isinstance(payload, p.TownStepReported) else ""
    component = getattr(payload, "component", result)
    file = Attachment(
        name="a.pdf", media_type="application/pdf", size=1, sha256=f"{n:064x}", component=component
    )
    files = [file] if component else []
    return catalog.compose(
        about,
        time=MONDAY,
        source="test",
        id=f"{n:032x}",
        correlation_id=f"{n:032x}",
        attachments=files,
    )


def handle(store: Store, messages: Sequence[Message], *, at_once: int) -> None:
    """Handle messages, so many in a transaction."""
    early = message(99, progress(p.Status.PROCESSING, 0.5), SECOND)
    with store.write() as tx:
        early_messages.keep(tx, journal.JournalEntry(early, encode(early)), MONDAY)
    for first in range(0, len(messages), at_once):
        handle_at_once(store, messages[first : first + at_once])


def handle_at_once(store: Store, messages: Sequence[Message]) -> None:
    """Handle messages in one transaction."""
    records = Records(RULES)
    receive = Receive(
        store, MemoryBroker(), records, clock=lambda: MONDAY, together=records.together
    )
    with store.write() as tx:
        receive.apply(tx, [journal.JournalEntry(it, encode(it)) for it in messages])


def content(store: Store) -> dict[str, list[tuple[object, ...]]]:
    """Return everything that the records and what they say left, without the events' numbers."""
    found = {}
    with store.read() as tx:
        for table in TABLES:
            columns = [
                it for it in table.columns if (table.name, it.name) != ("dossier_events", "id")
            ]
            order = table.c.id if table is dossier_events else sa.literal_column("1")
            query = sa.select(*columns).order_by(order, *columns)
            found[table.name] = [tuple(row) for row in tx.execute(query)]
        asked = sa.select(t.outbox.c.message_id).order_by(t.outbox.c.seq)
        found["outbox"] = [tuple(row) for row in tx.execute(asked)]
    return found


@pytest.mark.parametrize("at_once", [2, 5, 100])
def test_a_batch_leaves_what_one_by_one_would_leave(
    store: Store, other: Store, at_once: int
) -> None:
    """Dossiers, events in their order, papers, the town's steps, what is said and asked for."""
    handle(other, day(), at_once=1)
    handle(store, day(), at_once=at_once)
    expected, found = content(other), content(store)
    asked, woken = expected.pop("outbox"), found.pop("outbox")
    assert found == expected
    assert sorted(woken) == sorted(asked)
    assert (f"{99:032x}",) in woken
    assert len(expected["dossier_events"]) > 10


@pytest.mark.parametrize("at_once", [2, 7, 100])
def test_a_batch_of_land_dossiers_leaves_what_one_by_one_would_leave(
    store: Store, other: Store, at_once: int
) -> None:
    """Legs, the town's steps, which papers the town was given, and the words to both partners."""
    handle(other, land_day(FIRST, SECOND, THIRD), at_once=1)
    handle(store, land_day(FIRST, SECOND, THIRD), at_once=at_once)
    expected, found = content(other), content(store)
    asked, woken = expected.pop("outbox"), found.pop("outbox")
    assert found == expected
    assert sorted(woken) == sorted(asked)
    told = [row[2] for row in expected["deliveries"]]
    assert told.count("town_center") == 3 * len(["transfer", "supplement", "returned"])


def test_several_kept_steps_of_one_dossier_are_applied_in_one_batch(
    store: Store, other: Store
) -> None:
    """The town's first step comes last: each of those that waited for it is marked as applied."""
    components = reception(LAND).components
    papers: list[p.Payload] = [scan(it.code) for it in components]
    waiting: list[p.Payload] = [town(4, p.TownStep.MOVED_ON), town(3, p.TownStep.MOVED_ON)]
    first: list[p.Payload] = [
        town(2, p.TownStep.MOVED_ON),
        town(1, p.TownStep.ACCEPTED),
        scan("BS-1"),
    ]
    payloads: list[p.Payload] = [reception(LAND), *papers, *waiting, *first]
    said = [message(100 + n, payload, FIRST) for n, payload in enumerate(payloads)]
    handle(other, said, at_once=1)
    handle(store, said, at_once=len(said) - len(first))
    assert content(store)["leg_steps"] == content(other)["leg_steps"]
    with store.read() as tx:
        assert set(tx.execute(sa.select(leg_steps.c.applied)).scalars()) == {True}


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
def test_a_batch_asks_as_often_for_many_land_dossiers_as_for_two(store: Store) -> None:
    """Each way to the server costs more than what the statement does there."""
    counter = Counter()
    counter.watch(store)
    asked = []
    for first, last in ((10, 12), (20, 50)):
        numbers = [f"000.99.01.H57-180806-{n:04d}" for n in range(first, last)]
        said = land_day(*numbers, first_id=first * 1000)
        half = len(said) // len(numbers) // 2 * len(numbers)
        for part in (said[:half], said[half:]):
            before = counter.total
            handle_at_once(store, part)
            asked.append(counter.total - before)
    # Fifteen times the dossiers; a statement for each would be thirty more. One more was seen once.
    assert all(many - few <= 1 for few, many in zip(asked[:2], asked[2:], strict=True)), asked
    assert max(asked) <= MOST_TRIPS


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
def test_a_dossier_that_another_process_adds_meanwhile_fails_the_batch(store: Store) -> None:
    """Nothing of the batch is written; handled one by one it finds the dossier."""
    handle(store, [message(1, reception(BIRTH, FIRST), FIRST)], at_once=1)
    with store.read() as tx:
        known = dossiers.get(tx, FIRST, lock=False)
    assert known is not None
    with store.write() as tx:
        tx.execute(sa.delete(dossier_events))
        tx.execute(sa.delete(dossier_table))
    with pytest.raises(batch_state.AddedMeanwhile), store.write() as tx, together(tx, [FIRST]):
        with store.write() as another:
            assert dossiers.add(another, known)
        assert dossiers.get(tx, FIRST) is None
        assert dossiers.add(tx, known)
    with store.read() as tx:
        assert batch_state.of(tx) is None
        assert dossiers.get(tx, FIRST, lock=False) == known


def test_what_is_at_hand_ends_with_its_block(store: Store) -> None:
    """Also when the block fails: the next transaction on that line knows nothing of it."""
    with pytest.raises(RuntimeError), store.write() as tx, together(tx, [FIRST]):
        raise RuntimeError
    with store.write() as tx:
        assert batch_state.of(tx) is None
