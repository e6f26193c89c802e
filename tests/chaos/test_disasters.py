"""One disaster at a time, under load, each to its end: what is away, silent, full, frozen or wrong.

The matrix, each fault at each step, is in test_matrix.py. Times are measured and
reported by script/chaos; here only what came of it decides, and that it was noticed at all.
"""

import random
from collections.abc import Sequence
from typing import TypeVar

import pytest
from tenacity import Retrying, stop_after_delay, wait_fixed

from tests.chaos.conftest import Drill
from tests.chaos.faults.disasters import DISASTERS, NOTICED_WITHIN
from tests.chaos.faults.injector import Injector
from tests.chaos.faults.single_faults import FAULTS
from tests.chaos.test_slice import ROW

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(400)]
T = TypeVar("T")

SINGLE = {
    "the_node_that_leads_the_queues_dies": ("broker_leader_killed", ()),
    "the_network_is_cut_on_every_side": ("network_cut", ("everybody",)),
    "the_lines_to_the_broker_go_silent": ("lines_half_open", ("broker",)),
}
LONG = {"the_lines_to_the_broker_go_silent"}
"""It waits for heartbeats to be missed. tests/contract/rabbit/test_broker_lines.py has the same on
single lines, and the stories of tests/simulation lose consumers, confirms and the broker."""
IN_THE_MATRIX = {
    "killed_at_a_failpoint": ("the_process_dies",),
    "role_stood_still_beyond_its_lease": ("it_stands_still_too_long",),
    "partner_stood_still": ("the_partners_stand_still",),
    "database_killed_and_restarted": ("the_database_dies",),
    "disk_full": ("the_disk_for_files_is_full", "the_disk_of_the_database_is_full"),
    "clock_jumped": ("the_clock_jumps_ahead", "the_clock_jumps_back"),
}
"""Disasters that come at every step there are, under the names that they have there."""


class Loaded(random.Random):
    """A die that shows what is wanted, where that is among the choices."""

    def __init__(self, wanted: Sequence[object]) -> None:
        super().__init__(1)
        self.wanted = wanted

    def choice(self, seq: Sequence[T]) -> T:  # type: ignore[override]
        """Return the first that is wanted."""
        return next((one for one in seq if one in self.wanted), seq[0])


def test_every_disaster_is_tried_alone_in_the_row_or_at_each_step() -> None:
    """A disaster that is never tried would be a promise without proof."""
    assert {kind for kind, _ in SINGLE.values()} | set(ROW) | set(IN_THE_MATRIX) == set(DISASTERS)
    assert {name for names in IN_THE_MATRIX.values() for name in names} <= set(FAULTS)


@pytest.mark.parametrize(
    "disaster",
    [pytest.param(name, marks=[pytest.mark.long] if name in LONG else []) for name in SINGLE],
)
def test_a_single_disaster(drill: Drill, disaster: str) -> None:
    """It comes, it goes; every dossier arrives, once, in order."""
    kind, wanted = SINGLE[disaster]
    injector = Injector(drill.stage, seed=1, say=lambda _: None)
    injector.draw = Loaded(wanted)
    with drill.under_load():
        injector.strike(kind)
    assert injector.counts[kind] == 1
    assert all(seconds < NOTICED_WITHIN for of in injector.recovery.values() for seconds in of)
    drill.assert_sound()


def test_a_node_that_died_is_a_member_again(drill: Drill) -> None:
    """After it is back, every queue has its three members online; RabbitMQ shows it soon after."""
    for queue in ("ingest.records", "deliver.provincial"):
        for attempt in Retrying(stop=stop_after_delay(30), wait=wait_fixed(0.5), reraise=True):
            with attempt:
                members, online = drill.stage.cluster.members(queue)
                assert members == online == sorted(drill.stage.cluster.nodes)
