"""No page of the console reads a growing table as a whole, on either database.

Every page that `script/bench console` measures is really asked for; each statement that it sends is
explained on an empty store, as in `test_no_scans`.
"""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.messages.partners import PARTNERS
from hub.store.conservation.balance import balance
from hub.store.engine.store import Store
from hub.store.schema.tables.exchange import metadata
from tests.benchmarks.console.pages import asked, once, open_sessions
from tests.benchmarks.console.standing import Scale, standing
from tests.support.archive.ended import end
from tests.support.console import looking
from tests.support.database.scans import scanned
from tests.support.database.stores import empty_beside
from tests.support.database.traced import traced
from tests.support.ward import Ward, open_ward

SMALL = Scale(
    dead=12,
    ambiguous=3,
    held=4,
    parked=2,
    open_tasks=5,
    closed_tasks=3,
    alerts=2,
    plans=2,
    items=10,
    comparisons=2,
    differences=4,
    proposals=2,
    incidents=12,
    audit_rows=20,
)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def ward(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ward]:
    """A ward with one finished dossier, on either database."""
    sqlite = request.param == "sqlite"
    url = "" if sqlite else request.getfixturevalue("migrated_postgres_url")
    with open_ward(tmp_path, url) as made:
        end(made, 900)
        yield made


@pytest.fixture
def empty(ward: Ward, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Another store of the same kind, migrated and empty."""
    with empty_beside(request, tmp_path, sqlite=ward.store.name == "sqlite") as made:
        yield made


def test_no_page_reads_a_growing_table_as_a_whole(ward: Ward, empty: Store) -> None:
    """Whatever a page shows is found by an index, so that it costs the same in ten years."""
    with standing(ward.store, SMALL):
        pages, cookies = asked(ward.store), open_sessions(ward.store)
        # Only lines that are opened within are traced.
        with (
            traced() as sent,
            closing(Store(ward.store.url)) as store,
            looking(store, signed_in=False) as browser,
        ):
            for page in pages.values():
                once(browser, page, cookies)
    assert {
        "overview",
        "audit_deep",
        "search_receipt",
        "search_name_turned",
        "replay",
    } <= pages.keys()
    statements = [one for one in sent if one.dialect == empty.name]
    assert len(statements) > 50
    found = {one.text: tables for one in statements if (tables := scanned(empty, one))}
    assert found == {}


def test_what_stands_for_a_measurement_is_taken_out_again(ward: Ward) -> None:
    """All rows but those of the audit; the kept counts agree with the deliveries meanwhile, too."""
    before = rows_of(ward.store)
    with standing(ward.store, SMALL):
        assert rows_of(ward.store)["deliveries"] == before["deliveries"] + 19
        with ward.store.read() as tx:
            assert all(it.holds for it in balance(tx, PARTNERS))
    after = rows_of(ward.store)
    assert after.pop("audit") == before.pop("audit") + SMALL.audit_rows
    kept = {"chain_heads", "delivery_count_changes"}
    assert {name: n for name, n in after.items() if name not in kept} == {
        name: n for name, n in before.items() if name not in kept
    }
    with ward.store.read() as tx:
        assert all(it.holds for it in balance(tx, PARTNERS))


def rows_of(store: Store) -> dict[str, int]:
    """Return how many rows each table has."""
    with store.read() as tx:
        return {
            name: tx.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for name, table in metadata.tables.items()
        }
