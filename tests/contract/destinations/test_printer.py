"""The printers of the counter pass the contract of a destination, over IPP."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.devices.printer.destination import LOOK_UP, PaperPrinters, PrinterAddress
from adapters.simulation.faults import Fault, FaultKind
from adapters.simulation.process import SimulatorProcess
from adapters.wire.http import Limits
from hub.messages import catalog
from hub.messages.envelope import Attachment, Message
from hub.messages.payloads import PaperToPrint
from hub.ports import Destination
from hub.ports.printing.paper_requests import PRINT
from tests.contract.destinations.destination_contract import Features
from tests.contract.destinations.line_contract import LineContract

PAGE = b"%PDF-1.4 a page\n%%EOF\n"
PRINTER = "printer-1"


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    ledger: Path = tmp_path_factory.mktemp("printer") / "printer.db"
    with SimulatorProcess.start("adapters.devices.printer.simulator", ledger=ledger) as running:
        yield running


class Printing:
    """Papers at a simulated printer."""

    personal = ("Cán bộ Thử",)
    first_call, look_up, login = PRINT, LOOK_UP, ""

    def __init__(self, printer: SimulatorProcess) -> None:
        self.printer = printer

    def destination(self, *, reply_timeout: timedelta = timedelta(seconds=20)) -> Destination:
        address = self.printer.url.replace("http://", "ipp://") + "/ipp/print"
        limits = Limits(reply_timeout=reply_timeout, reply_bytes=1024 * 1024, connections=0)
        printers = {PRINTER: PrinterAddress(address)}
        return PaperPrinters(printers, read_file=lambda _: PAGE, limits=limits)

    def message(self, number: str, *, other: bool = False, files: bool = False) -> Message:  # noqa: ARG002
        wanted = PaperToPrint(
            number=number,
            paper="control-slip",
            title="Phiếu kiểm soát",
            printer=PRINTER,
            copies=2 if other else 1,
            requested_by="Cán bộ Thử",
        )
        file = Attachment(
            name="phieu.pdf",
            media_type="application/pdf",
            size=len(PAGE),
            sha256=hashlib.sha256(PAGE).hexdigest(),
        )
        now = datetime.now(UTC)
        return catalog.compose(wanted, time=now, source="records", attachments=[file])

    def begin(self, destination: Destination, number: str) -> None:
        """A paper is the first thing said of a dossier."""

    def effects(self, number: str) -> int:
        return len(self.printer.effects(dossier=number))

    def set_faults(self, *faults: Fault) -> None:
        self.printer.set_faults([_of_both_lists(it) for it in faults])

    def clear_faults(self) -> None:
        self.printer.clear_faults()


class TestPrinting(LineContract):
    """A repeated job is printed twice: `find` tells whether it is there."""

    features = Features(
        accepts=frozenset({"devices.paper"}),
        tells_existing=False,
        files=False,
        sessions=False,
        waits=True,
    )

    @pytest.fixture
    def partner(self, simulator: SimulatorProcess) -> Iterator[Printing]:
        partner = Printing(simulator)
        yield partner
        partner.clear_faults()


def _of_both_lists(fault: Fault) -> Fault:
    """Have a wrong name in both lists of a look-up: the first one, of jobs that wait, is empty."""
    if fault.kind is not FaultKind.OTHER_DOSSIER or fault.operations != (LOOK_UP,):
        return fault
    return Fault(kind=fault.kind, operations=fault.operations, remaining=2)
