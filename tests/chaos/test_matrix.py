"""The matrix: each single fault at each step at which something can stay half done.

Real processes on PostgreSQL and RabbitMQ. One round a fault and group of steps: every role stands
at a step of its own, the fault comes, all go on. After each fault: nothing lost, doubled or
overtaken, by the clerks' own record, the store and the partners' ledgers.
"""

from collections.abc import Callable

import pytest

from hub.runtime.failpoints import Point
from tests.chaos.conftest import Drill
from tests.chaos.faults.rounds import Told, try_everywhere
from tests.chaos.faults.single_faults import FAULTS, LEFT_OUT, TRIED
from tests.chaos.faults.steps import STEPS

ONE_OF_EACH_ROLE = {
    Point.TIMER_AFTER_COMMIT,
    Point.RECONCILE_AFTER_FIND,
    Point.DELIVER_AFTER_REPLY,
    Point.RECEIVE_AFTER_COMMIT,
    Point.RELAY_AFTER_PUBLISH,
    Point.ACCEPT_AFTER_COMMIT,
}
"""Where a landing kills real processes: it shows the wiring of each role. What comes of a crash at
any of their steps is what the stories of tests/simulation meet hundreds of times, each with all
invariants."""
ARCHIVED = {point for point in Point if point.startswith("archive_")}
"""Steps of the archive. A round at one of them waits until there is something to archive.
tests/integration/repair/test_archive_killed.py kills at all of them with less around it;
tests/contract/archive/faults/test_database_faults.py ends the database's sessions at all of them.
"""
EACH_TIME = {
    "the_process_dies": ONE_OF_EACH_ROLE,
    "the_database_dies": set(Point) - ARCHIVED,
}
"""The faults that a landing is tried against, and where; all others belong to the long proofs."""
pytestmark = [pytest.mark.chaos, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def told(drill: Drill, request: pytest.FixtureRequest) -> Callable[[str], Told]:
    """Bring a fault at the steps of all chosen cases, once; the cases share what came of it.

    So the first case of a fault takes the time of all.
    """
    cases = [item.callspec.params for item in request.session.items if hasattr(item, "callspec")]
    chosen = [TRIED[case["disaster"]] for case in cases if case.get("disaster") in TRIED]
    found: dict[str, Told | BaseException] = {}

    def tell(fault: str) -> Told:
        if fault not in found:
            try:
                found[fault] = try_everywhere(
                    drill, fault, {point for name, point in chosen if name == fault}
                )
            except Exception as error:
                found[fault] = error
                raise
        what = found[fault]
        if isinstance(what, BaseException):
            pytest.fail(f"{fault}: see the first of its cases, {what!r:.300}")
        return what

    return tell


def test_every_fault_is_tried_at_every_step_or_left_out_with_a_reason() -> None:
    """A pair that is neither tried nor named would be a promise without proof."""
    assert {step.point for step in STEPS} == set(Point)
    assert len(STEPS) == len(Point)
    pairs = {(fault, point) for fault in FAULTS for point in Point}
    assert len(TRIED) == len(set(TRIED.values()))
    assert set(TRIED.values()) | set(LEFT_OUT) == pairs
    assert not set(TRIED.values()) & set(LEFT_OUT)
    assert all(LEFT_OUT.values())


def _each_time(fault: str, point: Point) -> bool:
    return point in EACH_TIME.get(fault, ())


@pytest.mark.parametrize(
    "disaster",
    [
        pytest.param(name, marks=[] if _each_time(*pair) else [pytest.mark.long])
        for name, pair in TRIED.items()
    ],
)
def test_a_fault_at_a_step(told: Callable[[str], Told], disaster: str) -> None:
    """It strikes while the role stands there: every dossier arrives, once, in order."""
    fault, point = TRIED[disaster]
    assert point in told(fault).stood
