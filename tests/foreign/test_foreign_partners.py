"""Partners written apart from our kit: each effect once and in order, whatever breaks."""

from pathlib import Path

import pytest

from tests.foreign.exchange import run
from tests.foreign.kinds import KINDS

pytestmark = [pytest.mark.chaos, pytest.mark.slow, pytest.mark.timeout(240)]

DOSSIERS, KILLS = 100, ("hub", "partner", "hub", "hub")


@pytest.mark.parametrize("name", ["php"])
def test_a_foreign_partner_shows_each_effect_once_and_in_order(name: str, tmp_path: Path) -> None:
    """100 dossiers, replies lost and late, both killed: its ledger agrees with the hub."""
    drill, problems = run(KINDS[name], tmp_path, dossiers=DOSSIERS, kills=KILLS, seed=17)
    assert problems == []
    assert len(drill.counter.numbers) == DOSSIERS
    assert drill.killed == [*KILLS]
    assert min(drill.line.fates[fate] for fate in ("lost", "late", "cut")) > 0
