"""One disaster at a time: a process is killed at each step at which it can leave something half.

Real processes on PostgreSQL and RabbitMQ. After each: nothing lost, doubled or overtaken, by the
clerks' own record, the store and the partners' ledgers.
"""

import pytest

from adapters.simulation.faults import Fault, FaultKind
from hub.failpoints import Point
from tests.chaos.conftest import Drill

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(180)]

DISASTERS = {
    "the_gateway_dies_before_it_answers_a_clerk": ("gateway", Point.ACCEPT_AFTER_COMMIT),
    "the_gateway_dies_between_a_file_and_its_message": ("gateway", Point.BLOB_AFTER_WRITE),
    "the_gateway_dies_before_it_answers_the_town": ("gateway", Point.CALLBACK_BEFORE_REPLY),
    "the_relay_dies_between_publishing_and_forgetting": ("relay", Point.RELAY_AFTER_PUBLISH),
    "receive_dies_between_commit_and_ack": ("receive", Point.RECEIVE_AFTER_COMMIT),
    "deliver_dies_with_claims_that_never_went_out": ("deliver", Point.DELIVER_AFTER_CLAIM),
    "deliver_dies_holding_the_partners_answer": ("deliver", Point.DELIVER_AFTER_REPLY),
    "deliver_dies_between_settling_and_ack": ("deliver", Point.DELIVER_AFTER_SETTLE),
    "reconcile_dies_holding_the_partners_word": ("reconcile", Point.RECONCILE_AFTER_FIND),
    "the_timer_dies_after_asking": ("timer", Point.TIMER_AFTER_COMMIT),
}


def test_every_failpoint_has_its_disaster() -> None:
    """A step that can be struck and is not tried would be a promise without proof."""
    assert {point for _, point in DISASTERS.values()} == set(Point)


@pytest.mark.parametrize("disaster", DISASTERS)
def test_killed_at_a_step(drill: Drill, disaster: str) -> None:
    """SIGKILL at the step, restart: every dossier arrives, once, in order."""
    name, point = DISASTERS[disaster]
    role = drill.stage.roles[name]
    killed = role.deaths[-9]
    if point in (Point.RECONCILE_AFTER_FIND, Point.TIMER_AFTER_COMMIT):
        kind = FaultKind.BUSY if name == "timer" else FaultKind.DROP_AFTER_ACCEPT
        drill.stage.partners["province"].set_faults([Fault(kind=kind, remaining=2)])
    role.arm(f"{point}=kill@1")
    drill.hand_in(2, inter_level=1 if point is Point.CALLBACK_BEFORE_REPLY else 0)
    assert role.wait_killed(killed + 1, 40)
    drill.assert_sound()
