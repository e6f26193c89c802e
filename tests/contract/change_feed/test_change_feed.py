"""The feed of changes loses no change, whatever is open while it is read, and keeps one order."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa

from hub.exchange.housekeeping.change_feed import ChangeFeed
from hub.rules.change_feed import ChangeKind, FeedRestarted, position_of
from hub.store.change_feed import numbering, reading
from hub.store.change_feed.reading import DossierChange
from hub.store.engine.store import Store, Tx
from hub.store.records import changes
from hub.store.repair.restore import doubt_everything
from hub.store.schema.tables.changes import change_epochs, change_feed
from hub.store.schema.tables.changes import changes as feed_table
from tests.support.database.blocked import wait_blocked
from tests.support.ward import MONDAY
from tests.support.works import now

A, B = "000.99.01.H57-180806-0001", "000.99.01.H57-180806-0002"


def add(tx: Tx, number: str, code: str) -> None:
    """Write one change of a dossier down."""
    changes.add(tx, number, ChangeKind.STATUS, code, at=MONDAY, message_id=f"m-{number}-{code}")


def changed(store: Store, number: str, *codes: str) -> None:
    """Write changes of a dossier down, each in a transaction of its own."""
    for code in codes:
        with store.write() as tx:
            add(tx, number, code)


def number_all(store: Store, *, most: int = numbering.AT_ONCE) -> int:
    """Number a page of what is committed."""
    with store.write() as tx:
        return numbering.number_new(tx, now=now(), most=most)


def everything(store: Store, *, after: int = 0, limit: int = 2) -> Iterator[DossierChange]:
    """Read the feed page by page, as a partner does."""
    more = True
    while more:
        with store.read() as tx:
            page = reading.page(tx, after, limit=limit, allowed=lambda _: True)
        yield from page.changes
        after, more = page.reached, page.more


def codes(found: Iterator[DossierChange]) -> list[str]:
    """Return the codes of changes."""
    return [change.code for change in found]


def test_change_that_is_committed_late_is_read_behind_what_was_read(store: Store) -> None:
    """Its row has a lower number than one that was read: a sequence's gap, which loses nothing."""
    if store.name == "sqlite":
        with store.write() as tx:  # the one writer: nothing can be committed beside it
            add(tx, A, "2")
            assert list(everything(store)) == []
        changed(store, B, "4")
        number_all(store)
        assert codes(everything(store)) == ["2", "4"]
        return
    with store.write() as early:
        add(early, A, "2")
        changed(store, B, "4")
        number_all(store)
        assert codes(everything(store)) == ["4"]
        with store.read() as tx:
            reached = reading.page(tx, 0, limit=10, allowed=lambda _: True).reached
    number_all(store)
    assert codes(everything(store, after=reached)) == ["2"]


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
def test_second_writer_waits_and_numbers_what_was_committed_meanwhile(store: Store) -> None:
    """Each change has one place, without a gap, also with a writer in every process."""
    changed(store, A, "1", "2", "3")
    counts: list[int] = []
    second = threading.Thread(target=lambda: counts.append(number_all(store)))
    with store.write() as tx:
        assert numbering.number_new(tx, now=now()) == 3
        second.start()
        assert wait_blocked(store, second)
        changed(store, B, "4")
    second.join(30)
    assert counts == [1]
    found = list(everything(store))
    assert [change.position for change in found] == [1, 2, 3, 4]
    assert [change.code for change in found] == ["1", "2", "3", "4"]


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
def test_numbering_that_is_rolled_back_leaves_no_gap(store: Store) -> None:
    """A process that dies while it numbers has numbered nothing."""
    changed(store, A, "1", "2")
    with pytest.raises(ZeroDivisionError), store.write() as tx:
        numbering.number_new(tx, now=now())
        raise ZeroDivisionError
    assert list(everything(store)) == []
    number_all(store)
    assert [change.position for change in everything(store)] == [1, 2]


def test_many_changes_are_numbered_page_by_page_in_their_order(store: Store) -> None:
    """The changes of one dossier never overtake one another."""
    changed(store, A, *map(str, range(10)))
    assert [number_all(store, most=4) for _ in range(4)] == [4, 4, 2, 0]
    assert codes(everything(store)) == list(map(str, range(10)))


