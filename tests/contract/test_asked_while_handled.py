"""A message that is asked for again in the very moment in which it is handled is handled once."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from hub.messages.envelope import encode
from hub.store import journal
from hub.store.engine import Store
from hub.store.migrate import migrate
from tests.support.works import step

NOW = datetime(2018, 8, 6, 3, 0, tzinfo=UTC)
BLOCKED = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = :name"


@pytest.mark.postgres
def test_what_is_handled_meanwhile_stays_handled(postgres_url: str) -> None:
    """The timer saw it unhandled and comes second: `take` must not return it once more."""
    store = Store(postgres_url)
    migrate(store)
    with store.write() as tx:
        message = step(1, 1)
        entry = journal.Entry(message, encode(message), dedup_key=message.id)
        journal.accept(tx, [entry], NOW)
        tx.execute(sa.text("DELETE FROM outbox"))  # published

    def again() -> None:
        with store.write() as tx:
            journal.ask_lost(tx, recorded_before=NOW + timedelta(hours=1), after="")

    timer = threading.Thread(target=again)
    with store.write() as tx:
        assert journal.take(tx, [entry], NOW) == {entry.message.id}
        timer.start()
        wait_blocked(store)
    timer.join(20)
    with store.write() as tx:
        assert journal.take(tx, [entry], NOW) == set()
    store.close()


def wait_blocked(store: Store) -> None:
    """Return when somebody waits for a lock of this database."""
    pause = threading.Event()
    for _ in range(1000):
        with store.read() as tx:
            name = tx.execute(sa.text("SELECT current_database()")).scalar_one()
            if tx.execute(sa.text(BLOCKED), {"name": name}).scalar_one():
                return
        pause.wait(0.02)
    raise AssertionError("nobody waits for the row")
