"""Fixtures of the agents' tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.store.engine.store import Store
from tests.support.gateway.client_gateway import Gateway


@pytest.fixture
def gateway(tmp_path: Path, sqlite_store: Store) -> Iterator[Gateway]:
    """A gateway of its own."""
    made = Gateway(tmp_path / "hub", sqlite_store)
    yield made
    made.stop()
