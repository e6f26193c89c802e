"""A line to PostgreSQL on which nothing comes back, with the network in between."""

import contextlib
import time
from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest
import sqlalchemy as sa

from hub.drill.sandbox.postgres_node import PrivatePostgres
from hub.store.engine.store import Store, StoreUnavailable, is_away
from tests.support.network.tcp_proxy import TcpProxy

pytestmark = pytest.mark.postgres
PATIENCE = timedelta(milliseconds=800)


@pytest.fixture
def line(postgres_server: PrivatePostgres) -> Iterator[TcpProxy]:
    """The network between the hub and the database."""
    with TcpProxy("127.0.0.1", postgres_server.port) as proxy:
        yield proxy


@pytest.fixture
def store(line: TcpProxy, postgres_url: str) -> Iterator[Store]:
    """A store on the other side of it."""
    store = Store(line.instead_of(postgres_url), patience=PATIENCE, trusted_for=timedelta())
    with store.write() as tx:
        tx.execute(sa.text("CREATE TABLE letters (body text)"))
    yield store
    store.close()


def test_the_line_to_the_database_goes_dead_in_a_transaction(store: Store, line: TcpProxy) -> None:
    """Whoever waits is told that the database is away; what comes next has a new line."""
    with pytest.raises(StoreUnavailable) as caught, store.write() as tx:
        tx.execute(sa.text("INSERT INTO letters VALUES ('lost')"))
        line.go_dead()
        tx.execute(sa.text("INSERT INTO letters VALUES ('lost too')"))
    assert is_away(caught.value)
    with store.read() as tx:
        assert tx.execute(sa.text("SELECT count(*) FROM letters")).scalar_one() == 0


def test_the_line_to_the_database_goes_dead_in_a_batch(store: Store, line: TcpProxy) -> None:
    """The server has a part of it and waits for the rest, and calls that active."""
    rows = [{"body": "x" * 1000}] * 200
    with pytest.raises(StoreUnavailable) as caught, store.write() as tx:
        tx.execute(sa.text("SELECT 1"))
        line.lose_after(20_000)
        tx.execute(sa.text("INSERT INTO letters VALUES (:body)"), rows)
    assert is_away(caught.value)
    with store.read() as tx:
        assert tx.execute(sa.text("SELECT count(*) FROM letters")).scalar_one() == 0


def test_who_fell_silent_in_a_batch_keeps_nobody_waiting(store: Store) -> None:
    """Its session is ended by whoever waits for its lock, as the server ends others by itself."""
    other = psycopg.connect(str(store.url).replace("+psycopg", ""))
    with contextlib.closing(other):
        said = other.pgconn
        said.enter_pipeline_mode()
        said.send_query_params(b"BEGIN", None)
        said.send_query_params(b"LOCK TABLE letters", None)
        said.send_flush_request()
        said.flush()
        with store.read() as tx:
            locked = sa.text("SELECT 1 FROM pg_locks WHERE relation = 'letters'::regclass")
            end = time.monotonic() + 20
            while not tx.execute(locked).first():
                assert time.monotonic() < end
        with store.write() as tx:
            tx.execute(sa.text("INSERT INTO letters VALUES ('written')"))


def test_the_answer_to_a_commit_is_swallowed(store: Store, line: TcpProxy) -> None:
    """Nobody knows what came of it; the waiter is told that the database is away."""
    with pytest.raises(StoreUnavailable) as caught, store.write() as tx:
        tx.execute(sa.text("INSERT INTO letters VALUES ('kept')"))
        line.swallow_replies = True
    line.swallow_replies = False
    assert is_away(caught.value)
    with store.read() as tx:
        assert tx.execute(sa.text("SELECT body FROM letters")).scalar_one() == "kept"


def test_a_line_that_died_while_idle_costs_a_wait_and_no_error(
    store: Store, line: TcpProxy
) -> None:
    """The ping before a transaction meets it."""
    line.go_dead()
    with store.read() as tx:
        assert tx.execute(sa.text("SELECT 1")).scalar_one() == 1


def test_a_long_statement_is_left_alone(store: Store) -> None:
    """The server is asked, and it says that it works."""
    with store.read() as tx:
        tx.execute(sa.text("SELECT pg_sleep(2.5)"))


def test_locks_of_a_client_that_stands_still_do_not_stay(store: Store) -> None:
    """The server ends a session that sits in a transaction, and a line that nobody answers."""
    with store.read() as tx:
        for name in ("idle_in_transaction_session_timeout", "tcp_user_timeout"):
            assert tx.execute(sa.text(f"SHOW {name}")).scalar_one() not in {"0", "0ms"}
