"""A simulated province that serves its contract, and a watch of it."""

from collections.abc import Iterator

import pytest

from adapters.simulation.process import SimulatorProcess
from hub.store.engine.store import Store
from tests.support.partners.province import start_province
from tests.support.watched_contract import Watched, reader_of


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    """A province for all tests."""
    with start_province(tmp_path_factory.mktemp("province")) as found:
        yield found


@pytest.fixture
def province(shared: SimulatorProcess) -> Iterator[SimulatorProcess]:
    """The province, well again afterwards."""
    yield shared
    shared.clear_faults()


@pytest.fixture
def watched(store: Store, province: SimulatorProcess) -> Iterator[Watched]:
    """A watch of the province's WSDL."""
    reader = reader_of(province)
    yield Watched(store, reader)
    reader.close()
