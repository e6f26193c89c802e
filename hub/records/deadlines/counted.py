"""How a due date was counted, step by step, so that a person can count after the hub.

The count is made anew from the procedure, the reception and the status events, by the functions
that set the date. Where it does not give the date that the ward holds, it says so: the procedure
was corrected, or its data changed since. Pure; a year without calendar raises CalendarMissing.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from hub.messages.payloads import Status
from hub.records.deadlines import due_dates
from hub.records.deadlines.calendar import Calendar, counted_from, local, working_time_between
from hub.records.deadlines.days_off import DayOff, days_off, made_up_days
from hub.records.registers.procedures import Clock, Procedure
from hub.store.records.dossiers import Dossier, StatusEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """A wait for papers."""

    since: datetime
    until: datetime | None
    """None while the papers are awaited."""
    office_time: timedelta
    """Office hours that passed while waiting."""
    due: datetime
    """The due date after the wait; while it lasts, the one before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """The steps from a reception to a due date."""

    procedure: Procedure
    received_at: datetime
    counted_from: datetime
    """When the dossier counts as received: the reception, or the next opening of the office."""
    last_day: date
    """The last day of the limit, without waits."""
    days_off: Sequence[DayOff]
    """Weekdays off from the reception to the due date."""
    made_up: Sequence[date]
    """Weekend days worked from the reception to the due date."""
    first_due: datetime
    waits: Sequence[Wait]
    due: datetime
    promised: datetime
    """The due date that the ward holds."""

    @property
    def is_late_arrival(self) -> bool:
        """Whether the dossier came in outside office hours."""
        return self.counted_from != self.received_at

    @property
    def restarts(self) -> bool:
        """Whether the whole limit counts again once the papers are there."""
        return self.procedure.supplement_clock is Clock.RESTART

    @property
    def agrees(self) -> bool:
        """Whether the count gives the date that the ward holds."""
        return self.due == self.promised

    @property
    def is_assumed(self) -> bool:
        """Whether nobody has confirmed the time limit of the procedure."""
        return "time" in self.procedure.assumed


def count(
    dossier: Dossier,
    events: Iterable[StatusEvent],
    procedure: Procedure,
    *,
    calendar: Calendar,
    now: datetime,
) -> Count:
    """Return how the due date of a dossier was counted; `events` in the ward's order."""
    received = local(dossier.received_at)
    first = due_dates.due_at(procedure, received, calendar=calendar)
    waits = list(_waits(events, first, procedure, calendar, now))
    due = waits[-1].due if waits else first
    span = (received.date(), max(due, local(dossier.due_at)).date())
    return Count(
        procedure=procedure,
        received_at=received,
        counted_from=counted_from(received, calendar=calendar),
        last_day=first.date(),
        days_off=days_off(*span, calendar=calendar),
        made_up=made_up_days(*span, calendar=calendar),
        first_due=first,
        waits=waits,
        due=due,
        promised=local(dossier.due_at),
    )


def _waits(
    events: Iterable[StatusEvent],
    due: datetime,
    procedure: Procedure,
    calendar: Calendar,
    now: datetime,
) -> Iterator[Wait]:
    since: datetime | None = None
    for event in events:
        if event.why_not:
            continue
        if event.status is Status.SUPPLEMENT_REQUESTED:
            since = since or event.at
        elif since is not None:
            until = max(since, event.at)
            moved = due_dates.after_supplement(
                procedure, due, requested_at=since, supplied_at=until, calendar=calendar
            )
            due = moved.after
            yield _wait(since, until, due, calendar, now)
            since = None
    if since is not None:
        yield _wait(since, None, due, calendar, now)


def _wait(
    since: datetime, until: datetime | None, due: datetime, calendar: Calendar, now: datetime
) -> Wait:
    passed = working_time_between(since, max(since, until or now), calendar=calendar)
    return Wait(since=since, until=until, office_time=passed, due=due)
