"""Limits of calls: when a partner does not want to be called, and how often at most. Dated data.

Windows are weekly (by the clock of Hue) or dated; a quota is a number of calls in any hour, not in
each hour of the clock. Pure: no clock, no store; `hub/records/registers/call_limits.py` reads and
checks the data.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from msgspec import Struct

from hub.messages.local_time import LOCAL

HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_LINKED_AT_MOST = 60
"""Windows that follow one another without a gap; more are read when the one before has ended."""


class Day(StrEnum):
    """A day of the week, in the order of `date.weekday`."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


_DAYS = tuple(Day)


class LimitEntry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every entry has; `valid_from` and `valid_to` are days, both within."""

    partner: str
    reason_vi: str
    reason_en: str
    valid_from: date
    source: str
    valid_to: date | None = None
    operation: str = ""
    """A message type; "" for all that goes to the partner."""

    def concerns(self, partner: str, operation: str) -> bool:
        """Tell whether it is about this operation."""
        return self.partner == partner and self.operation in {"", operation}

    def in_force(self, day: date) -> bool:
        """Tell whether it counts on `day`."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


class Weekly(LimitEntry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Closed on some days of the week; over midnight when `ends` is not after `starts`."""

    days: tuple[Day, ...]
    starts: time
    ends: time


class Dated(LimitEntry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Closed once, from `starts` up to `ends`."""

    starts: datetime
    ends: datetime


class Quota(LimitEntry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """At most `calls` calls in any hour."""

    calls: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CallLimits:
    """Everything that is known of every partner."""

    windows: tuple[Weekly | Dated, ...] = ()
    quotas: tuple[Quota, ...] = ()

    def of(self, partner: str) -> "CallLimits":
        """Return what concerns one partner."""
        return CallLimits(
            windows=tuple(it for it in self.windows if it.partner == partner),
            quotas=tuple(it for it in self.quotas if it.partner == partner),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedPeriod:
    """The partner does not want to be called from `since` up to `until`."""

    since: datetime
    until: datetime
    reason_vi: str
    reason_en: str
    drains: bool = False
    """What was claimed before is still called; nothing new is claimed."""


def closed_window(
    limits: CallLimits, partner: str, operation: str, *, at: datetime
) -> ClosedPeriod | None:
    """Return the window that `at` lies in, with all that follow it without a gap; None outside."""
    windows = [it for it in limits.windows if it.concerns(partner, operation)]
    first = _covering(windows, at)
    if first is None:
        return None
    entry, since, until = first
    for _ in range(_LINKED_AT_MOST):
        following = _covering(windows, until)
        if following is None:
            break
        until = following[2]
    return ClosedPeriod(
        since=since, until=until, reason_vi=entry.reason_vi, reason_en=entry.reason_en
    )


def quotas(limits: CallLimits, partner: str, *, at: datetime) -> tuple[Quota, ...]:
    """Return the quotas of a partner that are in force at `at`."""
    day = at.astimezone(LOCAL).date()
    return tuple(it for it in limits.quotas if it.partner == partner and it.in_force(day))


def left(quota: Quota, made: Sequence[datetime], *, at: datetime) -> int:
    """Return how many more calls may be made at `at`, after those of `made`."""
    return max(0, quota.calls - sum(1 for when in made if at - HOUR < when))


def free_at(quota: Quota, made: Sequence[datetime], *, at: datetime) -> datetime:
    """Return when calls may go on after the quota is used up; `made` is oldest first.

    Not at the first free place but when a tenth is free, else each call would be its own pause.
    """
    recent = [when for when in made if at - HOUR < when]
    wanted = max(1, quota.calls // 10)
    over = len(recent) - quota.calls + wanted
    return max(at, recent[over - 1] + HOUR) if over > 0 else at


def _covering(
    windows: Sequence[Weekly | Dated], at: datetime
) -> tuple[Weekly | Dated, datetime, datetime] | None:
    """Return the window that `at` lies in and ends last, with its bounds."""
    found = [
        (entry, since, until)
        for entry in windows
        for since, until in _spells(entry, at)
        if since <= at < until
    ]
    return max(found, key=lambda it: it[2], default=None)


def _spells(entry: Weekly | Dated, at: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Yield what of a window may cover `at`; it belongs to the day on which it starts."""
    if isinstance(entry, Dated):
        if entry.in_force(entry.starts.astimezone(LOCAL).date()):
            yield entry.starts, entry.ends
        return
    today = at.astimezone(LOCAL).date()
    for day in (today - _DAY, today):
        if _DAYS[day.weekday()] in entry.days and entry.in_force(day):
            last = day if entry.starts < entry.ends else day + _DAY
            yield (
                datetime.combine(day, entry.starts, LOCAL),
                datetime.combine(last, entry.ends, LOCAL),
            )
