"""When the office works: today, or the next working day, as the first page of a kiosk says it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time

from hub.records.deadlines import calendar as working
from hub.records.deadlines.calendar import Calendar, CalendarMissing


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningHours:
    """The sessions of one working day."""

    opens_at: datetime
    is_today: bool
    sessions: Sequence[tuple[time, time]]


def opening_hours(now: datetime, *, calendar: Calendar) -> OpeningHours | None:
    """Return the hours of today, after closing and on a day off those of the next working day.

    None where no calendar tells which days are off: then a page says nothing rather than wrong.
    """
    here = working.local(now)
    try:
        day = working.working_day_from(here.date(), calendar=calendar)
        if day == here.date() and here > working.closing(day, calendar=calendar):
            day = working.next_working_day(day, calendar=calendar)
    except CalendarMissing:
        return None
    return OpeningHours(
        opens_at=working.opening(day, calendar=calendar),
        is_today=day == here.date(),
        sessions=working.office_hours(day, calendar=calendar),
    )
