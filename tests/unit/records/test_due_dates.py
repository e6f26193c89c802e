"""Due dates: known cases of 2018, and laws that hold for every procedure and moment."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.messages.local_time import LOCAL
from hub.records.deadlines import calendar, due_dates
from hub.records.deadlines.due_dates import Timeliness
from hub.records.registers import procedures
from hub.records.registers.procedures import Clock, Procedure, TimeLimit, Unit

CALENDAR = calendar.load()
CATALOGUE = procedures.load()
MOMENTS = st.datetimes(
    datetime.fromisoformat("2018-04-01"),
    datetime.fromisoformat("2026-06-30"),
    timezones=st.just(LOCAL),
)
LIMITS = st.one_of(
    st.just(TimeLimit(Unit.SAME_DAY)),
    st.builds(
        TimeLimit, st.sampled_from([Unit.WORKING_DAY, Unit.CALENDAR_DAY]), st.integers(1, 45)
    ),
)
WAITS = st.timedeltas(timedelta(), timedelta(days=30))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LOCAL)


def procedure(code: str, on: str = "2018-08-01") -> Procedure:
    return procedures.find(code, on=date.fromisoformat(on), catalogue=CATALOGUE)


def due(limit: TimeLimit, received: datetime) -> datetime:
    return due_dates.due_within(limit, received, calendar=CALENDAR)


@pytest.mark.parametrize(
    ("code", "received", "expected"),
    [
        ("2.000815", "2018-07-24 09:00", "2018-07-24"),
        ("2.000815", "2018-07-24 14:59", "2018-07-24"),
        ("2.000815", "2018-07-24 15:00", "2018-07-25"),
        ("2.000815", "2018-07-24 17:30", "2018-07-25"),
        ("2.000815", "2018-08-31 15:30", "2018-09-04"),
        ("2.000815", "2018-09-01 10:00", "2018-09-04"),
        ("1.001193", "2018-08-31 09:00", "2018-09-04"),
        ("1.004873", "2018-08-30 09:00", "2018-09-05"),
        ("1.001776", "2018-08-01 08:30", "2018-08-31"),
        ("1.001776", "2018-08-03 08:30", "2018-09-05"),
        ("2.000880", "2018-08-27 10:00", "2018-09-18"),
        ("1.001699", "2018-08-08 10:00", "2018-09-04"),
    ],
)
def test_due_dates_of_2018(code: str, received: str, expected: str) -> None:
    """The pilot's procedures are due at closing time of the day the rule gives."""
    result = due_dates.due_at(procedure(code), at(received), calendar=CALENDAR)
    assert result == at(f"{expected} 17:00")


def test_extended_limit() -> None:
    """A dossier that needs verification takes the longer limit, where there is one."""
    marriage, received = procedure("1.000894"), at("2018-07-24 09:00")
    longer = due_dates.due_at(marriage, received, calendar=CALENDAR, extended=True)
    assert longer == at("2018-07-31 17:00")
    with pytest.raises(ValueError, match="no extended"):
        due_dates.due_at(procedure("1.001193"), received, calendar=CALENDAR, extended=True)


def test_year_without_calendar_is_refused() -> None:
    """A due date that would lie in an unconfirmed year is refused."""
    with pytest.raises(calendar.CalendarMissing):
        due(TimeLimit(Unit.CALENDAR_DAY, 30), at("2026-12-20 09:00"))


@given(LIMITS, MOMENTS)
def test_due_on_a_working_day_at_closing(limit: TimeLimit, received: datetime) -> None:
    """A result is never promised on a day off, nor before it could be received."""
    result = due(limit, received)
    assert calendar.is_working_day(result.date(), calendar=CALENDAR)
    assert result.time() == time(17)
    assert result >= calendar.counted_from(received, calendar=CALENDAR)


@given(LIMITS, MOMENTS, WAITS)
def test_who_comes_later_is_never_due_earlier(
    limit: TimeLimit, received: datetime, later: timedelta
) -> None:
    """The due time never falls when the reception moves on."""
    assert due(limit, received) <= due(limit, received + later)


@given(st.integers(1, 44), MOMENTS, st.sampled_from([Unit.WORKING_DAY, Unit.CALENDAR_DAY]))
def test_longer_limits_end_later(days: int, received: datetime, unit: Unit) -> None:
    """One more day never ends earlier; one more working day ends later."""
    shorter, longer = due(TimeLimit(unit, days), received), due(TimeLimit(unit, days + 1), received)
    assert shorter < longer if unit is Unit.WORKING_DAY else shorter <= longer


@given(st.integers(1, 45), MOMENTS)
def test_first_day_is_not_counted(days: int, received: datetime) -> None:
    """Between the day of reception and the due day lie exactly the days of the limit."""
    first = calendar.counted_from(received, calendar=CALENDAR).date()
    last = due(TimeLimit(Unit.WORKING_DAY, days), received).date()
    assert calendar.working_days_between(first, last, calendar=CALENDAR) == days


@given(LIMITS, MOMENTS, WAITS, WAITS)
def test_pause_moves_the_due_time_by_the_wait(
    limit: TimeLimit, received: datetime, worked: timedelta, waited: timedelta
) -> None:
    """What is left when papers are asked for is left when they have come; both dates are kept."""
    paused = replace(procedure("2.000880"), time=limit, supplement_clock=Clock.PAUSE)
    before = due(limit, received)
    requested = received + worked
    supplied = requested + waited
    moved = due_dates.after_supplement(
        paused, before, requested_at=requested, supplied_at=supplied, calendar=CALENDAR
    )
    left = due_dates.remaining(before, requested, calendar=CALENDAR)
    assert moved.before == before
    assert moved.after >= before
    if left >= timedelta():
        assert due_dates.remaining(moved.after, supplied, calendar=CALENDAR) == left


