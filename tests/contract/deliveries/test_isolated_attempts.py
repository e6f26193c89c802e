"""The marks of isolated attempts, on both databases."""

from hub.messages import catalog, envelope
from hub.store.engine.store import Store
from hub.store.messages import isolated_attempts, journal, parked
from tests.support.ward import MONDAY, reception
from tests.support.works import now


def test_a_mark_stands_until_it_is_taken_away(store: Store) -> None:
    """Written twice, because a commit may have gone through unseen, it still is one mark."""
    with store.write() as tx:
        assert isolated_attempts.begun(tx, "m") == 0
        isolated_attempts.begin(tx, "m", number=1)
        isolated_attempts.begin(tx, "m", number=1)
        isolated_attempts.begin(tx, "other", number=2)
    with store.write() as tx:
        assert (isolated_attempts.begun(tx, "m"), isolated_attempts.begun(tx, "other")) == (1, 2)
        isolated_attempts.end(tx, "m")
        assert (isolated_attempts.begun(tx, "m"), isolated_attempts.begun(tx, "other")) == (0, 2)


def test_starts_that_find_a_message_are_counted_beside_its_mark(store: Store) -> None:
    """A start neither takes a mark away nor makes one."""
    with store.write() as tx:
        isolated_attempts.find(tx, [])
        isolated_attempts.find(tx, ["a", "b"])
        isolated_attempts.begin(tx, "a", number=1)
        isolated_attempts.find(tx, ["a"])
        assert isolated_attempts.found(tx, times=1) == {"a", "b"}
        assert isolated_attempts.found(tx, times=2) == {"a"}
        assert (isolated_attempts.begun(tx, "a"), isolated_attempts.begun(tx, "b")) == (1, 0)


def test_what_was_handled_after_all_is_forgotten(store: Store) -> None:
    """And a parked one is not: it has killed."""
    message = catalog.compose(reception(), time=MONDAY, source="test")
    entry = journal.JournalEntry(message, envelope.encode(message))
    with store.write() as tx:
        journal.park(tx, entry, now(), code="handler_killed", reason="x")
        for id in (message.id, "gone"):
            isolated_attempts.begin(tx, id, number=2)
        isolated_attempts.forget(tx)
        assert isolated_attempts.begun(tx, message.id) == 2
        assert isolated_attempts.begun(tx, "gone") == 0
        parked.retry(tx, [message.id])
        assert isolated_attempts.begun(tx, message.id) == 0
