"""The printers that agents on workstations host, as a destination.

`send` offers the paper to the agent, waits until it was taken, and then for its outcome. Nothing is
offered to an agent that is silent, revoked, or says that its printer is not ready. What nobody took
is withdrawn: certainly nothing was printed. What was taken and not reported is ambiguous, and
`find` reads what the agent has said by then. Agent and hub share nothing but rows, so each of them
may stop at any step.
"""

import hashlib
import math
import threading
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from hub.messages import catalog
from hub.messages.envelope import Message
from hub.messages.payloads import Payload
from hub.operations.edge import hosted_printers
from hub.ports import Absent, Clock, Doubt, Question, Receipt, Request, Unclear
from hub.ports.printing.paper_requests import RequestedPaper, request_for
from hub.ports.printing.waits import PrinterWaits
from hub.rules.calls.traits import Traits
from hub.rules.edge.print_jobs import (
    OFFERED_FOR,
    REPORTED_WITHIN,
    WITHOUT_EFFECT,
    JobState,
)
from hub.rules.edge.protocol import MOST_DOCUMENT
from hub.rules.failures.errors import (
    FAULTS,
    AmbiguousFailure,
    DeliveryFailure,
    NotAttempted,
    PermanentFailure,
    TransientFailure,
)
from hub.store.edge import print_jobs
from hub.store.edge.print_jobs import KeptJob, NewJob
from hub.store.engine.store import Store

LOOK_UP: Final = "Get-Outcome"
_FIRST_POLL, _LONGEST_POLL = 0.1, 1.0
"""Seconds between two looks at a job: the agent may have reported to another process."""
_CLASSES: Final[Mapping[JobState, tuple[type[DeliveryFailure], str]]] = {
    JobState.NOT_BEGUN: (NotAttempted, "printer_not_ready"),
    JobState.BUSY: (TransientFailure, "partner_busy"),
    JobState.REFUSED: (PermanentFailure, "partner_refused"),
    JobState.ENDED: (PermanentFailure, "print_ended"),
    JobState.UNKNOWN: (AmbiguousFailure, "print_unfinished"),
    JobState.LOST: (AmbiguousFailure, "print_unfinished"),
}
"""What a report means, and the code for it where the agent names none of that class."""


