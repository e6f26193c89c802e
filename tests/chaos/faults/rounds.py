"""One fault of the matrix at all its steps: roles are brought to a step each, then it strikes.

A role stops itself exactly at its step (`NAME=stop@1`, read while it runs), so nothing is left to
chance: the fault comes when all of the round stand there, and they go on into it.
"""

import threading
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta

from adapters.simulation.faults import Fault, FaultKind
from hub.runtime.failpoints import Point
from hub.store.deliveries import pauses
from tests.chaos.conftest import REST, Drill
from tests.chaos.faults.single_faults import FAULTS, LEFT_OUT, Scene
from tests.chaos.faults.steps import STEPS, Step, rounds
from tests.chaos.figures import retention
from tests.chaos.load import Load

STAND_WITHIN = 90.0
LEAD_AGAIN = 10.0
"""Longer than a question about a lost reply waits for its time."""
TOLD_WITHIN = timedelta(seconds=8)
"""From the end of a dossier until it is archived: longer than a clerk waits for an answer, and
than any other role stands while the archive does."""
REGISTER = ("DongBoHoSoMC",)
"""A pause of one operation of several: what waits for it is laid aside, the others go on."""
REFUSED_FOR_NOW = Fault(kind=FaultKind.BUSY, operations=REGISTER, seconds=1)
LED_BY = {
    "reconcile": Fault(kind=FaultKind.DROP_AFTER_ACCEPT, operations=REGISTER, remaining=1),
    "timer": Fault(kind=FaultKind.BUSY, operations=REGISTER, remaining=1),
}
"""Brings a role something to do: a dossier to ask about, one that becomes due. One at a time, and
once: what waits for a role that stands holds a clerk, and there are two of them."""


@dataclass
class Told:
    """What came of one fault."""

    stood: set[Point] = field(default_factory=set)
    """Where the fault has met a role."""


def try_everywhere(drill: Drill, name: str, points: Collection[Point]) -> Told:
    """Bring one fault at each of the steps that it can hurt; then everything must be sound."""
    told = Told()
    for steps in rounds(
        [it for it in STEPS if it.point in points and (name, it.point) not in LEFT_OUT]
    ):
        _one(drill, name, steps)
        told.stood |= {step.point for step in steps}
    drill.assert_sound()
    return told


def _one(drill: Drill, name: str, steps: list[Step]) -> None:
    """Let a role stand at each of the steps, strike, and let all go on."""
    stage = drill.stage
    roles = [stage.roles[step.role] for step in steps]
    points = {step.point for step in steps}
    archiving = any(point.startswith("archive_") for point in points)
    load = _clerks(drill, points, archiving=archiving)
    try:
        _lead(drill, points)
        if archiving:
            retention.begin(stage, age=TOLD_WITHIN)
        first = [step for role in LED_BY for step in steps if step.role == role]
        load.start()
        for step in first:
            _arm(drill, step)
            if not archiving:
                _lead_once(drill, step)
            _wait(drill, load, step)
        if first:
            stage.partners["province"].clear_faults()
        for step in steps[len(first) :]:
            # One after the other: who stands brings no more work to those after it.
            _arm(drill, step)
            if step.point is Point.PAUSE_AFTER_CLEAR:
                _wait_paused(drill)
                stage.partners["province"].clear_faults()
            _wait(drill, load, step)
        stage.partners["province"].clear_faults()
        load.enough.set()
        with FAULTS[name].during(Scene(stage, roles)):
            pass
    finally:
        load.enough.set()
        _let_go(drill, steps)
    load.join()
    assert load.problems == []


def _let_go(drill: Drill, steps: list[Step]) -> None:
    """Have nothing archived, nobody stand, and no fault at the province."""
    retention.pause(drill.stage)
    for step in steps:
        role = drill.stage.roles[step.role]
        role.strike_at("")
        role.thaw()
    drill.stage.partners["province"].clear_faults()


def _clerks(drill: Drill, points: set[Point], *, archiving: bool) -> Load:
    """Return who hands in what leads roles to the steps."""
    callback = Point.CALLBACK_BEFORE_REPLY in points
    plans = drill.inter_level if callback else drill.of_the_ward
    return Load(drill.counter, plans, clerks=1 if callback or archiving else 2, rest=REST)


def _lead(drill: Drill, points: set[Point]) -> None:
    """Let the province do what leads a role to its step."""
    paused = {Point.DELIVER_AFTER_SET_ASIDE, Point.PAUSE_AFTER_CLEAR} & points
    # The archive gives way to what is late, so nothing may be.
    drill.stage.partners["province"].set_faults([REFUSED_FOR_NOW] if paused else [])


def _lead_once(drill: Drill, step: Step) -> None:
    """Let the province do once what leads this role to its step; again only when it went by.

    The step is armed before. A role that passes its step for another reason, or a call that never
    came, uses the fault up.
    """
    province, role = drill.stage.partners["province"], drill.stage.roles[step.role]
    for _ in range(int(STAND_WITHIN / LEAD_AGAIN)):
        province.set_faults([LED_BY[step.role]])
        if role.wait_stands(LEAD_AGAIN):
            return


def _arm(drill: Drill, step: Step) -> None:
    drill.stage.roles[step.role].strike_at(f"{step.point}=stop@1")


def _wait(drill: Drill, load: Load, step: Step) -> None:
    role = drill.stage.roles[step.role]
    assert role.wait_stands(STAND_WITHIN), (
        f"nothing brought {step.role} to {step.point}; {drill.stage.unsettled()} deliveries open, "
        f"of the clerks {load.problems}; logs in {drill.stage.directory}"
    )
    role.strike_at("")


def _wait_paused(drill: Drill) -> None:
    """Return when a pause stands in the store, with something that waits for its end."""
    end, pause = time.monotonic() + STAND_WITHIN, threading.Event()
    while time.monotonic() < end:
        with drill.stage.store.read() as tx:
            if pauses.listed(tx, now=drill.now()):
                return
        pause.wait(0.02)
    raise AssertionError("the province's operation was never paused")
