"""The names of the weekdays on which the office is closed, for a person who counts after us.

Names come from the `holidays` library, in both languages. A day that only the ward's calendar knows
has no name there and is called an announced day off. Weekends are not named.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from hub.records.deadlines.calendar import Calendar, is_working_day
from hub.texts import Text, both

_SATURDAY = 5
_DAY = timedelta(days=1)
_SWAPPED_FOR = re.compile(r"substituted from (\d{2})/(\d{2})/(\d{4})")
"""In the English name of a day that was swapped; it has the month first."""


@dataclass(frozen=True, slots=True)
class DayOff:
    """A day on which the office is closed although it is no weekend."""

    day: date
    name: Text


def days_off(start: date, end: date, *, calendar: Calendar) -> list[DayOff]:
    """Return the weekdays off from `start` to `end`, both counted; raises CalendarMissing."""
    return [
        DayOff(day, _name(day))
        for day in _days(start, end)
        if day.weekday() < _SATURDAY and not is_working_day(day, calendar=calendar)
    ]


def made_up_days(start: date, end: date, *, calendar: Calendar) -> list[date]:
    """Return the Saturdays and Sundays on which the office works; raises CalendarMissing."""
    return [
        day
        for day in _days(start, end)
        if day.weekday() >= _SATURDAY and is_working_day(day, calendar=calendar)
    ]


def _days(start: date, end: date) -> Iterator[date]:
    while start <= end:
        yield start
        start += _DAY


def _name(day: date) -> Text:
    vi, en = (names.get(day, "") for names in _names(day.year))
    if swapped := _SWAPPED_FOR.search(en):
        return both("due_dates.swapped", day=f"{swapped[2]}/{swapped[1]}/{swapped[3]}")
    return Text(vi, en) if vi else both("due_dates.announced")


@cache
def _names(year: int) -> tuple[Mapping[date, str], Mapping[date, str]]:
    # A command that counts no due date does not pay for the library.
    from holidays.countries.vietnam import Vietnam

    vi, en = (
        dict(Vietnam(years=year, expand=False, language=language))  # type: ignore[no-untyped-call]
        for language in ("vi", "en_US")
    )
    return vi, en