def test_pause_over_a_weekend_costs_office_hours_only() -> None:
    """Friday 15:00 to Monday 8:00 is three office hours, so the due time moves by three."""
    moved = due_dates.after_supplement(
        procedure("2.000880"),
        at("2018-08-17 17:00"),
        requested_at=at("2018-08-03 15:00"),
        supplied_at=at("2018-08-06 08:00"),
        calendar=CALENDAR,
    )
    assert moved == due_dates.Rescheduled(at("2018-08-17 17:00"), at("2018-08-20 10:00"))


def test_restart_counts_the_limit_again() -> None:
    """With a restarting clock the whole limit begins when the papers come."""
    restarting = replace(procedure("1.004873"), supplement_clock=Clock.RESTART)
    moved = due_dates.after_supplement(
        restarting,
        at("2018-08-06 17:00"),
        requested_at=at("2018-08-03 09:00"),
        supplied_at=at("2018-08-10 09:00"),
        calendar=CALENDAR,
    )
    assert moved.after == at("2018-08-15 17:00")


def test_papers_before_the_request_are_refused() -> None:
    """A wait cannot end before it begins."""
    with pytest.raises(ValueError, match="before they were asked for"):
        due_dates.after_supplement(
            procedure("2.000880"),
            at("2018-08-17 17:00"),
            requested_at=at("2018-08-03 15:00"),
            supplied_at=at("2018-08-03 14:00"),
            calendar=CALENDAR,
        )


@pytest.mark.parametrize(
    ("end", "expected", "label"),
    [
        ("2018-08-16 17:30", Timeliness.EARLY, "Trước hạn"),
        ("2018-08-17 07:30", Timeliness.ON_TIME, "Đúng hạn"),
        ("2018-08-17 17:00", Timeliness.ON_TIME, "Đúng hạn"),
        ("2018-08-17 17:01", Timeliness.LATE, "Quá hạn"),
        ("2018-08-20 08:00", Timeliness.LATE, "Quá hạn"),
    ],
)
def test_early_on_time_late(end: str, expected: Timeliness, label: str) -> None:
    """Before the due day is early, on it up to the due time on time, after it late."""
    result = due_dates.classify(at(end), at("2018-08-17 17:00"))
    assert result is expected
    assert due_dates.LABELS[result] == label


def test_a_waiting_dossier_does_not_fall_overdue() -> None:
    """While papers are awaited the clock stands where it stopped."""
    limit, now, since = at("2018-08-17 17:00"), at("2018-08-30 09:00"), at("2018-08-17 13:30")
    assert due_dates.is_overdue(limit, now)
    assert not due_dates.is_overdue(limit, now, paused_since=since)
    left = due_dates.remaining(limit, now, calendar=CALENDAR, paused_since=since)
    assert left == timedelta(hours=3, minutes=30)
    assert due_dates.remaining(limit, now, calendar=CALENDAR) < timedelta()


NEAR = st.timedeltas(timedelta(), timedelta(hours=60))


@given(MOMENTS, MOMENTS, NEAR)
def test_close_is_what_is_not_after_the_horizon(
    now: datetime, due: datetime, within: timedelta
) -> None:
    """One comparison with the horizon says the same as counting the office hours that are left."""
    due = min(due, now + timedelta(days=40))
    last = due_dates.horizon(now, within, calendar=CALENDAR)
    assert due_dates.is_close(due, now, within, calendar=CALENDAR) == (due <= last)
    assert due_dates.is_close(last, now, within, calendar=CALENDAR)
    after = last + timedelta.resolution
    assert not due_dates.is_close(after, now, within, calendar=CALENDAR)


@given(MOMENTS, NEAR, NEAR)
def test_a_longer_distance_never_sees_less_far(
    now: datetime, one: timedelta, other: timedelta
) -> None:
    """The horizon grows with the distance, and with the time."""
    shorter, longer = sorted((one, other))
    near = due_dates.horizon(now, shorter, calendar=CALENDAR)
    assert now <= near <= due_dates.horizon(now, longer, calendar=CALENDAR)
    later = now + timedelta(hours=3)
    assert near <= due_dates.horizon(later, shorter, calendar=CALENDAR)


@pytest.mark.parametrize(
    ("now", "hours", "last"),
    [
        ("2018-08-06 09:00", 2.0, "2018-08-06 11:00"),
        # over noon, and over a weekend
        ("2018-08-06 11:00", 1.0, "2018-08-06 14:00"),
        ("2018-08-03 16:00", 2.0, "2018-08-06 08:00"),
        # between two sessions nothing is counted: up to the opening is no further away
        ("2018-08-06 09:00", 2.5, "2018-08-06 13:30"),
        # Tết 2018: the last hour before, the first hour after
        ("2018-02-13 16:00", 2.0, "2018-02-21 08:00"),
        # Saturday 4/5/2019 is worked for Monday 29/4
        ("2019-05-03 16:00", 2.0, "2019-05-04 08:00"),
    ],
)
def test_the_horizon_knows_holidays_and_made_up_days(now: str, hours: float, last: str) -> None:
    """Known cases."""
    moment = due_dates.horizon(at(now), timedelta(hours=hours), calendar=CALENDAR)
    assert moment == at(last)


def test_a_dossier_that_waits_for_papers_does_not_come_nearer() -> None:
    """Its clock stands where the pause began."""
    due, paused, now = at("2018-08-10 17:00"), at("2018-08-06 07:00"), at("2018-08-10 16:00")
    within = timedelta(hours=8)
    assert due_dates.is_close(due, now, within, calendar=CALENDAR)
    assert not due_dates.is_close(due, now, within, calendar=CALENDAR, paused_since=paused)
