"""A database that ends all its sessions at a step of the archive, as when it is started anew."""

from pathlib import Path

import psycopg
import pytest

from hub.operations.archive.config import Archive
from hub.operations.archive.leading import NotLeading
from hub.operations.archive.run import deleting
from hub.operations.archive.run.archiving import run
from hub.runtime.failpoints import Point
from hub.store.engine.store import is_away
from tests.contract.archive.conftest import BY, archive_of
from tests.support.archive.steps import (
    POINTS,
    at_step,
    check_all_are_archived,
    check_nothing_is_lost,
    ended,
)
from tests.support.ward import open_ward

pytestmark = pytest.mark.postgres
COUNT = 3


def end_sessions(url: str) -> None:
    """Have the database end every session but this one."""
    query = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()"""
    with psycopg.connect(url.replace("postgresql+psycopg", "postgresql"), autocommit=True) as line:
        line.execute(query)


def run_or_lose_it(archive: Archive) -> None:
    """Run the archive; its database may go away, or the lead that it had there."""
    try:
        run(archive, BY)
    except NotLeading:
        pass
    except Exception as error:
        if not is_away(error):
            raise


@pytest.mark.parametrize("point", POINTS)
def test_nothing_is_lost_and_the_next_run_goes_on(
    migrated_postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, point: Point
) -> None:
    """Nor where the lead is lost with the session that held it."""
    with open_ward(tmp_path, migrated_postgres_url) as ward:
        archive, lines = archive_of(ward, tmp_path), ended(ward, COUNT)
        monkeypatch.setattr(deleting, "BATCH", 1)
        at_step(monkeypatch, point, lambda: end_sessions(migrated_postgres_url))
        run_or_lose_it(archive)
        check_nothing_is_lost(ward, archive, lines)
        run(archive, BY)
        check_all_are_archived(ward, archive, lines)
