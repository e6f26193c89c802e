"""The rules of the field, bound to the data that they need: catalogue, calendar, unit.

One frozen object that handlers and the pilot's plan ask; the rules themselves are pure functions in
the modules beside this one. What the data cannot answer becomes InvalidMessage, so that the
message is parked with its reason instead of crashing a role.
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from hub.messages.invalid import InvalidMessage
from hub.messages.payloads import ApplicantKind, Status
from hub.records.deadlines import calendar, due_dates
from hub.records.deadlines.calendar import Calendar, CalendarMissing
from hub.records.dossiers import numbering, status
from hub.records.registers import agencies, procedures, surveys
from hub.records.registers.agencies import Directory, of_level
from hub.records.registers.procedures import Catalogue, Level, Procedure

WARD = "UBND phường Hương Xuân"


@contextmanager
def _calendar_needed(where: str) -> Iterator[None]:
    """Turn a missing calendar into a message that is parked with its reason."""
    try:
        yield
    except CalendarMissing as error:
        raise InvalidMessage("calendar_missing", where=where, why=str(error)) from None


@dataclass(frozen=True, slots=True)
class Rulebook:
    """Rules with their data."""

    catalogue: Catalogue
    calendar: Calendar
    agencies: Directory
    unit: str = WARD

    @classmethod
    def load(cls) -> "Rulebook":
        """Read the packaged data."""
        return cls(procedures.load(), calendar.load(), agencies.load())

    def check_number(self, number: str) -> None:
        """Raise InvalidMessage (`number_malformed`) unless it is a dossier number."""
        numbering.parse(number)

    def number(self, agency: str, day: date, sequence: int) -> str:
        """Return the dossier number of an agency's `sequence`-th dossier of a day."""
        return numbering.format(agency, day, sequence=sequence)

    def procedure(self, code: str, received_at: datetime) -> Procedure:
        """Return the version in force on the day of reception; InvalidMessage when none is."""
        on = calendar.local(received_at).date()
        return procedures.find(code, on=on, catalogue=self.catalogue)

    def check_applicant(
        self, procedure: Procedure, kind: ApplicantKind, received_at: datetime
    ) -> None:
        """Raise InvalidMessage (`applicant_not_taken`) where the town takes no such applicant."""
        if not procedure.inter_level:
            return
        on = calendar.local(received_at).date()
        for town in of_level(Level.TOWN, on=on, directory=self.agencies):
            if town.applicants and kind not in town.applicants:
                why = f"{town.name} takes no dossiers of applicants of kind {kind:d}"
                where = "$.payload.chuHoSo.loaiDoiTuong"
                raise InvalidMessage("applicant_not_taken", where=where, why=why)

    def due_at(self, procedure: Procedure, received_at: datetime) -> datetime:
        """Return when the result is due; InvalidMessage (`calendar_missing`) without a calendar."""
        with _calendar_needed("$.payload.ngayTiepNhan"):
            return due_dates.due_at(procedure, received_at, calendar=self.calendar)

    def resumed_due(
        self, procedure: Procedure, due: datetime, since: datetime, at: datetime
    ) -> datetime:
        """Return the due time after a wait for papers from `since` to `at`."""
        with _calendar_needed("$.payload.thoiDiem"):
            return due_dates.after_supplement(
                procedure,
                due,
                requested_at=since,
                supplied_at=max(since, at),
                calendar=self.calendar,
            ).after

    def corrected_due(
        self, wrong: Procedure, right: Procedure, received_at: datetime, due: datetime
    ) -> datetime:
        """Return the due time of a dossier that was received under the wrong procedure."""
        with _calendar_needed("$.payload.maTTHCDung"):
            return due_dates.after_correction(
                wrong, right, received_at=received_at, due=due, calendar=self.calendar
            ).after

    def refusal(
        self, current: Status, new: Status, *, at: datetime, since: datetime, resumes: bool
    ) -> str | None:
        """Return why the guard does not let an event move a dossier, None when it does."""
        verdict = status.decide(current, new, at=at, current_at=since, resumes=resumes)
        return None if verdict.applies else verdict.reason

    def working_time_between(self, start: datetime, end: datetime) -> timedelta:
        """Return the office hours between two moments."""
        return calendar.working_time_between(start, end, calendar=self.calendar)

    def add_working_time(self, start: datetime, amount: timedelta) -> datetime:
        """Return the moment `amount` of office hours after `start`."""
        return calendar.add_working_time(start, amount, calendar=self.calendar)

    def horizon(self, now: datetime, within: timedelta) -> datetime:
        """Return the last moment within so many office hours; raises CalendarMissing."""
        return due_dates.horizon(now, within, calendar=self.calendar)

    def is_close(
        self, due: datetime, now: datetime, within: timedelta, paused_since: datetime | None
    ) -> bool:
        """Tell whether a due time is so close; raises CalendarMissing."""
        return due_dates.is_close(
            due, now, within, calendar=self.calendar, paused_since=paused_since
        )

    def working_moment(
        self, draw: random.Random, first: date, last: date, until: datetime
    ) -> datetime:
        """Return a moment of the morning or early afternoon of a working day, before `until`."""
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        working = [day for day in days if calendar.is_working_day(day, calendar=self.calendar)]
        opening = calendar.opening(draw.choice(working), calendar=self.calendar)
        moment = self.add_working_time(opening, timedelta(minutes=draw.randrange(5, 300)))
        return min(moment, until - timedelta(hours=2)).replace(microsecond=0)

    @property
    def survey_criteria(self) -> tuple[str, ...]:
        """Return the codes of what a satisfaction slip asks about."""
        return surveys.CRITERIA_CODES
