"""A message that is asked for again in the very moment in which it is handled is handled once, and
the two never wait for each other."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from hub.messages.envelope import encode
from hub.store.engine.store import Store
from hub.store.messages import journal
from hub.store.records import early_messages
from tests.support.database.blocked import wait_blocked
from tests.support.works import step

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(60)]
NOW = datetime(2018, 8, 6, 3, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


def entry_of(nth: int) -> journal.JournalEntry:
    """Return a step of one dossier, with a meaning of its own."""
    message = step(1, nth)
    return journal.JournalEntry(message, encode(message), dedup_key=message.id)


@pytest.fixture
def store(migrated_postgres_url: str) -> Iterator[Store]:
    """Return the store of a migrated database."""
    made = Store(migrated_postgres_url)
    yield made
    made.close()


def test_what_is_being_handled_is_passed_over(store: Store) -> None:
    """Who asks for messages again takes the others, and waits for nobody."""
    held, free = entry_of(1), entry_of(2)
    with store.write() as tx:
        journal.accept(tx, [held, free], NOW)
        tx.execute(sa.text("DELETE FROM outbox"))  # published
    with store.write() as handling:
        assert journal.mark_handled(handling, [held], NOW) == {held.message.id}
        with store.write() as timer:
            _wait_for_nobody(timer)
            assert journal.enqueue_lost(timer, recorded_before=LATER, after="") == (1, "")
    with store.write() as tx:
        assert tx.execute(sa.text("SELECT message_id FROM outbox")).scalars().all() == [
            free.message.id
        ]
        assert journal.mark_handled(tx, [held, free], NOW) == {free.message.id}


def test_an_early_message_that_comes_again_is_woken_by_the_next_sweep(store: Store) -> None:
    """A repeat of it locks it and then wants its dossier, which whoever wakes it has."""
    early = entry_of(1)
    with store.write() as tx:
        journal.accept(tx, [early], NOW)
        early_messages.keep(tx, early, NOW)
    with store.write() as repeat:
        assert journal.mark_handled(repeat, [early], NOW) == set()
        with store.write() as dossier:
            _wait_for_nobody(dossier)
            assert early_messages.wake(dossier, early.message.key) == []
    with store.write() as timer:
        assert early_messages.wake_all(timer) == [early.message.id]


def _wait_for_nobody(tx: sa.Connection) -> None:
    """Have a statement fail that waits for a lock."""
    tx.execute(sa.text("SET LOCAL lock_timeout = '200ms'"))


def test_two_batches_with_the_same_messages_do_not_wait_for_each_other_in_a_circle(
    store: Store,
) -> None:
    """Repeats come in any order: both lock by id, and the second one waits at the first row."""
    first, second = sorted((entry_of(1), entry_of(2)), key=lambda entry: entry.message.id)
    with store.write() as tx:
        journal.accept(tx, [first, second], NOW)
    handled: list[set[str]] = []

    def other_batch() -> None:
        with store.write() as tx:
            handled.append(journal.mark_handled(tx, [second, first], NOW))

    other = threading.Thread(target=other_batch)
    with store.write() as tx:
        assert journal.mark_handled(tx, [first], NOW) == {first.message.id}
        other.start()
        assert wait_blocked(store, other)
        _wait_for_nobody(tx)
        assert journal.mark_handled(tx, [second], NOW) == {second.message.id}
    other.join(20)
    assert handled == [set()]
