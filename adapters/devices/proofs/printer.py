"""Prints a test page and follows its job; whether it lies on the tray, a person says."""

import threading
import time
from dataclasses import dataclass

from adapters.devices.printer.calls import IppPrinter, NotIpp, PrinterRefused
from adapters.devices.printer.jobs import CANCELED, COMPLETED, ENDED
from adapters.devices.scanner.simulator import page
from hub.ports.devices import ProofRequest, ProofResult
from hub.rules.failures.errors import DeliveryFailure
from hub.texts import Text, both

POLL_EVERY = 0.25
"""Seconds."""


@dataclass(frozen=True, slots=True)
class PrinterProof:
    """The proof of one printer."""

    uri: str
    ca_file: str = ""

    def __call__(self, request: ProofRequest) -> ProofResult:
        try:
            printer = IppPrinter(self.uri, ca_file=self.ca_file)
        except (ValueError, OSError) as error:
            return ProofResult(False, both("acceptance.device_failed", why=type(error).__name__))
        try:
            return _printed(printer, request)
        except (NotIpp, PrinterRefused, DeliveryFailure) as error:
            return ProofResult(False, both("acceptance.device_failed", why=error))
        finally:
            printer.close()


def _printed(printer: IppPrinter, request: ProofRequest) -> ProofResult:
    words = page(f"TRANG IN THU / TEST PAGE   {request.code}")
    begun = printer.print_document(words, name=request.code, media_type="application/pdf")
    number = begun.number
    end, pause = time.monotonic() + request.within.total_seconds(), threading.Event()
    while time.monotonic() < end:
        state = next(iter(printer.job(number).get("job-state", ())), None)
        if isinstance(state, int) and state in ENDED:
            return ProofResult(state == COMPLETED, _ended(number, state))
        pause.wait(POLL_EVERY)
    seconds = round(request.within.total_seconds())
    return ProofResult(False, both("acceptance.job_goes_on", number=number, seconds=seconds))


def _ended(number: int, state: int) -> Text:
    if state == COMPLETED:
        return both("acceptance.job_completed", number=number)
    if state == CANCELED:
        return both("acceptance.job_canceled", number=number)
    return both("acceptance.job_aborted", number=number)