def test_writers_and_a_reader_at_once_lose_nothing(store: Store) -> None:
    """Four writers commit, two number, one reads: each change once, each dossier's in order."""
    each, writers = 15, 4

    def write(writer: int) -> Callable[[], None]:
        number = f"000.99.01.H57-180806-{writer:04d}"
        return lambda: changed(store, number, *map(str, range(each)))

    def keep_numbering() -> None:
        while not done.is_set():
            number_all(store, most=7)

    done = threading.Event()
    numberers = [threading.Thread(target=keep_numbering) for _ in range(2)]
    threads = [threading.Thread(target=write(writer)) for writer in range(writers)]
    for thread in numberers + threads:
        thread.start()
    seen: list[DossierChange] = []
    while len(seen) < each * writers:
        after = seen[-1].position if seen else 0
        seen += everything(store, after=after)
        if not any(thread.is_alive() for thread in threads + numberers):
            break
    done.set()
    for thread in numberers + threads:
        thread.join(60)
    assert [change.position for change in seen] == list(range(1, each * writers + 1))
    for number in {change.number for change in seen}:
        own = [change.code for change in seen if change.number == number]
        assert own == list(map(str, range(each)))


def test_page_looks_at_a_bounded_number_of_changes(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader that may see few of them gets an empty page and a place to go on from."""
    changed(store, A, "1", "2", "3")
    changed(store, B, "4")
    number_all(store)
    monkeypatch.setattr(reading, "READ_AT_ONCE", 2)
    with store.read() as tx:
        page = reading.page(tx, 0, limit=10, allowed=lambda number: number == B)
        assert (page.changes, page.reached, page.more) == ([], 2, True)
        page = reading.page(tx, page.reached, limit=10, allowed=lambda number: number == B)
    assert [change.code for change in page.changes] == ["4"]
    assert page.reached == 4


def test_restore_begins_an_epoch_and_tells_old_readers_where_to_go_on(store: Store) -> None:
    """What was read up to the copy is the same; what comes now has other ids."""
    changed(store, A, "1", "2")
    number_all(store)
    with store.read() as tx:
        before = reading.state_of(tx)
    changed(store, A, "3")
    number_all(store)  # of this the copy does not know
    with store.read() as tx:
        undone = reading.state_of(tx).event_id(3)
    as_the_copy(store, last=2)
    with store.write() as tx:
        doubt_everything(tx, now=now())
    changed(store, A, "4")
    number_all(store)
    with store.read() as tx:
        state = reading.state_of(tx)
    for read_up_to, begin in ((3, 2), (1, 1)):
        with pytest.raises(FeedRestarted) as told:
            position_of(before.cursor(read_up_to), state)
        assert told.value.begin == state.cursor(begin)
    assert state.event_id(2) == before.event_id(2)
    assert state.event_id(3) != undone
    assert codes(everything(store, after=2)) == ["4"]


def as_the_copy(store: Store, *, last: int) -> None:
    """Put the feed back to what a copy of the database had."""
    with store.write() as tx:
        tx.execute(sa.delete(feed_table).where(feed_table.c.position > last))
        tx.execute(sa.update(change_feed).values(last=last))


def test_removed_changes_leave_a_note_up_to_where(store: Store) -> None:
    """Positions are not given again, and a reader that is behind is told."""
    changed(store, A, "1")
    changed(store, B, "2")
    changed(store, A, "3")
    number_all(store)
    with store.write() as tx:
        numbering.remove(tx, [A])
        numbering.remove(tx, [])
    changed(store, B, "4")
    number_all(store)
    assert [change.position for change in everything(store)] == [2, 4]
    with store.read() as tx:
        assert reading.state_of(tx).removed_to == 3


def test_role_numbers_what_was_committed_and_calls_its_listener(store: Store) -> None:
    """And does nothing where nothing is new."""
    heard: list[str] = []
    role = ChangeFeed(store, clock=now, on_numbered=lambda: heard.append("numbered"))
    assert role.run_once() == 0
    changed(store, A, "1")
    assert role.run_once() == 1
    assert (role.run_once(), heard) == (0, ["numbered"])


def test_epoch_begins_later_than_the_one_before(store: Store) -> None:
    """Two restores, two epochs, each with an id of its own."""
    with store.write() as tx:
        numbering.begin_epoch(tx, now=now())
        state = numbering.begin_epoch(tx, now=now() + timedelta(seconds=1))
        rows = tx.execute(sa.select(change_epochs.c.seq).order_by(change_epochs.c.seq)).scalars()
        assert list(rows) == [1, 2, 3]
    assert len({epoch.id for epoch in state.epochs}) == 3
