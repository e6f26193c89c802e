"""How a due date was counted: the steps that a person can follow on a calendar."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

import pytest

from hub.messages.local_time import LOCAL
from hub.messages.payloads import Applicant, Channel, Status
from hub.records.deadlines import calendar, counted, due_dates
from hub.records.deadlines.calendar import CalendarMissing
from hub.records.deadlines.counted import Count
from hub.records.registers import procedures
from hub.records.registers.procedures import Clock, Procedure
from hub.store.records.dossiers import Dossier, StatusEvent

CALENDAR = calendar.load()
CATALOGUE = procedures.load()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LOCAL)


def procedure(code: str, received: datetime) -> Procedure:
    return procedures.find(code, on=received.date(), catalogue=CATALOGUE)


def event(status: Status, moment: str, *, why_not: str | None = None) -> StatusEvent:
    return StatusEvent(
        number="n",
        message_id="m",
        status=status,
        at=at(moment),
        officer="",
        unit="",
        why_not=why_not,
    )


def dossier(code: str, received: datetime, due: datetime) -> Dossier:
    return Dossier(
        number="n",
        procedure=code,
        sector="s",
        inter_level=False,
        channel=Channel.COUNTER,
        applicant=Applicant(name=""),
        summary="",
        components=(),
        parcels=(),
        officer="",
        received_at=received,
        due_at=due,
        first_due_at=due,
        status=Status.ACCEPTED,
        status_at=received,
    )


def count(
    code: str,
    received: str,
    events: Sequence[StatusEvent] = (),
    *,
    clock: Clock = Clock.PAUSE,
    promised: str = "",
    now: str = "2018-12-03 08:00",
) -> Count:
    moment = at(received)
    of = replace(procedure(code, moment), supplement_clock=clock)
    first = due_dates.due_at(of, moment, calendar=CALENDAR)
    known = dossier(code, moment, at(promised) if promised else first)
    return counted.count(known, events, of, calendar=CALENDAR, now=at(now))


def test_a_limit_over_national_day_names_the_days_off() -> None:
    """15 working days from 27/8/2018 meet Monday 3/9, off in place of Sunday 2/9."""
    found = count("2.000880", "2018-08-27 10:00")
    assert found.due == found.first_due == found.promised == at("2018-09-18 17:00")
    assert [(it.day, it.name.vi) for it in found.days_off] == [
        (date(2018, 9, 3), "Quốc khánh (nghỉ bù)")
    ]
    assert found.agrees
    assert not found.is_late_arrival


def test_a_swapped_day_names_the_day_that_is_worked_instead() -> None:
    """29/4/2019 was off and Saturday 4/5 was worked; the day is written as in Vietnam."""
    found = count("1.003554", "2019-04-26 10:00")
    swapped = next(it for it in found.days_off if it.day == date(2019, 4, 29))
    assert "04/05/2019" in swapped.name.vi
    assert "04/05/2019" in swapped.name.en
    assert found.made_up == [date(2019, 5, 4)]


def test_an_arrival_after_closing_counts_from_the_next_opening() -> None:
    """What came in on Saturday counts from Tuesday, as Monday was a day off."""
    found = count("2.000815", "2018-09-01 10:00")
    assert found.is_late_arrival
    assert found.counted_from == at("2018-09-04 07:00")


def test_a_wait_for_papers_moves_the_due_date_by_office_hours() -> None:
    """Asked on Tuesday at 9, brought on Wednesday at 9: a working day of eight hours."""
    events = [
        event(Status.SUPPLEMENT_REQUESTED, "2018-08-28 09:00"),
        event(Status.SUPPLEMENT_REQUESTED, "2018-08-28 11:00"),
        event(Status.FINISHED, "2018-08-28 12:00", why_not="out of order"),
        event(Status.PROCESSING, "2018-08-29 09:00"),
    ]
    found = count("2.000880", "2018-08-27 10:00", events, promised="2018-09-19 17:00")
    (wait,) = found.waits
    assert (wait.since, wait.until) == (at("2018-08-28 09:00"), at("2018-08-29 09:00"))
    assert wait.office_time == calendar.working_time_between(
        wait.since, at("2018-08-29 09:00"), calendar=CALENDAR
    )
    assert found.due == wait.due == at("2018-09-19 17:00")
    assert found.agrees


def test_a_wait_that_lasts_counts_until_now_and_moves_nothing_yet() -> None:
    """Until the papers are here the promise stands as it was."""
    events = [event(Status.SUPPLEMENT_REQUESTED, "2018-08-28 07:00")]
    found = count("2.000880", "2018-08-27 10:00", events, now="2018-08-28 09:30")
    (wait,) = found.waits
    assert wait.until is None
    assert wait.office_time.total_seconds() == 2.5 * 3600
    assert found.due == found.first_due


def test_a_restarting_clock_counts_the_whole_limit_again() -> None:
    """From the moment when the papers were complete."""
    events = [
        event(Status.SUPPLEMENT_REQUESTED, "2018-08-28 09:00"),
        event(Status.PROCESSING, "2018-08-29 09:00"),
    ]
    found = count("2.000880", "2018-08-27 10:00", events, clock=Clock.RESTART)
    assert found.restarts
    assert found.due == at("2018-09-20 17:00")


def test_another_date_at_the_ward_is_told() -> None:
    """A date that was counted by other data stays the promise; the count says that it differs."""
    found = count("2.000880", "2018-08-27 10:00", promised="2018-10-05 17:00")
    assert not found.agrees
    assert found.promised == at("2018-10-05 17:00")


def test_a_year_without_calendar_is_refused() -> None:
    """Nothing is guessed, also not for a page."""
    with pytest.raises(CalendarMissing):
        counted.count(
            dossier("1.012781", at("2026-12-28 10:00"), at("2027-01-12 17:00")),
            [],
            procedure("1.012781", at("2026-12-28 10:00")),
            calendar=CALENDAR,
            now=at("2026-12-29 10:00"),
        )
