"""A simulated province that serves its contract, and a watch of it."""

from collections.abc import Iterator

import pytest

from adapters.simulation.process import SimulatorProcess
from hub.store.engine.store import Store
from tests.support.watched_contract import Watched, reader_of


@pytest.fixture
def watched(store: Store, province: SimulatorProcess) -> Iterator[Watched]:
    """A watch of the province's WSDL."""
    reader = reader_of(province)
    yield Watched(store, reader)
    reader.close()
