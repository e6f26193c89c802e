"""Fixtures of simulated partners: one province for a session, as it was before for each test."""

import itertools
from collections.abc import Iterator

import pytest

from adapters.simulation.process import SimulatorProcess
from tests.support.partners.province import start_province
from tests.support.partners.rewriting import Rewriting, rewriting

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def simulated_province(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    """A province for the session; its ledger keeps what all tests did."""
    with start_province(tmp_path_factory.mktemp("province")) as process:
        yield process


@pytest.fixture
def province(simulated_province: SimulatorProcess) -> Iterator[SimulatorProcess]:
    """The province, well and speaking plainly."""
    yield simulated_province
    simulated_province.clear_faults()
    simulated_province.speak()


@pytest.fixture(params=["soap", "rest"])
def mode(request: pytest.FixtureRequest) -> str:
    """How the province is called."""
    return str(request.param)


@pytest.fixture
def gateway(province: SimulatorProcess) -> Iterator[Rewriting]:
    """A gateway before the province, which rewrites its replies."""
    with rewriting(province.url) as made:
        yield made


@pytest.fixture
def number() -> str:
    """The number of a dossier that no other test of the session has."""
    return f"000.99.01.H57-180724-{next(_numbers):06d}"
