"""The stream of land dossiers: each at its own moment, whatever became of those before it.

Open loop: a hub that falls behind is not spared, and the delay counts from the moment when a
dossier was due, not from when a busy counter came round to it.
"""

import io
import time
from concurrent.futures import Future, ThreadPoolExecutor

from hub.exchange.intake.accept import Intake
from hub.messages import catalog
from hub.messages import payloads as p
from hub.messages.envelope import Attachment, Message
from hub.records.rulebook import Rulebook
from tests.benchmarks.latency.order import RECEIVED_AT, Order
from tests.support.files.sample_files import pdf

AGENCY = "000.99.01.H57"
PROCEDURE = "2.000880"
LEAD = 0.25
"""Seconds before its moment at which the scan of a dossier is stored."""
COUNTERS = 8
_MARK = b"dossier?"
"""Stands in the PDF for the dossier's place: made once, so that this costs the hub nothing."""


class Load:
    """Takes dossiers in; `due` and `returned` are times of the monotonic clock by number."""

    def __init__(self, order: Order, intake: Intake, rules: Rulebook) -> None:
        self.order = order
        self.intake = intake
        self.rules = rules
        self.procedure = rules.procedure(PROCEDURE, RECEIVED_AT)
        self._template = pdf(_MARK.decode(), pad=order.file_bytes)
        self.due: dict[str, float] = {}
        self.returned: dict[str, float] = {}

    def run(self) -> None:
        """Take in every dossier; returns when the last one is taken in."""
        start = time.monotonic() + 2 * LEAD
        count = self.order.warm_up + self.order.measured
        with ThreadPoolExecutor(COUNTERS, thread_name_prefix="counter") as counters:
            taken: list[Future[None]] = []
            for place in range(count):
                moment = start + place / self.order.per_second
                _sleep_until(moment - LEAD)
                taken.append(counters.submit(self._take_in, place, moment))
            for done in taken:
                done.result()

    def _take_in(self, place: int, moment: float) -> None:
        number = self.rules.number(AGENCY, RECEIVED_AT.date(), place + 1)
        component = self.procedure.components[0]
        scan = self.intake.store_file(
            io.BytesIO(self._template.replace(_MARK, f"{place:08}".encode())),
            name=f"{component.code}.pdf",
            media_type="application/pdf",
            component=component.code,
        )
        message = self._message(number, component, scan)
        _sleep_until(moment)
        self.due[number] = moment
        self.intake.accept(message)
        self.returned[number] = time.monotonic()

    def _message(self, number: str, component: p.Component, scan: Attachment) -> Message:
        payload = p.DossierReceived(
            number=number,
            procedure=self.procedure.code,
            applicant=p.Applicant(
                name="Nguyễn Văn Mẫu",
                identity_number="000000000001",
                phone="0000000001",
                address="Tổ dân phố 0, phường Hương Xuân",
            ),
            summary=self.procedure.name,
            received_at=RECEIVED_AT,
            components=(component,),
            parcels=(p.Parcel(number="17", map_sheet="9", area_m2=250.0),),
            officer="Lê Văn Thử",
        )
        return catalog.compose(payload, time=RECEIVED_AT, source="counter-1", attachments=(scan,))


def _sleep_until(moment: float) -> None:
    # The open loop's metronome; nobody waits for a result here.
    time.sleep(max(0.0, moment - time.monotonic()))
