"""Who is told what and when: groups, reminders, escalation, quiet hours, silences."""

from dataclasses import replace
from datetime import time, timedelta

import pytest

from hub.rules.alerts.notifying import Silence
from hub.rules.alerts.plan import QuietHours
from tests.unit.rules.alerts.looks import PLAN, START, Looks, at_night, news

LONG, VERY_LONG, SHORT = 4000.0, 8000.0, 10.0


def test_what_starts_together_is_one_message() -> None:
    """Ten partners that stand still are one mail with ten lines, the worst first."""
    looks = Looks()
    (message,) = looks.minutes(4, LONG, LONG, VERY_LONG)
    assert [line.incident.subject for line in message.lines] == ["s2", "s0", "s1"]


def test_what_starts_a_minute_later_waits_and_goes_with_the_next() -> None:
    """A flood is a message each five minutes at most."""
    looks = Looks()
    looks.minutes(4, LONG)
    looks.minutes(1, LONG, LONG)
    told = looks.minutes(8, LONG, LONG, LONG)
    assert news(told) == [("first", ["started", "started"])]


def test_what_is_critical_waits_for_nothing() -> None:
    """Neither for others nor for the end of quiet hours."""
    looks = Looks(at_night())
    looks.minutes(3, VERY_LONG)
    assert news(looks.minutes(1, VERY_LONG)) == [("first", ["started"])]
    looks.minutes(3, VERY_LONG, VERY_LONG)
    assert news(looks.minutes(1, VERY_LONG, VERY_LONG)) == [("first", ["started"])]


def test_a_warning_waits_for_the_end_of_quiet_hours() -> None:
    """It is told in the morning, if it is still there; what is over is never told."""
    looks = Looks(at_night())
    assert looks.minutes(30, LONG, LONG) == []
    assert looks.minutes(10, LONG) == []
    looks.now = START + timedelta(hours=2)
    (message,) = looks.minutes(1, LONG)
    assert [line.incident.subject for line in message.lines] == ["s0"]


@pytest.mark.parametrize(("day_off", "count"), [(True, 0), (False, 1)])
def test_a_day_without_office_hours_is_quiet_as_a_whole(day_off: bool, count: int) -> None:
    """Tết is no time to be told of a slow partner."""
    looks = Looks(replace(PLAN, quiet=QuietHours(days_off=True)), day_off=day_off)
    assert len(looks.minutes(5, LONG)) == count


@pytest.mark.parametrize(
    ("clock", "quiet"), [("19:59", False), ("20:00", True), ("03:00", True), ("06:30", False)]
)
def test_quiet_hours_go_over_midnight(clock: str, quiet: bool) -> None:
    """By the clock of the ward, the end not within."""
    hours = QuietHours(starts=time(20), ends=time(6, 30))
    hour, minute = map(int, clock.split(":"))
    midnight = START.replace(hour=17, minute=0)
    at = midnight + timedelta(hours=hour, minutes=minute)
    assert hours.holds(at, day_off=True) is quiet


def test_nobody_acknowledges_so_the_next_person_is_told() -> None:
    """Once, and the first is reminded after the hours of the rule."""
    looks = Looks()
    looks.minutes(4, LONG)
    assert news(looks.minutes(30, LONG)) == [("next", ["escalated"])]
    assert news(looks.minutes(60, LONG)) == [("first", ["reminder"]), ("next", ["reminder"])]


def test_an_acknowledged_incident_is_not_told_again_until_its_time() -> None:
    """Its end is told all the same."""
    looks = Looks()
    looks.minutes(4, LONG)
    looks.acknowledge(looks.now + timedelta(hours=3))
    assert looks.minutes(170, LONG) == []
    assert news(looks.minutes(60, LONG)) == [("next", ["escalated"])]
    looks.acknowledge(looks.now + timedelta(hours=3))
    assert news(looks.minutes(8, SHORT)) == [("first", ["ended"]), ("next", ["ended"])]


def test_a_silence_keeps_an_incident_and_tells_nothing() -> None:
    """By patterns of rule and subject; after it the incident is told."""
    looks = Looks()
    until = START + timedelta(minutes=30)
    looks.silences = [Silence(rule="lo*", subject="s0", until=until)]
    assert looks.minutes(29, LONG) == []
    assert len(looks.known) == 1
    assert news(looks.minutes(2, LONG)) == [("first", ["started"])]


def test_an_end_is_told_to_those_only_who_heard_of_the_start() -> None:
    """A channel that is gone meanwhile is told nothing."""
    looks = Looks()
    looks.minutes(4, LONG)
    looks.plan = replace(PLAN, channels=PLAN.channels[1:], steps=PLAN.steps[1:])
    assert looks.minutes(20, SHORT) == []
    assert looks.over == []


def test_the_same_message_has_the_same_key_and_another_one_another() -> None:
    """A reminder is not the message before."""
    looks = Looks()
    looks.minutes(200, LONG)
    keys = [it.key for it in looks.sent]
    assert len(keys) == len(set(keys)) > 3
    assert looks.sent[0].key == replace(looks.sent[0]).key


def test_messages_of_two_stores_have_different_keys() -> None:
    """Each store and each machine's file numbers from one; a receiver drops a known key."""
    keys = set()
    for later in (timedelta(), timedelta(days=1)):
        looks = Looks(now=START + later)
        (message,) = looks.minutes(4, LONG)
        assert message.lines[0].incident.number == 1
        keys.add(message.key)
    looks = Looks()
    (other_subject,) = looks.minutes(4, SHORT, LONG)
    assert len(keys | {other_subject.key}) == 3
