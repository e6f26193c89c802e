"""Fixtures of the agents' tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.store.engine.store import Store
from tests.support.gateway.client_gateway import Gateway
from tests.support.gateway.edge_agent import AGENCY, EdgeAgent, enrolled


@pytest.fixture
def gateway(tmp_path: Path, sqlite_store: Store) -> Iterator[Gateway]:
    """A gateway of its own."""
    made = Gateway(tmp_path / "hub", sqlite_store)
    yield made
    made.stop()


@pytest.fixture
def agent(gateway: Gateway, tmp_path: Path) -> Iterator[EdgeAgent]:
    """The agent `quay-2`."""
    key = enrolled(gateway.store, "quay-2", agency=AGENCY)
    made = EdgeAgent(tmp_path / "edge", gateway.url, key)
    yield made
    made.close()
