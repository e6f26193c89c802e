"""The printers of the counter as a destination: `devices`, over the queue `deliver.devices`.

Before the one call that prints, the printer is asked how it is. Without paper or toner, open,
paused or away it is waited for: nothing was sent, and no attempt is used. After the call the job is
followed for some seconds. Printed is delivered; broken off without a page is permanent; what is
not known by then is ambiguous, and `find` settles it from the printer's own list of jobs. A printer
prints a repeated job twice, so nothing is ever repeated here.
"""

import math
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from adapters.devices.printer import jobs
from adapters.devices.printer.calls import (
    LIMITS,
    BegunJob,
    IppPrinter,
    NotIpp,
    PrinterRefused,
)
from adapters.devices.printer.health import WANTED, findings_of
from adapters.devices.printer.ipp import Attributes
from adapters.devices.printer.jobs import JobFate, Sought
from adapters.wire.http import Limits
from adapters.wire.replies import sha256, without_effect
from hub.messages import catalog
from hub.messages.envelope import Message
from hub.messages.payloads import Payload
from hub.ports import Absent, Question, Receipt, Request, Unclear
from hub.ports.printing.paper_requests import RequestedPaper, request_for
from hub.ports.printing.waits import PrinterWaits
from hub.rules.calls.traits import Traits
from hub.rules.failures.errors import (
    AmbiguousFailure,
    DeliveryFailure,
    PermanentFailure,
    TransientFailure,
)

LOOK_UP: Final = "Get-Jobs"
FOLLOWED: Final = timedelta(seconds=20)
"""How long a job is followed; one page needs a few seconds, a cold printer half a minute."""
_FIRST_POLL, _LONGEST_POLL = 0.1, 1.0
"""Seconds between two questions about a job; IPP gives no signal."""


@dataclass(frozen=True, slots=True)
class PrinterAddress:
    """Where a printer is."""

    uri: str
    ca_file: str = ""


