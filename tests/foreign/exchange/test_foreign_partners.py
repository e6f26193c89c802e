"""Partners written apart from our kit: each effect once and in order, whatever breaks."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.foreign.exchange.drill import Drill
from tests.foreign.exchange.exchange import run
from tests.foreign.exchange.kinds import KINDS
from tests.foreign.exchange.line import Shares

pytestmark = [pytest.mark.chaos, pytest.mark.slow, pytest.mark.timeout(300)]

NAMES = [*KINDS]
DOSSIERS, KILLS = 30, ("hub", "partner")
"""`python -m tests.foreign`, a part of script/test long, has 600 and 25."""
FAULTS = Shares(lost=0.12, late=0.06, cut=0.05)
"""Twice as often as in the long run: as many faults meet half of the dossiers."""
Exchanges = dict[str, "Future[tuple[Drill, list[str]]]"]


@pytest.fixture(scope="module")
def exchanges(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exchanges]:
    """All exchanges at once: each waits most of its time, for leases to run out and replies."""
    with ThreadPoolExecutor(len(NAMES)) as pool:
        yield {
            name: pool.submit(
                run,
                KINDS[name],
                tmp_path_factory.mktemp(name),
                dossiers=DOSSIERS,
                kills=KILLS,
                seed=17,
                shares=FAULTS,
            )
            for name in NAMES
        }


@pytest.mark.parametrize("name", NAMES)
def test_a_foreign_partner_shows_each_effect_once_and_in_order(
    exchanges: Exchanges, name: str
) -> None:
    """30 dossiers, replies lost and late, both killed: its ledger agrees with the hub."""
    drill, problems = exchanges[name].result()
    assert problems == []
    assert len(drill.counter.numbers) == DOSSIERS
    assert drill.killed == [*KILLS]
    assert min(drill.line.fates[fate] for fate in FAULTS.by_fate()) > 0
