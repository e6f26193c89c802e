"""One simulated province for each file of tests, spoken to over SOAP and over REST."""

import itertools
from collections.abc import Iterator

import pytest

from adapters.provincial.destination import ProvincialDestination
from adapters.simulation.process import SimulatorProcess
from tests.support.partners.province import (
    settings_for,
    start_province,
)

MODES = ("soap", "rest")
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    with start_province(tmp_path_factory.mktemp("province")) as found:
        yield found


@pytest.fixture
def province(shared: SimulatorProcess) -> Iterator[SimulatorProcess]:
    yield shared
    shared.clear_faults()


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def destination(province: SimulatorProcess, mode: str) -> Iterator[ProvincialDestination]:
    found = ProvincialDestination(settings_for(province.url, mode=mode))
    yield found
    found.close()


@pytest.fixture
def number() -> str:
    return f"000.99.01.H57-180724-{next(_numbers):05d}"
