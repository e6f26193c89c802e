"""Absence is proven by two answers, both later than the effect could come or stay unseen."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.exchange.delivery.doubt_age import DoubtAges
from hub.rules.calls.traits import Traits
from hub.rules.deliveries.absence import (
    Patience,
    QueryAgain,
    UnknownEffect,
    patience_of,
    weigh_absent,
    weigh_unclear,
)
from hub.rules.deliveries.recovery import NeedsPerson, NoEffect, RetryPolicy

END = datetime(2018, 8, 6, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
PATIENCE = Patience(grace_period=10 * SECOND, work=30 * SECOND, lag=30 * SECOND)


def asked(seconds: float, absent: float | None = None, *, exists: bool = False) -> object:
    """Return what follows from "not there" to a question asked so long after the call's end."""
    first = None if absent is None else END + absent * SECOND
    effect = UnknownEffect(since=END, absent_at=first, reported_existing=exists)
    age = seconds * SECOND
    return weigh_absent(effect, age=age, now=END + age + SECOND, patience=PATIENCE)


def test_the_patience_is_that_of_the_partner_and_the_policy() -> None:
    """Settle delay, reply timeout and lag together; the distance is the longer of two."""
    traits = Traits(accepts=frozenset(), lag=20 * SECOND)
    found = patience_of(RetryPolicy(settle_delay=5 * SECOND), traits)
    assert found.counts_after == 55 * SECOND
    assert found.distance == 20 * SECOND


@pytest.mark.parametrize(
    ("seconds", "next_one"), [(10, 21), (21, 43), (43, 71), (60, 71), (69, 71)]
)
def test_an_early_answer_does_not_count_and_the_next_question_comes_later(
    seconds: float, next_one: float
) -> None:
    """Ever later, and at the latest when an answer counts, so that a late effect is seen soon."""
    assert asked(seconds) == QueryAgain(END + next_one * SECOND)


def test_the_first_answer_that_counts_is_kept_and_asked_again_at_a_distance() -> None:
    """One negative answer is no proof."""
    assert asked(70) == QueryAgain(END + 101 * SECOND, absent_at=END + 70 * SECOND)
    assert asked(99, 70) == QueryAgain(END + 101 * SECOND, absent_at=END + 70 * SECOND)
    assert asked(100, 70) == NoEffect()


def test_what_is_said_to_exist_is_never_absent() -> None:
    """ "Already exists" and "not there" contradict one another: a person decides."""
    assert asked(100, 70, exists=True) == NeedsPerson()


def test_an_unclear_answer_is_asked_again_while_the_effect_may_still_come() -> None:
    """Then a person decides; a negative answer before it does not count any more."""
    effect = UnknownEffect(since=END, absent_at=END + 70 * SECOND)
    again = weigh_unclear(effect, age=20 * SECOND, now=END, patience=PATIENCE)
    assert again == QueryAgain(END + 20 * SECOND)
    found = weigh_unclear(effect, age=80 * SECOND, now=END, patience=PATIENCE)
    assert found == NeedsPerson()


def test_what_was_never_written_down_is_counted_from_now() -> None:
    """A delivery that an older version left in doubt."""
    now = END + 400 * SECOND
    found = weigh_absent(UnknownEffect(since=None), age=timedelta(), now=now, patience=PATIENCE)
    assert isinstance(found, QueryAgain)
    assert now < found.when <= now + PATIENCE.counts_after


@given(
    settle=st.floats(0.001, 60),
    work=st.floats(0.001, 300),
    lag=st.floats(0, 300),
    effect=st.floats(0, 1),
    seen=st.floats(0, 1),
    takes=st.floats(0, 5),
)
def test_no_effect_that_comes_in_time_is_ever_called_absent(
    settle: float, work: float, lag: float, effect: float, seen: float, takes: float
) -> None:
    """Whenever the partner ends its work within the patience, and whatever its look-up lags."""
    patience = Patience(grace_period=settle * SECOND, work=work * SECOND, lag=lag * SECOND)
    visible = effect * (settle + work) + seen * lag
    known, at, questions = UnknownEffect(since=END), END + patience.grace_period, 0
    while (at - END) / SECOND < visible:
        questions += 1
        said = at + takes * SECOND
        found = weigh_absent(known, age=at - END, now=said, patience=patience)
        assert isinstance(found, QueryAgain)
        assert found.when >= said
        known = UnknownEffect(since=END, absent_at=found.absent_at)
        at = max(found.when, at + SECOND / 1000)
    assert questions < 400_000


def test_a_clock_that_is_set_forward_makes_no_doubt_older() -> None:
    """The lesser of two ages counts; a new doubt, and a new process, begin anew."""
    measured = [100.0]
    ages = DoubtAges(10 * SECOND, monotonic=lambda: measured[0])

    def age(seconds: float, since: datetime | None = END) -> float:
        ages.querying([1])
        return ages.age(1, since, queried_at=END + seconds * SECOND) / SECOND

    assert age(10) == 10
    measured[0] += 5
    assert age(15) == 15
    assert age(3600) == 15
    measured[0] += 60
    assert age(75) == 75
    assert age(3600, END + 3590 * SECOND) == 10
    assert age(0, None) == 0
