"""What stands between the hub and PostgreSQL, and what keeps it from cleaning up, is named."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from hub.preflight.store.machine import database
from hub.preflight.store.sessions import sessions
from hub.settings import Settings
from hub.store.engine.store import Store
from hub.store.server.oldest_transaction import holders
from hub.store.server.pooler import Pooling, pooling
from tests.support.database.pooler import pooler

pytestmark = pytest.mark.postgres


@pytest.fixture
def store(migrated_postgres_url: str) -> Iterator[Store]:
    """A store on PostgreSQL itself."""
    made = Store(migrated_postgres_url)
    yield made
    made.close()


def test_postgresql_itself_is_no_pooler(store: Store) -> None:
    """And nothing is told of it; no transaction of ours is told as one that stays open."""
    assert pooling(store) is Pooling.NONE
    assert [(it.subject, it.ok) for it in sessions(store)] == [("database transactions", True)]


def test_a_pooler_of_transactions_is_named_and_refused(
    migrated_postgres_url: str, tmp_path: Path
) -> None:
    """With the setting that works."""
    with pooler(tmp_path, migrated_postgres_url, mode="transaction") as url:
        store = Store(url)
        (found,) = sessions(store)
        store.close()
    assert (found.subject, found.ok, found.fatal) == ("database pooler", False, True)
    assert "transaction mode" in found.detail
    assert "pool_mode=session" in found.fix
    assert "ignore_startup_parameters" in found.fix


def test_behind_a_pooler_of_sessions_the_limits_of_statements_hold(
    migrated_postgres_url: str, tmp_path: Path
) -> None:
    """Although it drops the options of a new session; and the store knows the server's process."""
    with pooler(tmp_path, migrated_postgres_url, mode="session") as url:
        store = Store(url, longest=timedelta(milliseconds=200))
        assert pooling(store) is Pooling.SESSION
        with store.read() as tx:
            assert tx.execute(sa.text("SHOW enable_seqscan")).scalar_one() == "off"
        with store.read() as tx, pytest.raises(sa.exc.OperationalError, match="statement timeout"):
            tx.execute(sa.text("SELECT pg_sleep(5)"))
        assert [it.ok for it in sessions(store)] == [True, True]
        store.close()


def test_a_pooler_that_refuses_the_options_of_a_session_is_told_with_its_setting(
    migrated_postgres_url: str, tmp_path: Path
) -> None:
    """PgBouncer's words alone say nothing of what to do."""
    with pooler(tmp_path, migrated_postgres_url, mode="session", ignores="extra") as url:
        (found,) = database(Settings(data_dir=str(tmp_path), database_url=url))
    assert not found.ok
    assert "ignore_startup_parameters" in found.fix


def test_a_line_behind_a_pooler_that_works_is_not_cut(
    migrated_postgres_url: str, tmp_path: Path
) -> None:
    """A statement may take longer than a silent line is trusted."""
    with pooler(tmp_path, migrated_postgres_url, mode="session") as url:
        store = Store(url, patience=timedelta(milliseconds=300))
        with store.read() as tx:
            tx.execute(sa.text("SELECT pg_sleep(1.5)"))
        store.close()


def test_the_oldest_transaction_is_named_with_its_holder(store: Store) -> None:
    """Its process and the name that it gave itself, since when, and how it is ended."""
    address = store.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address, application_name="bao-cao") as other:
        other.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        other.execute("SELECT count(*) FROM outbox")
        with store.read(long=True) as tx:
            found = [it for it in holders(tx, longer=timedelta()) if "bao-cao" in it.words]
            assert holders(tx, longer=timedelta(hours=1)) == []
        pid = other.info.backend_pid
    (holder,) = found
    assert f"pid {pid}" in holder.words
    assert holder.since is not None
    assert f"pg_terminate_backend({pid})" in holder.fix
