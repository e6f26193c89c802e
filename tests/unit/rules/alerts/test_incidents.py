"""Incidents start, go on and end by the time during which somebody looked."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rules.alerts.incidents import Incident, evaluate, moves
from hub.rules.alerts.rule import AlertSeverity, Rule
from hub.rules.alerts.signals import Measurement, Observed
from tests.unit.rules.alerts.looks import MINUTE, START, Looks, news

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


DISK = Rule(name="disk", signal="disk_free", limit=10, after=3 * MINUTE, clear_after=2 * MINUTE)
FULL, WELL = 5.0, 50.0


@dataclass
class Machines:
    """Two machines that look at their disks in turn, within a minute."""

    now: datetime = START
    known: Sequence[Incident] = ()
    happened: list[str] = field(default_factory=list)

    def minutes(self, count: int, **disks: float) -> list[str]:
        """Let each machine look once in each of some minutes; return what happened."""
        before = len(self.happened)
        for _ in range(count):
            for host, free in disks.items():
                self.now += MINUTE / len(disks)
                sample = Measurement(signal="disk_free", subject=host, value=free)
                observed = Observed(frozenset({"disk_free"}), [sample], host)
                found = evaluate([DISK], observed, self.known, now=self.now).kept
                told = moves(self.known, found)
                self.happened += [f"{what} {it.subject}" for what, it in told]
                self.known = [it for it in found if it.ended_at is None]
        return self.happened[before:]


def test_a_machine_starts_and_ends_only_its_own_incidents() -> None:
    """The disk of one is full, that of the other is not: each says so of itself alone."""
    machines = Machines()
    assert machines.minutes(2, a=WELL, b=FULL) == []
    assert machines.minutes(2, a=WELL, b=FULL) == ["started b"]
    assert machines.minutes(30, a=WELL, b=FULL) == []
    assert machines.minutes(10, a=FULL, b=FULL) == ["started a"]
    assert machines.minutes(10, a=FULL, b=WELL) == ["ended b"]


def test_the_incident_of_a_machine_that_looks_no_more_ends_at_last() -> None:
    """It was taken away, or has another name now; an hour is no update of its software."""
    machines = Machines()
    machines.minutes(5, a=WELL, b=FULL)
    assert machines.minutes(55, a=WELL) == []
    assert machines.minutes(10, a=WELL) == ["ended b"]


def test_a_machine_that_looked_once_starts_nothing_later() -> None:
    """Nobody knows how it was meanwhile."""
    machines = Machines()
    machines.minutes(1, a=WELL, b=FULL)
    assert machines.minutes(70, a=WELL) == []
    assert machines.known == []


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
