"""The guard of the national status axis."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.messages.payloads import Status
from hub.records.dossiers import status
from hub.records.dossiers.status import Decision, StatusGroup

NOW = datetime.fromisoformat("2018-08-06T08:30:00+07:00")
STATUSES = st.sampled_from(Status)
FINAL = [Status.REFUSED, Status.WITHDRAWN, Status.RETURNED]


def decide(current: int, new: int, *, later: int = 1, resumes: bool = False) -> Decision:
    """Decide on an event that is `later` minutes after the present status."""
    at = NOW + timedelta(minutes=later)
    return status.decide(
        Status(current), Status(new), at=at, current_at=NOW, resumes=resumes
    ).decision


@pytest.mark.parametrize(
    ("current", "new"),
    [(1, 2), (1, 3), (2, 4), (4, 5), (4, 6), (6, 4), (4, 9), (9, 10), (4, 8), (8, 10), (5, 7)],
)
def test_ordinary_moves(current: int, new: int) -> None:
    """The steps of an ordinary dossier apply."""
    assert decide(current, new) is Decision.APPLY


@pytest.mark.parametrize("current", [5, 9, 10])
def test_in_process_does_not_undo(current: int) -> None:
    """A department that passes the dossier on moves it out of no wait and no end."""
    assert decide(current, 4) is Decision.IGNORE_BACKWARDS


def test_supplement_after_the_result_was_handed_over() -> None:
    """What is handed over needs no papers; a result not handed over may still need some."""
    assert decide(10, 5) is Decision.IGNORE_BACKWARDS
    assert decide(9, 5) is Decision.APPLY
    assert decide(9, 5, later=-1) is Decision.IGNORE_BACKWARDS


def test_papers_that_came_end_the_wait() -> None:
    """Only an event that says so takes a waiting dossier back into process, and not an old one."""
    assert decide(5, 4, resumes=True) is Decision.APPLY
    assert decide(5, 2, resumes=True) is Decision.APPLY
    assert decide(5, 4, resumes=True, later=-1) is Decision.IGNORE_BACKWARDS


@pytest.mark.parametrize(("current", "new"), [(4, 5), (4, 6), (5, 6), (6, 5), (6, 4)])
def test_old_events_between_to_and_fro(current: int, new: int) -> None:
    """Where a dossier may go to and fro, an event older than the present status is not applied."""
    assert decide(current, new, later=-1) is Decision.IGNORE_BACKWARDS


@pytest.mark.parametrize(("current", "new"), [(2, 4), (4, 9), (9, 10), (5, 9), (4, 7), (2, 10)])
def test_clocks_that_differ_do_not_stop_a_dossier(current: int, new: int) -> None:
    """A step forward applies even when the sender's clock is behind."""
    assert decide(current, new, later=-1) is Decision.APPLY


def test_doubled_events() -> None:
    """The same status again changes nothing; another step within the process is a step, also at
    the same minute of a clock: what was told twice never comes so far."""
    assert decide(4, 4, later=0) is Decision.APPLY
    assert decide(4, 4) is Decision.APPLY
    assert decide(4, 4, later=-1) is Decision.IGNORE_BACKWARDS
    for code in (1, 2, 3, 5, 6, 7, 8, 9, 10):
        assert decide(code, code) is Decision.IGNORE_DUPLICATE


@given(st.sampled_from(FINAL), STATUSES, st.integers(-9, 9), st.booleans())
def test_nothing_follows_an_end(current: Status, new: Status, later: int, resumes: bool) -> None:
    """A refused, withdrawn or handed-over dossier never moves."""
    assert decide(current, new, later=later, resumes=resumes) is not Decision.APPLY


@given(st.lists(st.tuples(STATUSES, st.integers(0, 50), st.booleans()), max_size=30))
def test_finished_is_left_for_a_supplement_or_the_hand_over_only(
    events: list[tuple[Status, int, bool]],
) -> None:
    """In whatever order events come, only legal moves happen; a result is not taken back."""
    current, since = Status.ACCEPTED, NOW
    for new, minutes, resumes in events:
        at = NOW + timedelta(minutes=minutes)
        verdict = status.decide(current, new, at=at, current_at=since, resumes=resumes)
        assert verdict.applies == (not verdict.reason)
        if verdict.applies:
            assert new in status.MOVES[current]
            assert new is not Status.REGISTERED
            if current is Status.FINISHED:
                assert new in (Status.SUPPLEMENT_REQUESTED, Status.RETURNED)
            current, since = new, at


def test_reporting_groups_and_labels() -> None:
    """Every status has a group and both labels; the groups are those of the national reports."""
    assert set(status.GROUPS) == set(status.LABELS) == set(status.MOVES) == set(Status)
    paused = {code for code, group in status.GROUPS.items() if group is StatusGroup.PAUSED}
    assert sorted(paused) == [5, 6, 8]
    finished = {code for code, group in status.GROUPS.items() if group is StatusGroup.FINISHED}
    assert sorted(finished) == [3, 7, 9, 10]
    assert status.LABELS[Status.PROCESSING] == ("Đang xử lý", "In process")
