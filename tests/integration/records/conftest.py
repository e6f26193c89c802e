"""The ward of the tests of the records; a file that needs another one has its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.ward import Ward, open_ward


@pytest.fixture
def ward(tmp_path: Path) -> Iterator[Ward]:
    """A ward with an empty store."""
    with open_ward(tmp_path) as opened:
        yield opened


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def either_ward(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ward]:
    """A ward with an empty store of either kind."""
    on_server = request.param == "postgresql"
    url = request.getfixturevalue("migrated_postgres_url") if on_server else ""
    with open_ward(tmp_path, url) as opened:
        yield opened
