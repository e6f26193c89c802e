"""The made-up work of a drill: a day's dossiers, then another one every few seconds.

Everything comes in by the doors that a real ward has: messages to the gateway as the counter and
the workstations send them, scans in the hot folder. People are made up, see `pilot.scenario`.
Times are those of the last working day that is over, so that some dossiers are due soon.
"""

import random
from collections import deque
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from http import HTTPStatus
from pathlib import Path

from adapters.devices.scanner.simulator import scan
from adapters.wire.http import Wire
from hub.drill.pilot import scenario
from hub.drill.pilot.scenario import Mix, Planned, Share
from hub.messages import catalog, envelope
from hub.messages import payloads as p
from hub.messages.local_time import LOCAL
from hub.records.deadlines import calendar
from hub.records.rulebook import Rulebook
from hub.rules.failures.errors import DeliveryFailure

AGENCY = "000.99.01.H57"
_MIX = (
    ("Chứng thực", 24, ("2.000815", "2.000815", "2.000884", "2.000908", "2.001019")),
    ("Hộ tịch", 16, ("1.001193", "1.000894", "1.000656", "1.004873", "2.000635")),
    ("Bảo trợ xã hội", 6, ("1.001776", "1.001731")),
    ("Đất đai", 6, ("1.012753", "1.012781", "1.012783")),
    ("Thi đua - khen thưởng", 2, ("2.000346",)),
)
DAY = sum(count for _, count, _ in _MIX)
"""Dossiers of the day."""
_CLOSES = timedelta(hours=19)
"""Of the day, after which nothing of the plan happens."""
_OFFICER, _UNIT = "Lê Văn Thẩm Định", "Công chức chuyên môn"


class NotTaken(Exception):
    """The gateway did not take a message; the text says why."""


class Traffic:
    """Hands the work of one drill in; keeps the next number beside it."""

    def __init__(
        self, directory: Path, *, url: str, token: str, scans: Path, now: datetime
    ) -> None:
        """`directory`: where the next number is kept; `url`, `token`: of the gateway."""
        self._rules = Rulebook.load()
        self._day = last_working_day(now.astimezone(LOCAL).date(), self._rules)
        self._counter = directory / "next-dossier"
        self._gateway, self._token, self._scans = Wire(url), token, scans
        self._taken_in = deque[Planned]()
        self._plan: Iterator[Planned] = iter(())

    @property
    def is_new(self) -> bool:
        """Whether no dossier of this drill was handed in yet."""
        return not self._counter.exists()

    def hand_in_day(self) -> Iterator[None]:
        """Hand in the dossiers of the day; yields after each."""
        for place, planned in enumerate(self._planned(1)):
            self._receive(planned)
            self._work_on(planned, steps=place % 4)
            yield

    def step(self) -> None:
        """Hand in one more dossier, and take an earlier one a step further."""
        planned = next(self._plan, None)
        if planned is None:
            self._plan = self._planned(self._next())
            planned = next(self._plan)
        self._receive(planned)
        self._taken_in.append(planned)
        if len(self._taken_in) > 3:
            self._work_on(self._taken_in.popleft(), steps=random.choice((1, 2, 3)))  # noqa: S311

    def _planned(self, first: int) -> Iterator[Planned]:
        """Return a day's plan, its numbers from `first` on."""
        until = datetime.combine(self._day, datetime.min.time(), LOCAL) + _CLOSES
        shares = tuple(
            Share(sector, count, procedures, self._day, self._day)
            for sector, count, procedures in _MIX
        )
        mix = Mix(self._day, until, slips=0, shares=shares)
        return scenario.plan(mix, self._rules, seed=first, agency=AGENCY, first=first)

    def _receive(self, planned: Planned) -> None:
        reception = planned.reception
        self._post(reception, reception.received_at, "counter-1")
        self._counter.write_text(
            str(int(reception.number.rpartition("-")[2]) + 1), encoding="ascii"
        )
        names = {it.code: it.name for it in reception.components}
        for code in planned.scanned:
            at = reception.received_at + timedelta(minutes=3)
            scan(self._scans, number=reception.number, component=code, title=names[code], at=at)

    def _work_on(self, planned: Planned, *, steps: int) -> None:
        """Have the ward's officers do so many steps of a dossier that is theirs alone."""
        if planned.finished_at is None:
            return
        done = (
            (p.Status.PROCESSING, planned.processing_at, "Đang giải quyết"),
            (p.Status.FINISHED, planned.finished_at, "Đã giải quyết xong"),
            (p.Status.RETURNED, planned.finished_at + planned.returned_after, "Đã trả kết quả"),
        )
        for status, at, note in done[:steps]:
            progress = p.DossierProgressed(
                number=planned.number, status=status, at=at, officer=_OFFICER, unit=_UNIT, note=note
            )
            self._post(progress, at, "workstation-1")

    def _next(self) -> int:
        return int(self._counter.read_text(encoding="ascii"))

    def _post(self, payload: p.Payload, at: datetime, source: str) -> None:
        """Hand a message in. Raises NotTaken."""
        body = envelope.encode(catalog.compose(payload, time=at, source=source))
        headers = {"authorization": f"Bearer {self._token}", "content-type": "application/json"}
        try:
            reply = self._gateway.call("POST", "/messages", body=body, headers=headers)
        except DeliveryFailure as failure:
            raise NotTaken(str(failure)) from None
        if reply.status != HTTPStatus.ACCEPTED:
            raise NotTaken(f"HTTP {reply.status} {reply.body[:300]!r}")


def last_working_day(today: date, rules: Rulebook) -> date:
    """Return the last day before `today` on which the office was open."""
    day = today - timedelta(days=1)
    while not calendar.is_working_day(day, calendar=rules.calendar):
        day -= timedelta(days=1)
    return day
