"""Where something was killed in a run, and whether that is enough. Pure."""

from collections.abc import Mapping

from hub.runtime.failpoints import Point
from tests.chaos.faults.steps import STEPS

LED_TO = frozenset({Point.DELIVER_AFTER_SET_ASIDE, Point.PAUSE_AFTER_CLEAR})
"""One operation of several is too rarely paused for chance to come there: the matrix does."""
ROLE_OF = {step.point: step.role for step in STEPS if step.role and step.point not in LED_TO}
"""Where chance may kill which role."""
BY_HAND = (Point.RESTORE_AFTER_FILES, Point.ERASE_BETWEEN_BATCHES)
"""Steps of commands that a run kills after the load, see `retention`."""
EXPECTED = (*ROLE_OF, *BY_HAND)
_ARCHIVE = [point for point in ROLE_OF if point.startswith("archive_")]
_EXCHANGE = [point for point in ROLE_OF if point not in _ARCHIVE]
_KINDS = {"the exchange": _EXCHANGE, "the archive": _ARCHIVE}


def owed(struck: Mapping[str, int]) -> list[Point]:
    """Return the steps of every kind of which none was struck; a run must come to one of each."""
    return [
        point
        for points in _KINDS.values()
        if not any(struck.get(point, 0) for point in points)
        for point in points
    ]


def missed(struck: Mapping[str, int]) -> list[str]:
    """Return what a run has left out so that it proves nothing of it; nothing when all is well.

    A short run cannot come to every step, but it must have come to some of each kind.
    """
    wrong = [
        f"nothing was killed at a named step of {name}"
        for name, points in _KINDS.items()
        if not any(struck.get(point, 0) for point in points)
    ]
    return wrong + [f"nothing was killed at {point}" for point in BY_HAND if not struck.get(point)]
