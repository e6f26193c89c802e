"""The count of a due date as sentences, each a step that a person can follow on a calendar."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache

from hub.messages.invalid import InvalidMessage
from hub.records.deadlines.calendar import CalendarMissing
from hub.records.deadlines.counted import Count, Wait, count
from hub.records.deadlines.days_off import DayOff
from hub.records.registers.procedures import Procedure, TimeLimit, Unit
from hub.records.rulebook import Rulebook
from hub.store.records.dossiers import Dossier, StatusEvent
from hub.texts import Text, both
from hub.web.templates import moment

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedDueDate:
    """The steps in their order, the days off between the second and the third part."""

    before: Sequence[Text]
    days_off: Sequence[DayOff] = ()
    after: Sequence[Text] = ()
    differs: Text | None = None
    """What to know where the count gives another date than the ward holds."""


@cache
def rules() -> Rulebook:
    """Return the ward's rules with their data; read once."""
    return Rulebook.load()


def procedure_of(dossier: Dossier) -> Procedure | None:
    """Return the version of the procedure that a dossier is pinned to, None for an unknown one."""
    try:
        return rules().procedure(dossier.procedure, dossier.received_at)
    except InvalidMessage:
        return None


def counted(dossier: Dossier, events: Sequence[StatusEvent], *, now: datetime) -> CountedDueDate:
    """Return how the due date of a dossier was counted, or why that cannot be said."""
    procedure = procedure_of(dossier)
    if procedure is None:
        return CountedDueDate(before=[both("due_dates.no_procedure", code=dossier.procedure)])
    try:
        found = count(dossier, events, procedure, calendar=rules().calendar, now=now)
    except CalendarMissing as missing:
        return CountedDueDate(before=[both("due_dates.no_calendar", year=missing.year)])
    return CountedDueDate(
        before=list(_before(found)),
        days_off=found.days_off,
        after=list(_after(found)),
        differs=None
        if found.agrees
        else both("due_dates.differs", promised=moment(found.promised), counted=moment(found.due)),
    )


def _before(found: Count) -> Iterator[Text]:
    procedure = found.procedure
    yield both(
        "due_dates.rule",
        code=procedure.code,
        valid_from=_day(procedure.valid_from),
        limit=_limit(procedure.time),
    )
    if found.is_assumed:
        yield both("due_dates.assumed")
    same_day = "_same_day" if procedure.time.unit is Unit.SAME_DAY else ""
    at = {"at": moment(found.received_at), "counted": moment(found.counted_from)}
    place = "outside" if found.is_late_arrival else "inside"
    yield both(f"due_dates.received_{place}{same_day}", **at)
    if procedure.time.unit is Unit.WORKING_DAY:
        yield both("due_dates.weekends")
    if not found.days_off:
        yield both("due_dates.no_days_off")
    elif procedure.time.unit is Unit.WORKING_DAY:
        yield both("due_dates.days_off")
    else:
        yield both("due_dates.days_off_within")


def _after(found: Count) -> Iterator[Text]:
    if found.made_up:
        yield both("due_dates.made_up", days=", ".join(map(_day, found.made_up)))
    yield both("due_dates.first_due", at=moment(found.first_due))
    for wait in found.waits:
        yield _waited(wait, restarts=found.restarts)
    if found.waits:
        yield both("due_dates.result", at=moment(found.due))


def _waited(wait: Wait, *, restarts: bool) -> Text:
    clock = "restart" if restarts else "pause"
    since, time = moment(wait.since), _hours(wait.office_time)
    if wait.until is None:
        return both(f"due_dates.waits_{clock}", since=since, time=time)
    until, due = moment(wait.until), moment(wait.due)
    return both(f"due_dates.waited_{clock}", since=since, until=until, time=time, due=due)


def _limit(limit: TimeLimit) -> Text:
    return both(f"due_dates.limit_{limit.unit}", count=limit.amount, cutoff=f"{limit.cutoff:%H:%M}")


def _day(value: date) -> str:
    return f"{value:%d/%m/%Y}"


def _hours(value: timedelta) -> str:
    hours, minutes = divmod(value // _MINUTE, 60)
    return f"{hours}:{minutes:02d}"
