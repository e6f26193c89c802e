"""The sequence of a device's events."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from hub.rules.edge.sequence import (
    MOST_RANGES,
    Progress,
    SequencePlace,
    count_missing,
    described,
    record,
)


@given(st.lists(st.integers(min_value=1, max_value=60), max_size=80))
def test_what_is_missing_is_what_never_came(came: list[int]) -> None:
    """In any order and with any repeats: below the highest, what did not come is missing."""
    progress, seen = Progress(), set[int]()
    for sequence in came:
        progress, place = record(progress, sequence)
        assert (place is SequencePlace.REPEAT) == (sequence in seen)
        seen.add(sequence)
    assert progress.last == max(seen, default=0)
    missing = {it for first, last in progress.missing for it in range(first, last + 1)}
    assert missing == set(range(1, progress.last + 1)) - seen
    assert count_missing(progress) == len(missing)


@given(st.integers(min_value=1, max_value=200), st.sets(st.integers(min_value=1, max_value=200)))
def test_an_agent_that_repeats_never_makes_a_gap(count: int, cuts: set[int]) -> None:
    """In order, and from any earlier place again after a cut: nothing is ever missing."""
    progress = Progress()
    for sequence in range(1, count + 1):
        progress, place = record(progress, sequence)
        assert place is SequencePlace.NEXT
        for again in sorted(cut for cut in cuts if cut <= sequence)[-3:]:
            progress, place = record(progress, again)
            assert place is SequencePlace.REPEAT
    assert progress == Progress(count)


@given(st.lists(st.integers(min_value=1, max_value=100_000), max_size=200))
def test_the_kept_ranges_have_a_bound(came: list[int]) -> None:
    """However many gaps: few ranges are kept, in order and apart, and none has what came last."""
    progress = Progress()
    for sequence in came:
        progress, _ = record(progress, sequence)
        assert len(progress.missing) <= MOST_RANGES
        assert all(first <= last < progress.last for first, last in progress.missing)
        assert all(one[1] < other[0] for one, other in pairwise(progress.missing))
        assert not any(first <= sequence <= last for first, last in progress.missing)


def test_a_gap_is_told_by_its_numbers() -> None:
    """An operator reads which events are missing."""
    progress, place = record(Progress(11), 15)
    progress, _ = record(progress, 17)
    assert place is SequencePlace.AHEAD
    assert described(progress) == "12-14, 16"
    progress, place = record(progress, 13)
    assert (place, described(progress)) == (SequencePlace.LATE, "12, 14, 16")
