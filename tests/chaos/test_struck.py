"""A run in which no named step was struck is no proof, and fails."""

import pytest

from hub.runtime.failpoints import Point
from tests.chaos.faults.struck import BY_HAND, EXPECTED, missed, owed

BOTH = dict.fromkeys(BY_HAND, 1)


@pytest.mark.parametrize(
    ("struck", "count"),
    [
        ({}, 4),
        (BOTH, 2),
        ({**BOTH, Point.RELAY_AFTER_PUBLISH: 0}, 2),
        ({**BOTH, Point.RELAY_AFTER_PUBLISH: 1}, 1),
        ({**BOTH, Point.ARCHIVE_AFTER_BEGIN: 2}, 1),
        ({**BOTH, Point.RELAY_AFTER_PUBLISH: 1, Point.ARCHIVE_AFTER_BEGIN: 2}, 0),
        ({Point.RELAY_AFTER_PUBLISH: 1, Point.ARCHIVE_AFTER_BEGIN: 2}, 2),
    ],
)
def test_a_run_without_kills_at_steps_is_told(struck: dict[str, int], count: int) -> None:
    """Of the exchange, of the archive, of restoring and of erasing, each by itself."""
    assert len(missed(struck)) == count


def test_a_run_owes_every_step_of_a_kind_until_one_was_struck() -> None:
    """So a short run goes on until then, and does not fail by chance."""
    exchange: dict[str, int] = {Point.RELAY_AFTER_PUBLISH: 1}
    assert Point.ARCHIVE_AFTER_BEGIN in owed({})
    assert Point.RELAY_AFTER_PUBLISH in owed({})
    assert {str(point).split("_")[0] for point in owed(exchange)} == {"archive"}
    assert owed({**exchange, Point.ARCHIVE_AFTER_BEGIN: 1}) == []


def test_a_run_may_strike_every_step_but_those_to_which_the_matrix_leads() -> None:
    """Replays are killed in tests/integration/repair/replay/test_replay_killed.py."""
    elsewhere = {
        Point.DELIVER_AFTER_SET_ASIDE,
        Point.PAUSE_AFTER_CLEAR,
        Point.REPLAY_BETWEEN_ITEMS,
    }
    assert set(Point) - set(EXPECTED) == elsewhere
