"""No statement on PostgreSQL holds locks for long; what has to read everything is not cut off."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from hub.exchange.housekeeping.timer import Timer
from hub.runtime.store_retry import retry_while_unavailable
from hub.store.deliveries import transitions
from hub.store.engine import session
from hub.store.engine.store import Store, is_away

pytestmark = pytest.mark.postgres
LIMIT = timedelta(milliseconds=300)
LIMITS = ("statement_timeout", "enable_seqscan", "enable_hashjoin", "enable_mergejoin")
SLEEP = sa.text("SELECT pg_sleep(0.6)")


@pytest.fixture
def store(migrated_postgres_url: str) -> Iterator[Store]:
    """A store whose statements may take no longer than LIMIT."""
    made = Store(migrated_postgres_url, longest=LIMIT)
    yield made
    made.close()


def limits(connection: sa.Connection) -> list[str]:
    """Return the limits of a connection."""
    return [connection.execute(sa.text(f"SHOW {name}")).scalar_one() for name in LIMITS]


def test_a_statement_that_waits_too_long_lets_go_of_its_locks_and_is_tried_again(
    store: Store,
) -> None:
    """It got the first lane and waits for the second: the first is free when it is cut off."""
    timer = Timer(store, clock=lambda: datetime.now(UTC))
    with store.write() as tx:
        transitions.lock_lanes(tx, "provincial", ["a", "b"])
    tries: list[str] = []

    def settle() -> str:
        tries.append("tried")
        if len(tries) == 2:
            with store.write() as tx:
                mine = "SELECT lane FROM lanes WHERE lane = 'a' FOR UPDATE NOWAIT"
                assert tx.execute(sa.text(mine)).scalar_one() == "a"
            held.rollback()
        with store.write() as tx:
            transitions.lock_lanes(tx, "provincial", ["a", "b"])
        return "settled"

    with store.engine.connect() as other:
        held = other.begin()
        transitions.lock_lanes(other, "provincial", ["b"])
        assert retry_while_unavailable(timer, settle) == "settled"
    assert len(tries) == 2


def test_a_statement_that_is_cut_off_counts_as_absence(store: Store) -> None:
    """So every role treats it as a database that is away for a moment."""
    with pytest.raises(sa.exc.DBAPIError) as cut, store.read() as tx:
        tx.execute(SLEEP)
    assert is_away(cut.value)
    assert getattr(cut.value.orig, "sqlstate", "") == "57014"


def test_long_work_has_no_limit_and_leaves_none_off(store: Store) -> None:
    """Also where the pool gives its connection to hot work afterwards."""
    with store.read() as tx:
        before = limits(tx)
    assert before == ["300ms", "off", "off", "off"]
    with store.read(long=True) as tx:
        tx.execute(SLEEP)
        assert limits(tx) == ["0", "on", "on", "on"]
    with store.write(long=True) as tx:
        assert limits(tx) == ["0", "on", "on", "on"]
    with store.read() as tx:
        assert limits(tx) == before


def test_a_migration_has_no_limit_over_all_its_transactions(store: Store) -> None:
    """It may build an index over millions of rows."""
    with store.engine.connect() as connection:
        before = limits(connection)
        with session.freed(connection):
            assert limits(connection)[0] == "0"
            connection.commit()
            assert limits(connection)[0] == "0"
        assert limits(connection) == before


def test_growing_tables_are_cleaned_up_by_number_and_not_by_a_fifth(store: Store) -> None:
    """Of five million rows a fifth is a million dead ones in an index of what is open."""
    query = (
        "SELECT relname, reloptions FROM pg_class WHERE relkind = 'r' AND reloptions IS NOT NULL"
    )
    with store.read() as tx:
        options = {
            name: dict(it.split("=") for it in given) for name, given in tx.execute(sa.text(query))
        }
    for table in ("journal", "deliveries", "attempts", "outbox", "chain_heads"):
        assert float(options[table]["autovacuum_vacuum_scale_factor"]) <= 0.01
        assert int(options[table]["autovacuum_vacuum_threshold"]) <= 10_000


def test_plans_are_forgotten_before_a_connection_is_used_again(migrated_postgres_url: str) -> None:
    """One that was made for an empty table would be kept while the table fills."""
    last = sa.text("SELECT query FROM pg_stat_activity WHERE pid = :pid")
    for kept in (timedelta(0), timedelta(hours=1)):
        store = Store(migrated_postgres_url, plans_last=kept)
        with store.read() as tx:
            tx.execute(sa.text("SELECT 1"))
        with store.read() as tx, store.read() as other:
            line: Any = tx.connection.dbapi_connection
            said = other.execute(last, {"pid": line.info.backend_pid}).scalar_one()
        assert (said == "DISCARD PLANS") is (not kept)
        store.close()
