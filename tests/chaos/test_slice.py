"""A short, fixed row of disasters under load: the long run is script/chaos."""

import itertools
from collections import Counter
from collections.abc import Sequence

import pytest

from tests.chaos.conftest import Drill
from tests.chaos.faults.injector import Injector
from tests.chaos.load import Load

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(400)]

ROW = ("role_killed", "lines_cut", "broker_killed_and_restarted", "role_stood_still", "role_killed")
EACH_TIME = ("broker_killed_and_restarted", "role_stood_still")
"""What a landing is tried against here. It meets the others by themselves: killed roles in the
matrix, cut lines where the network is cut on every side."""
DOSSIERS = 12


@pytest.mark.parametrize(
    "row", [EACH_TIME, pytest.param(ROW, marks=pytest.mark.long)], ids=["short", "whole"]
)
def test_a_row_of_disasters_under_load(drill: Drill, row: Sequence[str]) -> None:
    """Kills, cut lines, a stopped process and a dead broker: nothing lost, doubled, overtaken."""
    injector = Injector(drill.stage, seed=11, say=lambda _: None)
    load = Load(drill.counter, itertools.islice(drill.of_the_ward, DOSSIERS))
    load.start()
    for kind in row:
        injector.strike(kind)
    load.join()
    assert load.problems == []
    assert {kind: injector.counts[kind] for kind in row} == Counter(row)
    drill.assert_sound()
