"""Notifying the relay of another process costs the commits nothing, and none is forgotten."""

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from hub.messages.queues import INGEST
from hub.store.engine import notifier
from hub.store.engine.notifier import Notifier
from hub.store.engine.store import Store
from hub.store.messages import journal, outbox
from tests.contract.store.test_store import NOW, received

pytestmark = pytest.mark.postgres
NEVER = 3600.0
WITHIN = 20.0


@pytest.fixture
def writer(migrated_postgres_url: str) -> Iterator[Store]:
    """The store of a process without a relay."""
    made = Store(migrated_postgres_url)
    yield made
    made.close()


@pytest.fixture
def address(migrated_postgres_url: str) -> str:
    """The database's address as its driver takes it."""
    url = sa.make_url(migrated_postgres_url).set(drivername="postgresql")
    return url.render_as_string(hide_password=False)


@pytest.fixture
def listening(address: str) -> Iterator[psycopg.Connection[Any]]:
    """The line of a relay in another process."""
    with psycopg.connect(address, autocommit=True) as line:
        line.execute(f"LISTEN {notifier.CHANNEL}")
        yield line


@pytest.fixture
def heard(listening: psycopg.Connection[Any]) -> Callable[[int], int]:
    """Waits for so many notifications; tells how many have come by then."""
    return lambda wanted: len(list(listening.notifies(timeout=WITHIN, stop_after=wanted)))


def say(store: Store) -> None:
    """Put a message into the outbox and commit."""
    with store.write() as tx:
        outbox.put(tx, [outbox.ToPublish(INGEST, "m-1", "dossier.received", b"{}")])


def test_the_transaction_itself_does_not_notify(writer: Store, heard: Callable[[int], int]) -> None:
    """PostgreSQL lets commits that notify through one by one, with the sync of the disk."""
    said: list[tuple[threading.Thread, str]] = []

    class Cursor(psycopg.Cursor[Any]):
        def execute(self, query: Any, *args: Any, **options: Any) -> Any:
            said.append((threading.current_thread(), str(query)))
            return super().execute(query, *args, **options)

    def connected(line: Any, _record: object) -> None:
        line.cursor_factory = Cursor

    sa.event.listen(writer.engine, "connect", connected)
    say(writer)
    assert heard(1) == 1
    mine = [text for thread, text in said if thread is threading.current_thread()]
    assert any("outbox" in text for text in mine)
    assert not [text for text in mine if "NOTIFY" in text]


def test_commits_that_follow_one_another_are_told_together_and_the_last_is_not_forgotten(
    writer: Store,
    address: str,
    listening: psycopg.Connection[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also where the process ends before it is time for the next notification."""
    monkeypatch.setattr(notifier, "APART", NEVER)
    say(writer)
    assert len(list(listening.notifies(timeout=WITHIN, stop_after=1))) == 1
    for _ in range(9):
        say(writer)
    writer.close()
    with psycopg.connect(address, autocommit=True) as other:
        other.execute(f"NOTIFY {notifier.CHANNEL}, 'end'")
    coming = listening.notifies(timeout=WITHIN)
    told = list(itertools.takewhile(lambda it: it.payload != "end", coming))
    assert len(told) == 1


def test_a_commit_stands_where_the_system_gives_no_thread_and_the_next_one_is_told(
    writer: Store, heard: Callable[[int], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Raised out of the transaction, the fault would make what is durable look failed."""

    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with writer.read():
        pass  # what the store itself starts with its first line
    with monkeypatch.context() as without:
        without.setattr(threading.Thread, "start", refuse)
        say(writer)
    say(writer)
    assert heard(1) == 1


def test_after_a_notification_that_failed_the_next_commit_is_told(
    writer: Store, heard: Callable[[int], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever went wrong: the relay looks by itself meanwhile."""
    monkeypatch.setattr(notifier, "AGAIN_AFTER", 0.0)
    failed = threading.Event()

    def connect() -> AbstractContextManager[sa.Connection]:
        if not failed.is_set():
            failed.set()
            raise sa.exc.OperationalError("NOTIFY", None, Exception("away"))
        return writer._single.connect()

    one = Notifier(connect)
    one.notify()
    assert failed.wait(WITHIN)
    one.notify()
    assert heard(1) == 1
    one.close()


def test_what_is_accepted_is_told(writer: Store, heard: Callable[[int], int]) -> None:
    """On PostgreSQL accepting writes the outbox by a statement of its own."""
    with writer.write() as tx:
        journal.accept(tx, [received(1, "a" * 32)], NOW)
    assert heard(1) == 1


def test_what_puts_nothing_into_the_outbox_notifies_nobody(
    writer: Store, heard: Callable[[int], int]
) -> None:
    """Nor does what is rolled back, on whatever connection the next commit goes."""
    with pytest.raises(ZeroDivisionError), writer.write() as tx:
        outbox.put(tx, [outbox.ToPublish(INGEST, "m-1", "dossier.received", b"{}")])
        raise ZeroDivisionError
    with writer.write() as tx:
        tx.execute(sa.text("SELECT 1"))
    assert [it for it in threading.enumerate() if it.name == "notifier"] == []
    say(writer)
    assert heard(1) == 1
