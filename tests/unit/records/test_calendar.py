"""The working calendar: known days as literals, and laws that hold on every day."""

from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.messages.local_time import LOCAL
from hub.records.deadlines import calendar as c
from hub.records.deadlines import yearbook

CALENDAR = c.load()
YEARS = range(2018, 2027)
DAYS = st.dates(date(2018, 4, 1), date(2026, 8, 31))
MOMENTS = st.datetimes(
    datetime.fromisoformat("2018-04-01"),
    datetime.fromisoformat("2026-10-31"),
    timezones=st.just(LOCAL),
)
COUNTS = st.integers(0, 40)

WEEKDAYS_OFF = {
    2018: "01-01 02-14 02-15 02-16 02-19 02-20 04-25 04-30 05-01 09-03 12-31",
    2019: "01-01 02-04 02-05 02-06 02-07 02-08 04-15 04-29 04-30 05-01 09-02",
    2020: "01-01 01-23 01-24 01-27 01-28 01-29 04-02 04-30 05-01 09-02",
    2021: "01-01 02-10 02-11 02-12 02-15 02-16 04-21 04-30 05-03 09-02 09-03",
    2022: "01-03 01-31 02-01 02-02 02-03 02-04 04-11 05-02 05-03 09-01 09-02",
    2023: "01-02 01-20 01-23 01-24 01-25 01-26 05-01 05-02 05-03 09-01 09-04",
    2024: "01-01 02-08 02-09 02-12 02-13 02-14 04-18 04-29 04-30 05-01 09-02 09-03",
    2025: "01-01 01-27 01-28 01-29 01-30 01-31 04-07 04-30 05-01 05-02 09-01 09-02",
    2026: "01-01 01-02 02-16 02-17 02-18 02-19 02-20 04-27 04-30 05-01 08-31 09-01 09-02 11-24",
}
MADE_UP = ["2019-01-05", "2019-05-04", "2024-05-04", "2025-04-26", "2026-01-10", "2026-08-22"]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LOCAL)


@pytest.mark.parametrize("year", YEARS)
def test_weekdays_off_are_the_announced_ones(year: int) -> None:
    """Every weekday off of a confirmed year is pinned, so no release of a library moves it."""
    days = (date(year, 1, 1) + timedelta(days=n) for n in range(366))
    off = [
        f"{day:%m-%d}"
        for day in days
        if day.year == year and day.weekday() < 5 and not c.is_working_day(day, calendar=CALENDAR)
    ]
    assert " ".join(off) == WEEKDAYS_OFF[year]


def test_made_up_saturdays_are_worked() -> None:
    """Days swapped for a bridge day are worked, and no other weekend day is."""
    weekend = sorted(
        day.isoformat() for year in YEARS for day in CALENDAR.working[year] if day.weekday() >= 5
    )
    assert weekend == MADE_UP


def test_days_around_national_day_2018() -> None:
    """2 September 2018 is a Sunday, so Monday is off and Tuesday is the next working day."""
    assert c.next_working_day(date(2018, 8, 31), calendar=CALENDAR) == date(2018, 9, 4)
    assert c.add_working_days(date(2018, 8, 30), 3, calendar=CALENDAR) == date(2018, 9, 5)
    assert c.working_days_between(date(2018, 7, 23), date(2018, 9, 15), calendar=CALENDAR) == 38


def test_tet_2018_is_skipped_whole() -> None:
    """Tết 2018 closes the office from 14 to 20 February."""
    assert c.next_working_day(date(2018, 2, 13), calendar=CALENDAR) == date(2018, 2, 21)


@pytest.mark.parametrize("day", [date(2017, 6, 1), date(2027, 6, 1), date(2050, 1, 1)])
def test_unconfirmed_year_is_refused(day: date) -> None:
    """A year that nobody confirmed is refused with a stable code, never computed."""
    with pytest.raises(c.CalendarMissing) as caught:
        c.is_working_day(day, calendar=CALENDAR)
    assert (caught.value.code, caught.value.year) == ("calendar_missing", day.year)


def test_count_that_runs_into_an_unconfirmed_year_is_refused() -> None:
    """A count is refused when only its end lies in an unconfirmed year."""
    with pytest.raises(c.CalendarMissing):
        c.add_working_days(date(2026, 12, 30), 10, calendar=CALENDAR)


def test_provisional_year_must_be_asked_for() -> None:
    """A computed year that is not announced yet serves only on request."""
    calendar = c.load(accept_provisional=True)
    assert c.is_working_day(date(2027, 6, 1), calendar=calendar)


