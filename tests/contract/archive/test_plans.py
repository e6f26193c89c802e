"""Looking for what may go costs what is found, whatever stays, whatever a database believes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from hub.store.archive.candidates import ARCHIVED_TO_ERASE, TO_ARCHIVE, TO_ERASE
from hub.store.archive.pages.positions import PageOrder, Place
from hub.store.engine.store import Store
from hub.store.schema.tables.exchange import from_microseconds
from tests.contract.store.connections.test_hot_plans import analyze, planning
from tests.support.database.stores import empty_store

PUT_OFF, FREE, PAGE = 4000, 40, 20
NOW = from_microseconds(10**15)
INDEXES = {
    TO_ARCHIVE: "ix_dossiers_closed",
    TO_ERASE: "ix_dossiers_unerased",
    ARCHIVED_TO_ERASE: "ix_archived_dossiers_readable",
}
_DOSSIERS = """
INSERT INTO dossiers (number, procedure, sector, inter_level, channel, applicant, summary,
    components, parcels, officer, received_at, due_at, first_due_at, status, status_at, version,
    archive_again, erase_again)
SELECT 'd' || n, '', '', false, 1, '', '', '', '', '', 1, 1, 1, 10, n, 1, {again}, {again}
FROM generate_series({first}, {last}) n"""
_ARCHIVED = """
INSERT INTO archived_dossiers (number, file, place, length, sha256, status, received_at, due_at,
    closed_at, archived_at, erase_again)
SELECT 'a' || n, 1, 1, 1, '', 10, 1, 1, n, 1, {again} FROM generate_series({first}, {last}) n"""
_FILE = (
    "INSERT INTO archive_files (seq, name, month, state, begun_at) VALUES (1, '', '', 'writing', 1)"
)


def page(tx: sa.Connection, order: PageOrder, after: Place = Place()) -> list[Place]:
    """Return the first page."""
    return order.page(tx, before=NOW, until=NOW, after=after, limit=PAGE)


@pytest.fixture(params=["force_custom_plan", "force_generic_plan"])
def misled(
    request: pytest.FixtureRequest, migrated_postgres_url: str
) -> Iterator[tuple[Store, Any]]:
    """A PostgreSQL that was analyzed while it was empty, then filled; and what it carries out."""
    store = Store(migrated_postgres_url)
    with planning(store, request.param) as seen:
        analyze(store)
        with store.write() as tx:
            tx.execute(sa.text(_FILE))
            for text in (_DOSSIERS, _ARCHIVED):
                far = text.format(again=2 * 10**15, first=1, last=PUT_OFF)
                free = text.format(again="NULL", first=PUT_OFF + 1, last=PUT_OFF + FREE)
                tx.execute(sa.text(far))
                tx.execute(sa.text(free))
        yield store, seen
    store.close()


@pytest.mark.postgres
def test_a_page_looks_at_no_dossier_that_was_put_off(misled: tuple[Store, Any]) -> None:
    """With the worst statistics, and with plans made for these values or for any."""
    store, seen = misled
    for order in INDEXES:
        seen.clear()
        with store.read() as tx:
            found = page(tx, order)
            again = page(tx, order, found[-1])
            end = page(tx, order, again[-1])
        assert [len(found), len(again), len(end)] == [PAGE, PAGE, 0]
        looks = [done for done in seen if "coalesce" in done.text]
        assert len(looks) == 3
        for done in looks:
            assert done.rows <= PAGE + 1, done


def test_each_look_has_its_index(tmp_path: Path) -> None:
    """SQLite has no other way to look, and sorts nothing."""
    store = empty_store(tmp_path / "hub.db")
    for order, index in INDEXES.items():
        with store.read() as tx:
            text = order._page._text(tx).sql
            marks = tuple("x" * text.count("?"))
            rows = tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", marks).all()
        plan = "\n".join(row[3] for row in rows)
        assert f"USING INDEX {index}" in plan, plan
        assert "TEMP B-TREE" not in plan
    store.close()
