"""The working calendar: which days and hours count, in Vietnam, at the ward's office.

Every answer comes from years that somebody has confirmed; a question that touches another year is
refused, never guessed, because a due date without Tết in it is a promise the ward cannot keep.
Times are timezone-aware; what comes back is in Asia/Ho_Chi_Minh. Nothing here reads a clock.
"""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache, lru_cache
from pathlib import Path
from types import MappingProxyType

from hub.messages.local_time import LOCAL
from hub.records.deadlines import yearbook
from hub.records.deadlines.yearbook import OfficeHours, YearState

_DAY = timedelta(days=1)
_NOTHING = timedelta()
_KEPT = 1024
"""Answers that are kept: a gateway asks about the same few days at each call."""


class CalendarMissing(ValueError):
    """The calendar of a year is not confirmed, so nothing that touches the year is computed."""

    code = "calendar_missing"

    def __init__(self, year: int) -> None:
        super().__init__(f"{self.code}: the working calendar of {year} is not confirmed")
        self.year = year


@dataclass(frozen=True, slots=True, eq=False)
class Calendar:
    """The working days of every usable year, and the office hours since each change."""

    working: Mapping[int, frozenset[date]]
    hours: tuple[OfficeHours, ...]
    """By `valid_from`; the first also counts for earlier days."""


@cache
def load(folder: Path = yearbook.DATA, *, accept_provisional: bool = False) -> Calendar:
    """Return the calendar, read once; raises CalendarBroken.

    With `accept_provisional` years are usable whose days are computed but not announced yet.
    """
    book = yearbook.read(folder)
    usable = [
        entry for entry in book.year if accept_provisional or entry.state is YearState.CONFIRMED
    ]
    hours = tuple(sorted(book.office_hours, key=lambda entry: entry.valid_from))
    return Calendar(MappingProxyType(yearbook.working_days(usable)), hours)


# --- days -----------------------------------------------------------------------------------------


def is_working_day(day: date, *, calendar: Calendar) -> bool:
    """Tell whether the office works on `day`; raises CalendarMissing."""
    year = calendar.working.get(day.year)
    if year is None:
        raise CalendarMissing(day.year)
    return day in year


def working_day_from(day: date, *, calendar: Calendar) -> date:
    """Return `day`, or the first working day after it when the office is closed."""
    while not is_working_day(day, calendar=calendar):
        day += _DAY
    return day


def next_working_day(day: date, *, calendar: Calendar) -> date:
    """Return the first working day after `day`."""
    return working_day_from(day + _DAY, calendar=calendar)


@lru_cache(_KEPT)
def add_working_days(day: date, days: int, *, calendar: Calendar) -> date:
    """Return the `days`-th working day after `day`, which itself is not counted.

    Negative `days` count back, before `day`; zero gives `working_day_from(day)`.
    """
    if days == 0:
        return working_day_from(day, calendar=calendar)
    step = _DAY if days > 0 else -_DAY
    left = abs(days)
    while left:
        day += step
        left -= is_working_day(day, calendar=calendar)
    return day


def working_days_between(start: date, end: date, *, calendar: Calendar) -> int:
    """Return how many working days lie after `start` up to and with `end`.

    Negative when `end` is earlier: minus those from `end` on, before `start`. It undoes
    `add_working_days`.
    """
    if end < start:
        return -working_days_between(end - _DAY, start - _DAY, calendar=calendar)
    count = 0
    while start < end:
        start += _DAY
        count += is_working_day(start, calendar=calendar)
    return count


# --- hours ----------------------------------------------------------------------------------------


def local(moment: datetime) -> datetime:
    """Return the aware `moment` in Asia/Ho_Chi_Minh; raises ValueError when it is naive."""
    if moment.tzinfo is None:
        raise ValueError("a time without timezone")
    return moment.astimezone(LOCAL)


@lru_cache(_KEPT)
def office_hours(day: date, *, calendar: Calendar) -> tuple[tuple[time, time], ...]:
    """Return the sessions of a working day (start, end), whether or not `day` is one."""
    index = bisect_right(calendar.hours, day, key=lambda entry: entry.valid_from)
    return calendar.hours[max(index - 1, 0)].sessions


def opening(day: date, *, calendar: Calendar) -> datetime:
    """Return when the office opens on a working day."""
    return datetime.combine(day, office_hours(day, calendar=calendar)[0][0], LOCAL)


def closing(day: date, *, calendar: Calendar) -> datetime:
    """Return when the office closes on a working day."""
    return datetime.combine(day, office_hours(day, calendar=calendar)[-1][1], LOCAL)


def counted_from(moment: datetime, *, calendar: Calendar) -> datetime:
    """Return when something that came in at `moment` counts as received.

    The moment itself on a working day until closing (also during the break at noon), the opening
    when it is earlier; otherwise the opening of the next working day.
    """
    moment = local(moment)
    day = moment.date()
    if is_working_day(day, calendar=calendar) and moment <= closing(day, calendar=calendar):
        return max(moment, opening(day, calendar=calendar))
    return opening(next_working_day(day, calendar=calendar), calendar=calendar)


def working_time_between(start: datetime, end: datetime, *, calendar: Calendar) -> timedelta:
    """Return the office hours between two moments; negative when `end` is earlier."""
    start, end = local(start), local(end)
    if end < start:
        return -working_time_between(end, start, calendar=calendar)
    total, day = _NOTHING, start.date()
    while day <= end.date():
        for opens, closes in _sessions(day, calendar):
            total += max(_NOTHING, min(end, closes) - max(start, opens))
        day += _DAY
    return total


def add_working_time(start: datetime, amount: timedelta, *, calendar: Calendar) -> datetime:
    """Return the earliest moment by which `amount` of office hours has passed since `start`.

    `start` itself when `amount` is zero; raises ValueError when it is negative.
    """
    if amount < _NOTHING:
        raise ValueError("working time is added, not taken away")
    start = local(start)
    day = start.date()
    while amount:
        for opens, closes in _sessions(day, calendar):
            begin = max(start, opens)
            if begin < closes and amount <= closes - begin:
                return begin + amount
            amount -= max(_NOTHING, closes - begin)
        day += _DAY
    return start


def _sessions(day: date, calendar: Calendar) -> list[tuple[datetime, datetime]]:
    if not is_working_day(day, calendar=calendar):
        return []
    return [
        (datetime.combine(day, opens, LOCAL), datetime.combine(day, closes, LOCAL))
        for opens, closes in office_hours(day, calendar=calendar)
    ]
