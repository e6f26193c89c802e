"""Failpoints of a story: a pass may end the process that passes, there and then."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from unittest import mock

from hub.runtime import failpoints
from hub.runtime.failpoints import Point
from tests.simulation.crash.life import Acting, Crash
from tests.simulation.world.chance import Chance

PROBABILITY = 0.006
RARE = {
    Point.PAUSE_AFTER_CLEAR: 0.06,
    Point.REPLAY_BETWEEN_ITEMS: 0.2,
    Point.DELIVER_AFTER_SET_ASIDE: 0.04,
    Point.TIMER_AFTER_COMMIT: 0.015,
    Point.CALLBACK_BEFORE_REPLY: 0.03,
    Point.RESTORE_AFTER_FILES: 0.3,
    **{point: 0.25 for point in Point if point.startswith(("archive", "erase"))},
}
"""For points that few stories pass."""


@contextmanager
def armed(
    chance: Chance, met: Counter[str], note: Callable[[str, str], None], acting: Acting
) -> Iterator[None]:
    """Have each failpoint end its process now and then."""

    def passing(point: Point) -> None:
        met[f"point {point}"] += 1
        if chance.strikes(f"crash at {point}", RARE.get(point, PROBABILITY)):
            note(acting.kill(), f"is killed at {point}")
            raise Crash

    with (
        mock.patch.object(failpoints, "_armed", {"story": None}),
        mock.patch.object(failpoints, "_pass", passing),
    ):
        yield