class PaperPrinters:
    """All printers of an installation; threads share it."""

    name = catalog.DEVICES

    def __init__(
        self,
        printers: Mapping[str, PrinterAddress],
        *,
        read_file: Callable[[str], bytes],
        limits: Limits = LIMITS,
        followed: timedelta = FOLLOWED,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        before_print: Callable[[], None] = lambda: None,
    ) -> None:
        """`printers` by the names of the devices' file; `read_file` returns a stored file by its
        sha256 and raises OSError or InvalidMessage for one that is not there. `before_print` is
        called before the first byte of a job leaves, and may raise NotAttempted.
        """
        self._before_print = before_print
        self._addresses = printers
        self._printers: dict[str, IppPrinter] = {}
        self._limits = limits
        self._read_file = read_file
        self._followed = followed
        self._clock = clock
        self._closed = threading.Event()
        self._waits = PrinterWaits()
        self.traits = Traits(
            accepts=frozenset({"devices.paper"}),
            findable=True,
            connect_timeout=limits.connect_timeout,
            reply_timeout=limits.reply_timeout,
            concurrency=4,
            # how it is; the print; and as long as the job is followed
            round_trips=2 + math.ceil(followed / (limits.connect_timeout + limits.reply_timeout)),
        )

    def prepare(self, message: Message, payload: Payload) -> Request:
        """Return what is printed; raises PermanentFailure for a printer that is not there."""
        return request_for(message, payload, self._addresses)

    def send(self, request: Request, *, not_after: float = math.inf) -> Receipt:
        """Print once; raises only the failures of rules.errors."""
        paper: RequestedPaper = request.body
        document = self._document(paper)
        printer = self._ready(paper.printer)
        self._before_print()
        begun = _begin(printer, request, document, not_after)
        return self._follow(printer, paper.printer, begun)

    def question(self, request: Request) -> Question:
        """Return the look-up, whose content is the job's name."""
        name = jobs.name_of(request.message_id, request.number)
        question = f"{LOOK_UP} {request.body.printer} {name}"
        return Question(operation=LOOK_UP, digest=sha256(question.encode()))

    def find(self, request: Request) -> Receipt | Absent | Unclear:
        """Ask the printer for the job; raises TransientFailure while the job is under way.

        Raises PermanentFailure where the printer ended it: whether a page came, a person sees.
        """
        paper: RequestedPaper = request.body
        try:
            with without_effect():
                listed, evidence = _listed(self._open(paper.printer))
        except (NotIpp, ValueError, OSError) as error:
            raise TransientFailure("reply_unreadable", f"{paper.printer}: {error}") from None
        except PrinterRefused as refusal:
            if refusal.is_passing:
                raise TransientFailure("partner_busy", f"{paper.printer}: {refusal}") from None
            refused = PermanentFailure("query_refused", f"{paper.printer}: {refusal}")
            raise _evidenced(refused, refusal.response_hash) from None
        sought = self._sought(request)
        job = jobs.find_job(listed, sought)
        if job is None:
            beside = [self._sought(it) for it in request.beside if it.body.printer == paper.printer]
            return jobs.weigh_missing(listed, sought, beside, response_hash=evidence)
        match jobs.fate_of(job):
            case JobFate.PRINTED:
                return Receipt(
                    reference=_reference(paper.printer, job.get("job-id", [""])[0]),
                    response_hash=evidence,
                    detail=jobs.words_of(job),
                )
            case JobFate.NOT_PRINTED | JobFate.BROKEN_OFF:
                raise _evidenced(PermanentFailure("print_ended", jobs.words_of(job)), evidence)
        raise _evidenced(TransientFailure("print_unfinished", jobs.words_of(job)), evidence)

    def ping(self) -> timedelta | None:
        """Check that a printer answers; raises the failure of the last one where none does."""
        failure: DeliveryFailure | None = None
        for name in self._addresses:
            try:
                with without_effect():
                    self._open(name).attributes(WANTED[:1])
                return None
            except (NotIpp, PrinterRefused, ValueError, OSError) as error:
                failure = TransientFailure("reply_unreadable", f"{name}: {error}")
            except DeliveryFailure as found:
                failure = found
        if failure is not None:
            raise failure
        return None

    def close(self) -> None:
        """Give back connections; jobs are not followed any more."""
        self._closed.set()
        for printer in list(self._printers.values()):
            printer.close()

    def _open(self, name: str) -> IppPrinter:
        """Return a printer; raises ValueError or OSError where the file of devices is wrong."""
        if name not in self._printers:
            it = self._addresses[name]
            self._printers[name] = IppPrinter(it.uri, ca_file=it.ca_file, limits=self._limits)
        return self._printers[name]

    def _document(self, paper: RequestedPaper) -> bytes:
        try:
            return self._read_file(paper.sha256)
        except Exception as error:
            raise PermanentFailure("file_missing", f"{paper.sha256[:16]}: {error}") from None

    def _ready(self, name: str) -> IppPrinter:
        """Return a printer that can print now; raises NotAttempted: another one is waited for."""
        try:
            printer = self._open(name)
            why = _what_stops(printer)
            if not why:
                self._waits.ready(name)
                return printer
        except (ValueError, OSError) as error:
            why = str(error)
        raise self._waits.not_ready(name, why)

    def _follow(self, printer: IppPrinter, name: str, begun: BegunJob) -> Receipt:
        """Return when the job is printed. Raises PermanentFailure and AmbiguousFailure."""
        end, pause = time.monotonic() + self._followed.total_seconds(), _FIRST_POLL
        job: Attributes = {"job-id": [begun.number]}
        while True:
            with suppress(NotIpp, PrinterRefused, DeliveryFailure):
                job = printer.job(begun.number)
            match jobs.fate_of(job):
                case JobFate.PRINTED:
                    return Receipt(
                        reference=_reference(name, begun.number),
                        response_hash=begun.response_hash,
                        detail=jobs.words_of(job),
                    )
                case JobFate.NOT_PRINTED:
                    ended = PermanentFailure("print_ended", jobs.words_of(job))
                    raise _evidenced(ended, begun.response_hash)
                case JobFate.BROKEN_OFF:
                    broken = AmbiguousFailure("print_ended", jobs.words_of(job))
                    raise _evidenced(broken, begun.response_hash)
            if time.monotonic() >= end or self._closed.wait(pause):
                late = AmbiguousFailure("print_unfinished", f"{name}, {jobs.words_of(job)}")
                raise _evidenced(late, begun.response_hash)
            pause = min(pause * 2, _LONGEST_POLL)

    def _sought(self, request: Request) -> Sought:
        return Sought(
            message_id=request.message_id,
            number=request.number,
            age=self._clock() - request.body.wanted_at,
        )


def _begin(printer: IppPrinter, request: Request, document: bytes, not_after: float) -> BegunJob:
    paper: RequestedPaper = request.body
    try:
        return printer.print_document(
            document,
            name=jobs.name_of(request.message_id, request.number),
            media_type=paper.media_type,
            copies=paper.copies,
            not_after=not_after,
        )
    except PrinterRefused as refusal:
        failure: DeliveryFailure = PermanentFailure("partner_refused", str(refusal))
        if refusal.is_passing:
            failure = TransientFailure("partner_busy", str(refusal))
        raise _evidenced(failure, refusal.response_hash) from None


def _listed(printer: IppPrinter) -> tuple[list[Attributes], str]:
    """Return all jobs. First those that are not done: a job that ends meanwhile is in both lists,
    never in none."""
    waiting, first_hash = printer.jobs("not-completed")
    done, second_hash = printer.jobs("completed")
    return [*waiting, *done], sha256(first_hash.encode(), second_hash.encode())


def _what_stops(printer: IppPrinter) -> str:
    """Return why a printer cannot print now, "" where it can."""
    try:
        found = findings_of(printer.attributes(WANTED))
    except (NotIpp, PrinterRefused, DeliveryFailure) as error:
        return str(error)
    return ", ".join(f"{it.code} ({it.evidence})" for it in found if not it.state.works)


def _reference(printer: str, number: Any) -> str:
    return f"{printer}/{number}"


def _evidenced(failure: DeliveryFailure, response_hash: str) -> DeliveryFailure:
    failure.response_hash = response_hash
    return failure
