"""The comparison with a partner's list, as sets of numbers."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.messages.payloads import Status
from hub.operations.comparison.lists.decision import (
    BY_LIST,
    LISTED_DIFFERS,
    LISTED_UNSENT,
    NOT_LISTED,
    UNKNOWN_HERE,
    ListDecision,
    decide,
    is_gone,
)
from hub.operations.comparison.lists.reader import PartnerList
from hub.store.records.reading.partner_view import DossierView
from tests.support.works import number

DAY = date(2018, 8, 6)
RECEIVED = datetime(2018, 8, 6, 2, tzinfo=UTC)
WRITTEN = datetime(2018, 8, 6, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
PARTNERS = st.sampled_from(["provincial", "town_center"])


def listing(statuses: Mapping[str, Status | None], partner: str = "provincial") -> PartnerList:
    """Return a list."""
    return PartnerList(
        partner=partner, statuses=statuses, unread=(), exported_at=WRITTEN, sha256="0" * 64
    )


def known(
    *,
    received_at: datetime = RECEIVED,
    opened: bool = True,
    settled: bool = True,
    delivered: bool = True,
    last_at: datetime | None = WRITTEN - HOUR,
    status: Status | None = Status.PROCESSING,
) -> DossierView:
    """Return a dossier, delivered an hour before the list was written."""
    return DossierView(
        received_at=received_at,
        opened=opened,
        settled=settled,
        delivered=delivered,
        last_at=last_at,
        status=status,
    )


def kind(verdict: ListDecision) -> str | None:
    """Return the kind of the difference."""
    return verdict.finding.kind if verdict.finding else None


NUMBERS = st.frozensets(st.integers(1, 30).map(number), max_size=12)


@given(theirs=NUMBERS, ours=NUMBERS, sent=NUMBERS, partner=PARTNERS)
def test_it_is_the_difference_of_sets_in_both_directions(
    theirs: frozenset[str], ours: frozenset[str], sent: frozenset[str], partner: str
) -> None:
    """Only there: theirs without ours. Only sent: ours that were sent, without theirs. There and
    never sent: theirs that are ours and were not sent. Nothing else."""
    listed = listing(dict.fromkeys(theirs), partner)
    here = {one: known() for one in ours & sent} | {
        one: known(opened=False, delivered=False, last_at=None, status=None) for one in ours - sent
    }
    verdicts = {one: decide(listed, one, here.get(one), day=DAY) for one in theirs | ours}
    found = {
        what: {one for one, verdict in verdicts.items() if kind(verdict) == what}
        for what in BY_LIST
    }
    assert found == {
        UNKNOWN_HERE: theirs - ours,
        NOT_LISTED: (ours & sent) - theirs,
        LISTED_UNSENT: (theirs & ours) - sent,
        LISTED_DIFFERS: set(),
    }
    for one, verdict in verdicts.items():
        if verdict.finding:
            assert (verdict.finding.subject, verdict.finding.destination) == (one, partner)
            assert verdict.finding.kind in verdict.decided
            assert all((*verdict.finding.detail, *verdict.finding.repair))


@given(st.sampled_from(Status), st.sampled_from([*Status, None]), st.sampled_from([*Status, None]))
def test_a_status_differs_when_both_tell_one_and_not_the_same(
    any_status: Status, said: Status | None, told: Status | None
) -> None:
    """A list without a status neither finds nor ends such a difference; an equal one ends it."""
    verdict = decide(listing({number(1): said}), number(1), known(status=told), day=DAY)
    both = said is not None and told is not None
    assert kind(verdict) == (LISTED_DIFFERS if both and said is not told else None)
    assert (LISTED_DIFFERS in verdict.decided) is both
    assert BY_LIST - {LISTED_DIFFERS} <= verdict.decided
    same = decide(listing({number(1): any_status}), number(1), known(status=any_status), day=DAY)
    assert same == ListDecision(None, BY_LIST)


@given(on_list=st.booleans(), delivered=st.booleans(), later=st.booleans())
def test_what_moved_after_the_list_or_is_under_way_is_not_judged(
    on_list: bool, delivered: bool, later: bool
) -> None:
    """The list shows another moment; only that the ward knows it is certain."""
    listed = listing({number(1): Status.RETURNED} if on_list else {})
    last_at = WRITTEN + HOUR if later else WRITTEN - HOUR
    here = known(settled=later, delivered=delivered, last_at=last_at)
    assert decide(listed, number(1), here, day=DAY) == ListDecision(
        None, frozenset({UNKNOWN_HERE}), unsure=True
    )


def test_a_dossier_of_another_day_is_not_missed() -> None:
    """The day is the ward's: 23:30 UTC is the next morning here. On the list it is judged."""
    before = known(received_at=datetime(2018, 8, 5, 16, 30, tzinfo=UTC))
    early = known(received_at=datetime(2018, 8, 5, 23, 30, tzinfo=UTC))
    assert kind(decide(listing({}), number(1), before, day=DAY)) is None
    assert kind(decide(listing({}), number(1), early, day=DAY)) == NOT_LISTED
    told = listing({number(1): Status.RETURNED})
    assert kind(decide(told, number(1), before, day=DAY)) == LISTED_DIFFERS


