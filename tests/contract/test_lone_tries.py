"""The marks of lone tries, on both databases."""

from hub.messages import catalog, envelope
from hub.store import journal, lone_tries, parked
from hub.store.engine import Store
from tests.support.ward import MONDAY, reception
from tests.support.works import now


def test_a_mark_stands_until_it_is_taken_away(store: Store) -> None:
    """Written twice, because a commit may have gone through unseen, it still is one mark."""
    with store.write() as tx:
        assert lone_tries.begun(tx, "m") == 0
        lone_tries.begin(tx, "m", number=1)
        lone_tries.begin(tx, "m", number=1)
        lone_tries.begin(tx, "other", number=2)
    with store.write() as tx:
        assert (lone_tries.begun(tx, "m"), lone_tries.begun(tx, "other")) == (1, 2)
        lone_tries.end(tx, "m")
        assert (lone_tries.begun(tx, "m"), lone_tries.begun(tx, "other")) == (0, 2)


def test_starts_that_find_a_message_are_counted_beside_its_mark(store: Store) -> None:
    """A start neither takes a mark away nor makes one."""
    with store.write() as tx:
        lone_tries.find(tx, [])
        lone_tries.find(tx, ["a", "b"])
        lone_tries.begin(tx, "a", number=1)
        lone_tries.find(tx, ["a"])
        assert lone_tries.found(tx, times=1) == {"a", "b"}
        assert lone_tries.found(tx, times=2) == {"a"}
        assert (lone_tries.begun(tx, "a"), lone_tries.begun(tx, "b")) == (1, 0)


def test_what_was_handled_after_all_is_forgotten(store: Store) -> None:
    """And a parked one is not: it has killed."""
    message = catalog.compose(reception(), time=MONDAY, source="test")
    entry = journal.Entry(message, envelope.encode(message))
    with store.write() as tx:
        journal.park(tx, entry, now(), code="handler_killed", reason="x")
        for id in (message.id, "gone"):
            lone_tries.begin(tx, id, number=2)
        lone_tries.forget(tx)
        assert lone_tries.begun(tx, message.id) == 2
        assert lone_tries.begun(tx, "gone") == 0
        parked.take_up(tx, [message.id])
        assert lone_tries.begun(tx, message.id) == 0
