"""Due dates (ngày hẹn trả): when a result is promised, what a pause does to it, who kept it.

The first day is not counted. What comes in outside office hours counts from the next working
morning. A promise ends at closing time and never on a day off. All of it is pure; a year without a
confirmed calendar raises CalendarMissing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from hub.records.deadlines.calendar import (
    Calendar,
    add_working_days,
    add_working_time,
    closing,
    counted_from,
    local,
    next_working_day,
    working_day_from,
    working_time_between,
)
from hub.records.registers.procedures import Clock, Procedure, TimeLimit, Unit

_RESOLUTION = timedelta.resolution


class Timeliness(StrEnum):
    """How a result met its due time. Only days tell early from on time."""

    EARLY = "early"
    """Ended before the due day."""
    ON_TIME = "on_time"
    """Ended on the due day, up to the due time."""
    LATE = "late"


LABELS = {
    Timeliness.EARLY: "Trước hạn",
    Timeliness.ON_TIME: "Đúng hạn",
    Timeliness.LATE: "Quá hạn",
}


@dataclass(frozen=True, slots=True)
class Rescheduled:
    """A due time that moved; partners are told both (hẹn trả trước, hẹn trả mới)."""

    before: datetime
    after: datetime


def due_at(
    procedure: Procedure, received_at: datetime, *, calendar: Calendar, extended: bool = False
) -> datetime:
    """Return when the result is due: closing time of the last day.

    `extended` takes the procedure's longer limit, for a dossier whose facts must be verified;
    raises ValueError when there is none.
    """
    limit = procedure.extended if extended else procedure.time
    if limit is None:
        raise ValueError(f"{procedure.code} has no extended time limit")
    return due_within(limit, received_at, calendar=calendar)


def due_within(limit: TimeLimit, received_at: datetime, *, calendar: Calendar) -> datetime:
    """Return when a time limit ends that begins with `received_at`."""
    counted = counted_from(received_at, calendar=calendar)
    day = counted.date()
    match limit.unit:
        case Unit.SAME_DAY:
            if counted.time() >= limit.cutoff:
                day = next_working_day(day, calendar=calendar)
        case Unit.WORKING_DAY:
            day = add_working_days(day, limit.amount, calendar=calendar)
        case Unit.CALENDAR_DAY:
            day = working_day_from(day + timedelta(days=limit.amount), calendar=calendar)
    return closing(day, calendar=calendar)


def after_supplement(
    procedure: Procedure,
    due: datetime,
    *,
    requested_at: datetime,
    supplied_at: datetime,
    calendar: Calendar,
) -> Rescheduled:
    """Return the due time before and after a wait for papers, by the procedure's clock.

    A pause moves it by the office hours that went by while waiting; a restart counts the whole
    limit again from `supplied_at`. It never moves forward. Raises ValueError when the papers came
    before they were asked for.
    """
    if supplied_at < requested_at:
        raise ValueError("papers cannot come before they were asked for")
    match procedure.supplement_clock:
        case Clock.PAUSE:
            waited = working_time_between(requested_at, supplied_at, calendar=calendar)
            moved = add_working_time(due, waited, calendar=calendar)
        case Clock.RESTART:
            moved = max(local(due), due_at(procedure, supplied_at, calendar=calendar))
    return Rescheduled(local(due), moved)


def after_correction(
    wrong: Procedure,
    right: Procedure,
    *,
    received_at: datetime,
    due: datetime,
    calendar: Calendar,
) -> Rescheduled:
    """Return the due time before and after the right procedure took the wrong one's place.

    The limit of the right one counts from the same reception: the clock is not restarted. By what
    the dossier has waited for papers, the new time is moved, too.
    """
    moved = due_at(right, received_at, calendar=calendar)
    waited = working_time_between(
        due_at(wrong, received_at, calendar=calendar), due, calendar=calendar
    )
    if waited > timedelta():
        moved = add_working_time(moved, waited, calendar=calendar)
    return Rescheduled(local(due), moved)


def remaining(
    due: datetime, now: datetime, *, calendar: Calendar, paused_since: datetime | None = None
) -> timedelta:
    """Return the office hours left until `due`; negative when it has passed.

    While a dossier waits for papers its clock stands at `paused_since`.
    """
    return working_time_between(_clock(now, paused_since), due, calendar=calendar)


def is_overdue(due: datetime, now: datetime, *, paused_since: datetime | None = None) -> bool:
    """Tell whether a dossier that is not finished has passed its due time."""
    return _clock(now, paused_since) > due


def horizon(now: datetime, within: timedelta, *, calendar: Calendar) -> datetime:
    """Return the last moment that is at most `within` of office hours away from `now`.

    A due time is close exactly when it is not after this moment, so one comparison in the database
    finds all that are. Between two sessions it is the opening of the later one.
    """
    return add_working_time(now, within + _RESOLUTION, calendar=calendar) - _RESOLUTION


def is_close(
    due: datetime,
    now: datetime,
    within: timedelta,
    *,
    calendar: Calendar,
    paused_since: datetime | None = None,
) -> bool:
    """Tell whether at most `within` of office hours are left until `due`, or it has passed."""
    return remaining(due, now, calendar=calendar, paused_since=paused_since) <= within


def classify(end: datetime, due: datetime) -> Timeliness:
    """Return whether a dossier that ended at `end` was early, on time or late."""
    if end > due:
        return Timeliness.LATE
    return Timeliness.EARLY if local(end).date() < local(due).date() else Timeliness.ON_TIME


def _clock(now: datetime, paused_since: datetime | None) -> datetime:
    return now if paused_since is None else min(now, paused_since)
