"""A time that is shown as the one from which on something counts is never too early."""

from datetime import UTC, datetime

import pytest

from hub.messages.local_time import not_before


@pytest.mark.parametrize(("microsecond", "shown"), [(0, "17:00:05"), (1, "17:00:06")])
def test_a_part_of_a_second_is_rounded_up(microsecond: int, shown: str) -> None:
    """Who looks again at the second that was shown is let through."""
    at = datetime(2026, 11, 29, 10, 0, 5, microsecond, tzinfo=UTC)
    assert f"{not_before(at):%H:%M:%S}" == shown
