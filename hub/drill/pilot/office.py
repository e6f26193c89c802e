"""The ward's office during the pilot: what officers, scanner and barcode reader do.

It only uses the ways in that the real office has: messages from the counter and the workstations,
files in the scanner's hot folder, codes over the barcode reader's serial line. It looks at the
records as an officer looks at the screen: what is finished is handed out, what needs a supplement
gets one.
"""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from adapters.devices.barcode.simulator import BarcodeReader
from adapters.devices.scanner.simulator import scan
from hub.drill.pilot.scenario import Planned
from hub.messages import catalog
from hub.messages import payloads as p
from hub.ports import Sink
from hub.records.rulebook import Rulebook
from hub.store.engine.store import Store
from hub.store.records import papers
from hub.store.records.reading import reports

SUPPLEMENT = ("A", "B")
"""The papers that a citizen brings when more is asked for: two, as often as not."""
ALL_GOOD = 2
"""The best mark of a satisfaction slip."""


class PilotOffice:
    """Plays the plan; `progress` is called with the number of dossiers taken in."""

    def __init__(
        self,
        store: Store,
        sink: Sink,
        reader: BarcodeReader,
        *,
        scans: Path,
        rules: Rulebook,
        until: datetime,
    ) -> None:
        self.store = store
        self.sink = sink
        self.reader = reader
        self.scans = scans
        self.rules = rules
        self.until = until
        self.desk_time = until
        """Business time at the return desk: what the barcode reader's clock shows."""
        self.plans: dict[str, Planned] = {}
        """Dossiers in the office's hands."""
        self.returned = 0
        self._scanned: set[tuple[str, datetime]] = set()
        self._supplied: set[tuple[str, datetime]] = set()

    def receive(self, planned: Planned) -> None:
        """Take one dossier in, scan its papers, and let the officer work on it."""
        self.plans[planned.number] = planned
        payload = planned.reception
        self._emit(payload, at=payload.received_at, source="counter-1")
        scanned_at = self.rules.add_working_time(payload.received_at, timedelta(minutes=3))
        names = {component.code: component.name for component in payload.components}
        for code in planned.scanned:
            scan(
                self.scans, number=payload.number, component=code, title=names[code], at=scanned_at
            )
        if planned.finished_at is not None:
            self._progress(planned, p.Status.PROCESSING, planned.processing_at, "Đang giải quyết")
            self._progress(planned, p.Status.FINISHED, planned.finished_at, "Đã giải quyết xong")

    def attend(self) -> int:
        """Look at the screen once: supply what is asked for, hand out what is finished."""
        with self.store.read() as tx:
            waiting = reports.in_status(tx, p.Status.SUPPLEMENT_REQUESTED)
            finished = reports.in_status(tx, p.Status.FINISHED)
        return sum(map(self._supply, waiting)) + sum(map(self._hand_out, finished))

    def _supply(self, place: tuple[str, datetime]) -> bool:
        """Scan what the citizen brings; take the work up again when all of it is on the screen."""
        number, since = place
        at = self.rules.add_working_time(since, timedelta(hours=3))
        resumed_at = self.rules.add_working_time(at, timedelta(minutes=10))
        if place in self._supplied or resumed_at > self.until:
            return False
        codes = [f"BS-{since:%y%m%d%H%M}-{paper}" for paper in SUPPLEMENT]
        if place not in self._scanned:
            self._scanned.add(place)
            for code in codes:
                scan(self.scans, number=number, component=code, title="supplement", at=at)
            return True
        with self.store.read() as tx:
            there = {file.component for file in papers.files_of(tx, number, result=False)}
        if not there.issuperset(codes):
            return False
        self._supplied.add(place)
        note = "Đã bổ sung giấy tờ"
        self._progress(self.plans[number], p.Status.PROCESSING, resumed_at, note)
        return True

    def _hand_out(self, place: tuple[str, datetime]) -> bool:
        number, since = place
        planned = self.plans.get(number)
        if planned is None:
            return False
        at = self.rules.add_working_time(since, planned.returned_after)
        if at > self.until:
            at = max(since, self.until)
        self.desk_time = at
        if not self.reader.scan(number):
            return False
        del self.plans[number]
        self.returned += 1
        if planned.slip:
            scores = dict.fromkeys(self.rules.survey_criteria, ALL_GOOD)
            slip = p.SurveySubmitted(slip=planned.slip, scores=scores, submitted_at=at)
            self._emit(slip, at=at, source="kiosk-1")
        return True

    def _progress(self, planned: Planned, status: p.Status, at: datetime, note: str) -> None:
        payload = p.DossierProgressed(
            number=planned.number,
            status=status,
            at=at,
            officer="Lê Văn Thẩm Định",
            unit="Công chức chuyên môn",
            note=note,
        )
        self._emit(payload, at=at, source="workstation-1")

    def _emit(self, payload: p.Payload, *, at: datetime, source: str) -> None:
        self.sink.accept(catalog.compose(payload, time=at, source=source))


def attend_until(
    office: PilotOffice, stop: threading.Event, rung: Callable[[float], object]
) -> None:
    """Attend whenever something was committed (`rung` waits for that), until `stop`."""
    while not stop.is_set():
        if not office.attend():
            rung(0.1)
