"""A message that is asked for again in the very moment in which it is handled is handled once."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from hub.messages.envelope import encode
from hub.store.engine.store import Store
from hub.store.messages import journal
from tests.support.database.blocked import wait_blocked
from tests.support.works import step

NOW = datetime(2018, 8, 6, 3, 0, tzinfo=UTC)


@pytest.mark.postgres
def test_what_is_handled_meanwhile_stays_handled(migrated_postgres_url: str) -> None:
    """The timer saw it unhandled and comes second: `mark_handled` must not return it once more."""
    store = Store(migrated_postgres_url)
    with store.write() as tx:
        message = step(1, 1)
        entry = journal.JournalEntry(message, encode(message), dedup_key=message.id)
        journal.accept(tx, [entry], NOW)
        tx.execute(sa.text("DELETE FROM outbox"))  # published

    def again() -> None:
        with store.write() as tx:
            journal.enqueue_lost(tx, recorded_before=NOW + timedelta(hours=1), after="")

    timer = threading.Thread(target=again)
    with store.write() as tx:
        assert journal.mark_handled(tx, [entry], NOW) == {entry.message.id}
        timer.start()
        assert wait_blocked(store, timer)
    timer.join(20)
    with store.write() as tx:
        assert journal.mark_handled(tx, [entry], NOW) == set()
    store.close()