class AgentPrinters:
    """All printers at workstations; threads share it."""

    name = catalog.DEVICES

    def __init__(
        self,
        store: Store,
        agents: Mapping[str, str],
        *,
        clock: Clock,
        offered_for: timedelta = OFFERED_FOR,
        reported_within: timedelta = REPORTED_WITHIN,
    ) -> None:
        """`agents`: by the printer's name, which agent hosts it."""
        self.agents = agents
        self._store = store
        self._clock = clock
        self._offered_for = offered_for
        self._reported_within = reported_within
        self._closed = threading.Event()
        self._waits = PrinterWaits()
        self.traits = Traits(
            accepts=frozenset({"devices.paper"}),
            findable=True,
            connect_timeout=offered_for,
            reply_timeout=reported_within,
            concurrency=4,
        )

    def prepare(self, message: Message, payload: Payload) -> Request:
        """Return what is printed; raises PermanentFailure for a printer that is not there."""
        request = request_for(message, payload, self.agents)
        if message.attachments[0].size > MOST_DOCUMENT:
            raise PermanentFailure("prepare_failed", f"over {MOST_DOCUMENT} bytes for an agent")
        return request

    def send(self, request: Request, *, not_after: float = math.inf) -> Receipt:
        """Have it printed once; raises only the failures of rules.errors."""
        printer = request.body.printer
        with self._store.read() as tx:
            why = hosted_printers.what_stops(tx, self.agents[printer], printer, now=self._clock())
        if why:
            raise self._waits.not_ready(printer, why)
        return self._outcome(self._taken(self._offer(request, not_after)))

    def question(self, request: Request) -> Question:
        """Return the look-up, whose content is the paper's message."""
        question = f"{LOOK_UP} {request.body.printer} {request.message_id}"
        return Question(operation=LOOK_UP, digest=hashlib.sha256(question.encode()).hexdigest())

    def find(self, request: Request) -> Receipt | Absent | Unclear:
        """Read what the agent has said; raises TransientFailure while it still may say something.

        Raises PermanentFailure where the printer ended the job: whether a page came, a person sees.
        """
        with self._store.write() as tx:
            job = print_jobs.latest(tx, request.message_id)
            if job is not None and print_jobs.withdraw(tx, job.id):
                return Absent()  # the process that offered it has died
        if job is None:
            return Unclear(why=Doubt.NOT_SHOWN)
        if job.state in WITHOUT_EFFECT:
            return Absent(response_hash=job.response_hash)
        if job.state is JobState.PRINTED:
            return _receipt(job)
        if job.state is JobState.ENDED:
            raise _failure(job)
        if job.lease_until is not None and self._clock() < job.lease_until:
            raise TransientFailure("print_unfinished", _shown(job))
        return Unclear(why=Doubt.NO_ANSWER, response_hash=job.response_hash)

    def ping(self) -> timedelta | None:
        """Agents call the hub, never the other way round: how each is, its heartbeat tells."""
        return None

    def close(self) -> None:
        """Jobs are not followed any more."""
        self._closed.set()

    def _offer(self, request: Request, not_after: float) -> int:
        """Offer a job and return its id. Raises NotAttempted where it is too late to begin."""
        paper: RequestedPaper = request.body
        left = min(self._offered_for.total_seconds(), not_after - time.monotonic())
        if left <= 0:
            raise NotAttempted("claim_late", "not offered", retry_after=timedelta())
        job = NewJob(
            message_id=request.message_id,
            printer=paper.printer,
            number=request.number,
            sha256=paper.sha256,
            media_type=paper.media_type,
            copies=paper.copies,
            wanted_at=paper.wanted_at,
        )
        until = self._clock() + timedelta(seconds=left)
        with self._store.write() as tx:
            return print_jobs.offer(tx, self.agents[paper.printer], job, until=until)

    def _taken(self, id: int) -> KeptJob:
        """Return the job when the agent has it. Raises NotAttempted where it did not take it."""
        job = self._follow(id, self._offered_for, JobState.OFFERED)
        if job.state in (JobState.OFFERED, JobState.WITHDRAWN):
            with self._store.write() as tx:
                certainly = job.state is JobState.WITHDRAWN or print_jobs.withdraw(tx, id)
            if certainly:
                raise self._waits.not_ready(job.printer, f"{job.agent} does not ask for papers")
        self._waits.ready(job.printer)
        return job

    def _outcome(self, job: KeptJob) -> Receipt:
        """Return the receipt. Raises the failure that the agent reported, or AmbiguousFailure."""
        job = self._follow(job.id, self._reported_within, JobState.OFFERED, JobState.TAKEN)
        match job.state:
            case JobState.PRINTED:
                return _receipt(job)
            case JobState.NOT_BEGUN:
                raise self._waits.not_ready(job.printer, job.detail)
            case JobState.OFFERED | JobState.TAKEN:
                raise AmbiguousFailure("print_unfinished", _shown(job))
            case JobState.ENDED:  # a page may lie on the tray
                ended = AmbiguousFailure("print_ended", _shown(job))
                ended.response_hash = job.response_hash
                raise ended
        raise _failure(job)

    def _follow(self, id: int, longest: timedelta, *states: JobState) -> KeptJob:
        """Return the job when it has left some states, or as it is at the end."""
        end, pause = time.monotonic() + longest.total_seconds(), _FIRST_POLL
        while True:
            with self._store.read() as tx:
                job = print_jobs.find(tx, id)
            if job is None:
                raise AmbiguousFailure("print_unfinished", "the job is not kept any more")
            if job.state not in states or time.monotonic() >= end or self._closed.wait(pause):
                return job
            pause = min(pause * 2, _LONGEST_POLL)


def _receipt(job: KeptJob) -> Receipt:
    reference = job.reference or f"{job.printer}/{job.id}"
    return Receipt(reference=reference, response_hash=job.response_hash, detail=_shown(job))


def _failure(job: KeptJob) -> DeliveryFailure:
    """Return what a report means; a code of another class, or an unknown one, is not taken over."""
    kind, code = _CLASSES[job.state]
    known = FAULTS.get(job.code)
    if known is not None and known.fault_class is kind.fault_class:
        code = job.code
    failure = kind(code, _shown(job))
    failure.response_hash = job.response_hash
    return failure


def _shown(job: KeptJob) -> str:
    return f"{job.agent}, {job.printer}: {job.detail or job.state.value}"
