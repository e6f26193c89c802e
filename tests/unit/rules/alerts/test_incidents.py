"""Incidents start, go on and end by the time during which somebody looked."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rules.alerts.rule import AlertSeverity
from tests.unit.rules.alerts.looks import MINUTE, Looks, news

LONG, VERY_LONG, SHORT = 4000.0, 8000.0, 10.0


def test_a_rule_that_holds_for_a_while_starts_one_incident() -> None:
    """Not at the first sight, and not a second one later."""
    looks = Looks()
    assert looks.look(LONG) == []
    assert looks.minutes(2, LONG) == []
    assert news(looks.minutes(1, LONG)) == [("first", ["started"])]
    assert looks.minutes(20, LONG) == []
    assert len(looks.known) == 1


def test_what_is_over_before_its_time_starts_nothing() -> None:
    """A flapping value begins anew each time."""
    looks = Looks()
    for _ in range(10):
        looks.minutes(2, LONG)
        looks.minutes(1, SHORT)
    assert (looks.sent, looks.known) == ([], [])


def test_an_incident_ends_when_its_rule_has_not_held_for_a_while() -> None:
    """One good look is no end; the end is told once."""
    looks = Looks()
    looks.minutes(4, LONG)
    looks.minutes(1, SHORT)
    looks.minutes(1, LONG)
    assert looks.known[0].ended_at is None
    assert news(looks.minutes(8, SHORT)) == [("first", ["ended"])]
    assert (looks.known, looks.over) == ([], [])


def test_what_could_not_be_measured_ends_nothing() -> None:
    """The database was away: nobody knows whether it is over."""
    looks = Looks()
    looks.minutes(4, LONG)
    for _ in range(30):
        looks.now += MINUTE
        looks.look(measured=False)
    assert looks.known[0].ended_at is None
    assert news(looks.sent) == [("first", ["started"])]


@pytest.mark.parametrize("jump", [timedelta(days=400), -timedelta(days=400)])
def test_a_clock_that_jumps_makes_no_message(jump: timedelta) -> None:
    """Forwards or backwards: only minutes of looking count."""
    looks = Looks()
    looks.minutes(4, LONG)
    looks.now += jump
    assert looks.look(LONG) == []
    assert looks.minutes(20, LONG) == []


def test_a_hub_that_was_stopped_goes_on_where_it_was() -> None:
    """A day without a look is one step, not a reason for a reminder or an end."""
    looks = Looks()
    looks.minutes(4, LONG)
    looks.now += timedelta(days=1)
    assert looks.look(LONG) == []
    looks.now += timedelta(days=1)
    looks.look(SHORT)
    assert looks.sent[1:] == [] or news(looks.sent[1:]) == [("first", ["ended"])]


def test_two_timers_tell_no_more_than_one() -> None:
    """The second look of a minute finds what the first has left."""
    looks = Looks()
    for _ in range(10):
        looks.minutes(1, LONG)
        looks.now += timedelta(seconds=1)
        looks.look(LONG)
    assert news(looks.sent) == [("first", ["started"])]


def test_a_value_beyond_the_second_limit_is_critical_and_told_at_once() -> None:
    """It stays critical until it ends: a value at the limit makes no message a minute."""
    looks = Looks()
    looks.minutes(4, LONG)
    assert news(looks.minutes(1, VERY_LONG)) == [("first", ["worse"])]
    assert looks.minutes(5, LONG) == []
    assert looks.known[0].severity is AlertSeverity.CRITICAL
    assert looks.minutes(5, VERY_LONG) == []


def test_an_incident_whose_rule_is_gone_ends() -> None:
    """A rule that was switched off leaves no incident behind."""
    looks = Looks()
    looks.minutes(4, LONG)
    looks.plan = type(looks.plan)(channels=looks.plan.channels, steps=looks.plan.steps)
    assert news(looks.minutes(6)) == [("first", ["ended"])]


@given(
    st.lists(
        st.tuples(
            st.sampled_from([SHORT, LONG, VERY_LONG, None]),
            st.integers(min_value=-(10**6), max_value=10**6),
        ),
        max_size=60,
    )
)
def test_starts_and_ends_alternate_whatever_happens(found: list[tuple[float | None, int]]) -> None:
    """By any values and any clock: no start without an end before it, no key stored twice."""
    looks = Looks()
    for value, seconds in found:
        looks.now += timedelta(seconds=seconds)
        looks.look(*([] if value is None else [value]))
    told = [line.news.value for it in looks.sent if it.channel == "first" for line in it.lines]
    marks = [it for it in told if it in ("started", "ended")]
    assert marks == (["started", "ended"] * len(marks))[: len(marks)]
    keys = [it.key for it in looks.sent]
    assert len(keys) == len(set(keys))
