"""Backoff: waits double up to a cap, however often."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from hub.rules.calls.backoff import doubled

SECOND = timedelta(seconds=1)


def test_waits_double_from_the_first_to_the_longest() -> None:
    """The first is not doubled."""
    waits = [doubled(5 * SECOND, times, longest=60 * SECOND) for times in range(6)]
    assert waits == [5 * SECOND, 10 * SECOND, 20 * SECOND, 40 * SECOND, 60 * SECOND, 60 * SECOND]


@given(
    times=st.integers(0, 10_000), first=st.floats(0.001, 86_400), longest=st.floats(0.001, 86_400)
)
def test_a_later_wait_is_never_shorter_nor_above_the_cap(
    times: int, first: float, longest: float
) -> None:
    """Also after so many failures that the power of two has no number any more."""
    cap = timedelta(seconds=longest)
    waits = [doubled(timedelta(seconds=first), times + n, longest=cap) for n in (0, 1)]
    assert timedelta() < waits[0] <= waits[1] <= cap
