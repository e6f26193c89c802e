"""Connections to PostgreSQL that were idle, as the next transaction takes them."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa

from hub.drill.sandbox.postgres_node import PrivatePostgres
from hub.store.engine.store import Store
from tests.benchmarks.stores.trips import Counter
from tests.support.network.tcp_proxy import TcpProxy

pytestmark = pytest.mark.postgres
LONG = timedelta(hours=1)
_PID = sa.text("SELECT pg_backend_pid()")


@pytest.fixture
def line(postgres_server: PrivatePostgres) -> Iterator[TcpProxy]:
    """The network between the hub and the database."""
    with TcpProxy("127.0.0.1", postgres_server.port) as proxy:
        yield proxy


def session(store: Store) -> int:
    """Run a transaction; return the number of the server's session."""
    with store.read() as tx:
        pid: int = tx.execute(_PID).scalar_one()
        return pid


@pytest.mark.parametrize(("trusted_for", "ways"), [(LONG, 1), (timedelta(), 2)])
def test_a_connection_is_asked_only_after_a_rest(
    postgres_url: str, trusted_for: timedelta, ways: int
) -> None:
    """Each question is a way to the server and back, as the statement itself is."""
    store, counter = Store(postgres_url, trusted_for=trusted_for), Counter()
    counter.watch(store)
    first = session(store)
    counter.total = 0
    assert {session(store) for _ in range(5)} == {first}
    assert counter.total == 5 * ways
    store.close()


def test_a_session_that_the_server_ended_costs_no_error_however_short_its_rest(
    postgres_url: str, postgres_server: PrivatePostgres
) -> None:
    """The server's last word is there before the next transaction begins."""
    store, other = Store(postgres_url, trusted_for=LONG), Store(postgres_url)
    first = session(store)
    with other.write() as tx:
        tx.execute(sa.text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": first})
    assert session(store) != first
    store.close()
    other.close()


def test_a_line_that_was_cut_costs_no_error_however_short_its_rest(
    postgres_url: str, line: TcpProxy
) -> None:
    """The end of the stream is there before the next transaction begins."""
    store = Store(line.instead_of(postgres_url), trusted_for=LONG)
    first = session(store)
    line.cut()
    assert session(store) != first
    store.close()