@pytest.mark.parametrize(
    ("partner", "owner"), [("provincial", "province"), ("town_center", "town")]
)
def test_each_difference_has_an_owner_and_says_what_to_do(partner: str, owner: str) -> None:
    """The clerk decides what only the partner has; the partner looks for what it lacks."""
    listed = listing({number(1): None}, partner)
    only_there = decide(listed, number(1), None, day=DAY).finding
    only_sent = decide(listed, number(2), known(), day=DAY).finding
    assert only_there
    assert only_sent
    assert (only_there.owner, only_sent.owner) == ("ward clerk", owner)
    for words in ("Nơi khác tiếp nhận", "Nhập thẳng", "Mất ở đây"):
        assert words in only_there.repair.vi
    for words in ("another counter", "Typed in directly", "Lost here"):
        assert words in only_there.repair
    assert f"hub dossier trail {number(2)}" in only_sent.repair


def gone(
    task: str, listed: PartnerList, here: DossierView | None, *, on: date = DAY, whole: bool = True
) -> bool:
    """Tell whether the task that a list of DAY opened is gone by another list."""
    verdict = decide(listed, number(1), here, day=on)
    return is_gone(verdict, task, shown=DAY.isoformat(), day=on, whole=whole)


NEVER_SENT = known(opened=False, delivered=False, last_at=None, status=None)


def test_a_task_ends_when_a_list_shows_that_its_difference_is_gone() -> None:
    """Known here now; not there any more by a list of the same day; there again; equal again."""
    empty, there = listing({}), listing({number(1): Status.PROCESSING})
    assert gone(UNKNOWN_HERE, there, known())
    assert gone(UNKNOWN_HERE, empty, None)
    assert gone(UNKNOWN_HERE, empty, known(settled=False))
    assert gone(NOT_LISTED, there, known())
    assert gone(LISTED_DIFFERS, there, known())
    assert gone(LISTED_UNSENT, there, known())
    assert gone(LISTED_UNSENT, empty, NEVER_SENT)
    assert not gone(UNKNOWN_HERE, there, None)
    assert not gone(NOT_LISTED, empty, known())


def test_what_a_list_lacks_ends_nothing_unless_the_list_is_whole() -> None:
    """The task may be the only trace of a dossier that was lost here; what the list shows, and
    that the ward knows the number now, is certain by any list."""
    empty, there = listing({}), listing({number(1): Status.PROCESSING})
    assert not gone(UNKNOWN_HERE, empty, None, whole=False)
    assert not gone(LISTED_UNSENT, empty, NEVER_SENT, whole=False)
    assert gone(UNKNOWN_HERE, empty, known(settled=False), whole=False)
    assert gone(NOT_LISTED, there, known(), whole=False)
    assert gone(LISTED_DIFFERS, there, known(), whole=False)


def test_what_is_not_judged_keeps_its_tasks() -> None:
    """Also with a whole list of the same day."""
    moved = known(last_at=WRITTEN + HOUR)
    for task in BY_LIST - {UNKNOWN_HERE}:
        assert not gone(task, listing({}), moved)


def test_a_list_of_another_day_ends_only_what_it_shows() -> None:
    """A number that is not on it may still be on that of its day."""
    tomorrow = DAY + timedelta(days=1)
    empty, there = listing({}), listing({number(1): Status.PROCESSING})
    assert not gone(UNKNOWN_HERE, empty, None, on=tomorrow)
    assert not gone(NOT_LISTED, empty, known(), on=tomorrow)
    assert not gone(LISTED_DIFFERS, empty, known(), on=tomorrow)
    assert gone(UNKNOWN_HERE, empty, known(), on=tomorrow)
    assert gone(NOT_LISTED, there, known(), on=tomorrow)
