"""Writers that share SQLite's one transaction: what each of them is promised all the same."""

import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from hub.store.engine import sqlite_writer as turns_module
from hub.store.engine.sqlite_writer import (
    CommitUnknown,
    NestedWrite,
    SharedWriter,
    TransactionLost,
    WriterBusy,
)
from hub.store.engine.store import Store, Tx, is_away
from hub.store.messages import outbox


@pytest.fixture
def store(sqlite_store: Store) -> Store:
    return sqlite_store


@pytest.fixture
def interruptible() -> Iterator[None]:
    """SIGINT interrupts, also where a shell started the tests in the background: it ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def put(tx: Tx, name: str) -> None:
    outbox.put(tx, [outbox.ToPublish("ingest.records", name, "", b"{}")])


def names(store: Store) -> list[str]:
    with store.write() as tx:
        return [row.message_id for row in outbox.head(tx, 1000)]


def in_one_round(store: Store, *writers: threading.Thread) -> None:
    """Let the writers queue up behind a turn, so that they share its transaction, however slow the
    machine is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(turns_module, "LONGEST", 60)
        with store.write() as tx:
            put(tx, "first")
            for count, writer in enumerate(writers, start=1):
                writer.start()
                until_waiting(store, count)
        for writer in writers:
            writer.join()


def waiting(store: Store) -> int:
    assert store.sqlite_writer is not None
    return store.sqlite_writer.waiting


def test_a_turn_that_fails_leaves_nothing_and_harms_nobody(store: Store) -> None:
    """Its neighbours in the same transaction are durable; its own error comes out unchanged."""
    seen: list[BaseException] = []

    def failing() -> None:
        try:
            with store.write() as tx:
                put(tx, "half")
                raise RuntimeError("in the middle")
        except RuntimeError as error:
            seen.append(error)

    def working() -> None:
        with store.write() as tx:
            put(tx, "second")

    in_one_round(store, threading.Thread(target=failing), threading.Thread(target=working))
    assert names(store) == ["first", "second"]
    assert [str(error) for error in seen] == ["in the middle"]


