"""A ward on either database whose dossiers have ended, and its archive, long after."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from hub.operations.archive.config import Archive
from hub.operations.signed_by import SignedBy
from tests.support.archive.ended import LONG_AFTER
from tests.support.ward import Ward, open_ward

BY: SignedBy = {"actor": "chi", "reason": "monthly", "now": LONG_AFTER}


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def ward(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ward]:
    """A ward on an empty store of either kind."""
    sqlite = request.param == "sqlite"
    url = "" if sqlite else request.getfixturevalue("migrated_postgres_url")
    with open_ward(tmp_path, url) as made:
        yield made


@pytest.fixture
def archive(ward: Ward, tmp_path: Path) -> Archive:
    """The ward's archive, 800 days after its dossiers."""
    return archive_of(ward, tmp_path)


def archive_of(ward: Ward, directory: Path) -> Archive:
    """Return the archive of a ward."""
    return Archive(
        store=ward.store,
        files=ward.files,
        folder=directory / "archive",
        clock=lambda: LONG_AFTER,
        after=timedelta(days=365),
        personal=timedelta(days=1825),
        patience=timedelta(),
        untouched=timedelta(),
    )
