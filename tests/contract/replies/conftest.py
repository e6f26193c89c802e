"""One simulated province for each file of tests, behind a gateway that rewrites its replies."""

import itertools
from collections.abc import Iterator

import pytest

from adapters.simulation.process import SimulatorProcess
from tests.support.partners.province import start_province
from tests.support.partners.rewriting import Rewriting, rewriting

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    with start_province(tmp_path_factory.mktemp("province")) as found:
        yield found


@pytest.fixture
def gateway(province: SimulatorProcess) -> Iterator[Rewriting]:
    with rewriting(province.url) as found:
        yield found


@pytest.fixture
def number() -> str:
    return f"000.99.01.H57-180726-{next(_numbers):05d}"