def test_a_commit_that_fails_fails_for_everybody_of_its_round(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is told "durable" of what a full disk did not take; the next round works."""
    real, failures = sa.Connection.commit, [sa.exc.OperationalError("COMMIT", {}, OSError("full"))]

    def commit(connection: sa.Connection) -> None:
        if failures:
            raise failures.pop()
        real(connection)

    monkeypatch.setattr(sa.Connection, "commit", commit)
    told: list[bool] = []

    def writer() -> None:
        try:
            with store.write() as tx:
                put(tx, "second")
            told.append(True)
        except sa.exc.OperationalError as error:
            told.append(not is_away(error))

    threads = [threading.Thread(target=writer) for _ in range(2)]
    with pytest.raises(sa.exc.OperationalError):
        in_one_round(store, *threads)
    for thread in threads:
        thread.join()
    assert (told, names(store)) == ([False, False], [])
    with store.write() as tx:
        put(tx, "after")
    assert names(store) == ["after"]


def test_an_error_that_ends_the_transaction_is_told_to_those_before(store: Store) -> None:
    """SQLite rolls everything back by itself on some errors: nobody of the round may go on."""

    def breaking() -> None:
        with pytest.raises(sa.exc.OperationalError), store.write() as tx:
            tx.exec_driver_sql("ROLLBACK")
            tx.exec_driver_sql("this is no statement")

    with pytest.raises(sa.exc.OperationalError):
        in_one_round(store, threading.Thread(target=breaking))
    assert names(store) == []
    with store.write() as tx:
        put(tx, "after")
    assert names(store) == ["after"]


def test_what_a_writer_wrote_is_there_for_others_when_it_returns(store: Store) -> None:
    """Each sees its own row through another connection, at once, whoever committed it."""

    def write_and_look(number: int) -> bool:
        with store.write() as tx:
            put(tx, f"m{number}")
        return f"m{number}" in names(store)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(write_and_look, range(200)))
    assert len(names(store)) == 200


@pytest.mark.usefixtures("interruptible")
def test_a_writer_that_is_interrupted_while_it_waits_takes_no_turn_with_it(store: Store) -> None:
    """Ctrl-C in the main thread: whoever stands behind it, and whoever comes later, has a turn."""
    begun = threading.Event()
    behind, later = (
        threading.Thread(target=put_one, args=(store, name), daemon=True)
        for name in ("behind", "later")
    )

    def hold() -> None:
        with store.write() as tx:
            put(tx, "first")
            begun.set()
            until_waiting(store, 1)
            behind.start()
            until_waiting(store, 2)
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            until_waiting(store, 1)

    holding = threading.Thread(target=hold, daemon=True)
    holding.start()
    assert begun.wait(10)
    with pytest.raises(KeyboardInterrupt), store.write():
        raise AssertionError("it was not interrupted")
    holding.join(10)
    later.start()
    for writer in (behind, later):
        writer.join(10)
        assert not writer.is_alive()
    assert sorted(names(store)) == ["behind", "first", "later"]


@pytest.mark.usefixtures("interruptible")
def test_who_is_interrupted_before_it_could_commit_for_others_leaves_nobody_behind(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A writer left the commit to the one that waited: it is durable all the same, and returns."""
    turns = store.sqlite_writer
    assert turns is not None
    real = turns._leave
    begun = threading.Event()

    def leave(own: object) -> None:
        real(own)  # type: ignore[arg-type]
        if waiting(store):
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            until_waiting(store, 0)

    def hold() -> None:
        with store.write() as tx:
            put(tx, "first")
            begun.set()
            until_waiting(store, 1)

    monkeypatch.setattr(turns_module, "LONGEST", 60)
    monkeypatch.setattr(turns, "_leave", leave)
    holding = threading.Thread(target=hold, daemon=True)
    holding.start()
    assert begun.wait(10)
    with pytest.raises(KeyboardInterrupt), store.write():
        raise AssertionError("it was not interrupted")
    holding.join(10)
    assert not holding.is_alive()
    assert names(store) == ["first"]


def put_one(store: Store, name: str) -> None:
    with store.write() as tx:
        put(tx, name)


def until_waiting(store: Store, count: int) -> None:
    """Wait until so many writers wait; gives up, so that no failure hangs."""
    give_up = time.monotonic() + 30
    while waiting(store) != count and time.monotonic() < give_up:
        threading.Event().wait(0.001)


def test_a_write_inside_a_write_is_refused_and_not_waited_for(store: Store) -> None:
    """It would wait for itself; the outer one goes on as if nothing had been."""
    with store.write() as tx:
        put(tx, "outer")
        with pytest.raises(NestedWrite), store.write():
            raise AssertionError("it was let in")
        put(tx, "still outer")
    assert names(store) == ["outer", "still outer"]


def test_a_writer_that_gets_no_turn_has_written_nothing_and_says_so(store: Store) -> None:
    """Its error counts as an absence of the database, and the next writer is served."""
    store.sqlite_writer = SharedWriter(
        store.engine.connect, wait_at_most=timedelta(milliseconds=50)
    )
    entered, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        with store.write() as tx:
            put(tx, "first")
            entered.set()
            go_on.wait(20)

    with ThreadPoolExecutor(1) as pool:
        holding = pool.submit(hold)
        assert entered.wait(20)
        with pytest.raises(WriterBusy) as caught, store.write():
            raise AssertionError("it was let in")
        go_on.set()
        holding.result(20)
    assert is_away(caught.value)
    assert names(store) == ["first"]


def test_a_writer_that_does_not_see_its_commit_says_that_nobody_knows(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk may still take it, as it does here; whoever repeats must be ready for that."""
    real, wait = sa.Connection.commit, turns_module._Round.wait
    entered, go_on = threading.Event(), threading.Event()

    def commit(connection: sa.Connection) -> None:
        entered.set()
        go_on.wait(20)
        real(connection)

    monkeypatch.setattr(turns_module, "LONGEST", 60)
    monkeypatch.setattr(sa.Connection, "commit", commit)
    # Only the wait for a commit is short: the second one must get its permit on a busy machine.
    monkeypatch.setattr(turns_module._Round, "wait", lambda own, _: wait(own, 0.05))

    def leave_it_to_the_next() -> Future[None]:
        with pytest.raises(CommitUnknown) as caught, store.write() as tx:
            put(tx, "first")
            second = pool.submit(put_one, store, "second")
            until_waiting(store, 1)
        assert is_away(caught.value)
        return second

    with ThreadPoolExecutor(2) as pool:
        second = pool.submit(leave_it_to_the_next).result(20)
        assert entered.wait(20)
        go_on.set()
        second.result(20)
    assert waiting(store) == 0
    assert names(store) == ["first", "second"]


def test_a_transaction_that_sqlite_ended_by_itself_is_no_success(store: Store) -> None:
    """The first writer has no savepoint: an error that it caught must not hide the loss."""
    with store.write() as tx:
        tx.exec_driver_sql("CREATE TABLE full (word TEXT)")
        pages = tx.exec_driver_sql("PRAGMA page_count").scalar_one()
        tx.exec_driver_sql(f"PRAGMA max_page_count = {pages + 1}")
    with pytest.raises(TransactionLost) as told, store.write() as tx:
        put(tx, "kept?")
        with pytest.raises(sa.exc.DBAPIError):  # as a caller that goes on after an error
            tx.exec_driver_sql("INSERT INTO full VALUES (?)", ("x" * 5_000_000,))
    assert is_away(told.value)
    assert names(store) == []
