"""An INSERT that may find the row there tells which it was, on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub.messages import payloads as p
from hub.store import dossiers
from hub.store.engine import Store
from hub.store.migrate import migrate

NOW = datetime(2018, 8, 6, 9, 0, tzinfo=UTC)

DOSSIER = dossiers.Dossier(
    number="000.99.01.H57-180806-0001",
    procedure="1.000000",
    sector="G00-TEST",
    inter_level=False,
    channel=p.Channel(1),
    applicant=p.Applicant(kind=p.ApplicantKind(1), name="Nguyễn Văn Mẫu"),
    summary="",
    components=(),
    parcels=(),
    officer="",
    received_at=NOW,
    due_at=NOW,
    first_due_at=NOW,
    status=p.Status.ACCEPTED,
    status_at=NOW,
)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A migrated, empty store of either kind."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/hub.db"
    else:
        url = request.getfixturevalue("postgres_url")
    made = Store(url)
    migrate(made)
    yield made
    made.close()


def test_a_dossier_is_new_once(store: Store) -> None:
    """Taken for one that is there already, a new dossier would never reach the province."""
    with store.write() as tx:
        assert dossiers.add(tx, DOSSIER)
        assert not dossiers.add(tx, DOSSIER)
        assert dossiers.add(tx, replace(DOSSIER, number="000.99.01.H57-180806-0002"))