def test_library_that_disagrees_stops_the_start(tmp_path: Path) -> None:
    """Data whose count of weekdays off differs from the library's days do not load."""
    text = (yearbook.DATA / "calendar.toml").read_text(encoding="utf-8")
    changed = text.replace("weekdays_off = 11", "weekdays_off = 10", 1)
    (tmp_path / "calendar.toml").write_text(changed, encoding="utf-8")
    with pytest.raises(yearbook.CalendarBroken, match="2018: 11 weekdays are off"):
        c.load(tmp_path)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[07:00:00, 11:30:00]", "[07:00:00, 14:30:00]"),
        ('2018\nstate = "confirmed"', '2018\nstate = "sure"'),
        ("year = 2019", "year = 2018"),
        ("weekdays_off = 11", "weekday_off = 11"),
    ],
)
def test_broken_data_stop_the_start(tmp_path: Path, old: str, new: str) -> None:
    """Overlapping sessions, unknown words and fields, and a year twice are found when loading."""
    text = (yearbook.DATA / "calendar.toml").read_text(encoding="utf-8")
    (tmp_path / "calendar.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(yearbook.CalendarBroken):
        c.load(tmp_path)


@given(DAYS, COUNTS)
def test_adding_and_counting_days_agree(day: date, days: int) -> None:
    """The n-th working day after (or before) a day is n working days away."""
    if days:
        later = c.add_working_days(day, days, calendar=CALENDAR)
        assert c.working_days_between(day, later, calendar=CALENDAR) == days
        earlier = c.add_working_days(day, -days, calendar=CALENDAR)
        assert c.working_days_between(day, earlier, calendar=CALENDAR) == -days


@given(DAYS, COUNTS)
def test_going_there_and_back(day: date, days: int) -> None:
    """From a working day, n days on and n days back is the same day."""
    start = c.working_day_from(day, calendar=CALENDAR)
    there = c.add_working_days(start, days, calendar=CALENDAR)
    assert c.add_working_days(there, -days, calendar=CALENDAR) == start


@given(DAYS, COUNTS, COUNTS)
def test_days_add_up_and_never_end_on_a_day_off(day: date, first: int, second: int) -> None:
    """Adding in two steps is adding at once, and the end is a working day."""
    once = c.add_working_days(day, first + second, calendar=CALENDAR)
    step = c.add_working_days(day, first, calendar=CALENDAR)
    assert c.is_working_day(once, calendar=CALENDAR)
    if first:
        assert c.add_working_days(step, second, calendar=CALENDAR) == once


@given(MOMENTS, st.timedeltas(timedelta(), timedelta(hours=100)))
def test_adding_and_counting_hours_agree(start: datetime, amount: timedelta) -> None:
    """Between a moment and that moment plus some office hours lie just so many."""
    end = c.add_working_time(start, amount, calendar=CALENDAR)
    assert c.working_time_between(start, end, calendar=CALENDAR) == amount
    assert c.working_time_between(end, start, calendar=CALENDAR) == -amount


@given(MOMENTS, MOMENTS, MOMENTS)
def test_hours_are_additive(a: datetime, b: datetime, d: datetime) -> None:
    """Office hours from a to d are those from a to b and from b to d."""
    low, middle, high = sorted((a, b, d))
    high = min(high, low + timedelta(days=60))
    middle = min(middle, high)
    parts = c.working_time_between(low, middle, calendar=CALENDAR)
    parts += c.working_time_between(middle, high, calendar=CALENDAR)
    assert c.working_time_between(low, high, calendar=CALENDAR) == parts


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ("2018-07-24 07:00", 8, "2018-07-24 17:00"),
        ("2018-07-24 17:00", 1, "2018-07-25 08:00"),
        ("2018-07-24 11:00", 1, "2018-07-24 14:00"),
        ("2018-08-31 16:00", 2, "2018-09-04 08:00"),
        ("2018-07-28 10:00", 4.5, "2018-07-30 11:30"),
    ],
)
def test_office_hours(start: str, hours: float, end: str) -> None:
    """Hours run from 7:00 to 11:30 and from 13:30 to 17:00, on working days only."""
    assert c.add_working_time(at(start), timedelta(hours=hours), calendar=CALENDAR) == at(end)


@pytest.mark.parametrize(
    ("came", "counts"),
    [
        ("2018-07-24 06:10", "2018-07-24 07:00"),
        ("2018-07-24 12:00", "2018-07-24 12:00"),
        ("2018-07-24 17:00", "2018-07-24 17:00"),
        ("2018-07-24 17:01", "2018-07-25 07:00"),
        ("2018-07-28 09:00", "2018-07-30 07:00"),
        ("2018-09-02 09:00", "2018-09-04 07:00"),
    ],
)
def test_what_comes_outside_office_hours_counts_next_morning(came: str, counts: str) -> None:
    """The break at noon still counts as the day; after closing and on days off does not."""
    assert c.counted_from(at(came), calendar=CALENDAR) == at(counts)


def test_other_timezones_are_understood_and_naive_times_refused() -> None:
    """A time in UTC counts at its local hour; a time without zone is an error."""
    came = datetime.fromisoformat("2018-07-24T11:00+00:00")
    assert c.counted_from(came, calendar=CALENDAR) == at("2018-07-25 07:00")
    with pytest.raises(ValueError, match="without timezone"):
        c.local(came.replace(tzinfo=None))
    with pytest.raises(ValueError, match="not taken away"):
        c.add_working_time(came, timedelta(hours=-1), calendar=CALENDAR)


def test_office_hours_change_on_their_day() -> None:
    """A later entry counts from its day on, the one before until then."""
    first = CALENDAR.hours[0]
    summer = yearbook.OfficeHours(date(2019, 5, 1), ((time(6, 30), time(11)),), "a test")
    calendar = c.Calendar(CALENDAR.working, (first, summer))
    assert c.closing(date(2019, 4, 30), calendar=calendar).time() == time(17)
    assert c.closing(date(2019, 5, 1), calendar=calendar).time() == time(11)
    assert c.opening(date(2018, 1, 2), calendar=calendar).time() == time(7)
