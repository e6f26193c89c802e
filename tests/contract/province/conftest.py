"""One simulated province for each file of tests, spoken to over SOAP and over REST."""

from collections.abc import Iterator

import pytest

from adapters.provincial.destination import ProvincialDestination
from adapters.simulation.process import SimulatorProcess
from tests.support.partners.province import (
    settings_for,
)


@pytest.fixture
def destination(province: SimulatorProcess, mode: str) -> Iterator[ProvincialDestination]:
    found = ProvincialDestination(settings_for(province.url, mode=mode))
    yield found
    found.close()
