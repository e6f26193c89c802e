"""What a kiosk tells of the office's hours: today's, or those of the next working day."""

from datetime import date, datetime, time

import pytest

from hub.counter.kiosk.opening import opening_hours
from hub.messages.local_time import LOCAL
from hub.records.deadlines import calendar

CALENDAR = calendar.load()


@pytest.mark.parametrize(
    ("day", "at", "tells"),
    [
        (date(2026, 8, 6), time(6), date(2026, 8, 6)),
        (date(2026, 8, 6), time(12), date(2026, 8, 6)),
        (date(2026, 8, 6), time(17, 1), date(2026, 8, 7)),
        (date(2026, 8, 7), time(20), date(2026, 8, 10)),
        (date(2026, 8, 8), time(9), date(2026, 8, 10)),
        (date(2026, 9, 1), time(9), date(2026, 9, 3)),
        (date(2026, 8, 22), time(9), date(2026, 8, 22)),
    ],
)
def test_a_day_off_and_an_evening_tell_of_the_next_working_day(
    day: date, at: time, tells: date
) -> None:
    """By the calendar of due dates: holidays, and Saturdays that are worked."""
    found = opening_hours(datetime.combine(day, at, LOCAL), calendar=CALENDAR)
    assert found
    assert found.opens_at == datetime.combine(tells, time(7), LOCAL)
    assert found.is_today is (tells == day)
    assert found.sessions == ((time(7), time(11, 30)), (time(13, 30), time(17)))


def test_without_a_calendar_of_the_year_nothing_is_told() -> None:
    """A wrong day would send people home."""
    assert opening_hours(datetime(2099, 8, 6, 9, tzinfo=LOCAL), calendar=CALENDAR) is None
