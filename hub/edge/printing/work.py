"""Prints what was fetched, line or no line; what is not known is asked of the printer.

One paper after the other. A printer that is not ready is tried again; what it says is written down,
and where there is a line the paper goes back to the hub.
"""

import time
from datetime import timedelta
from typing import Final

from hub.edge.printing.jobs import LocalPrint, PrintJobs, PrintStep
from hub.edge.printing.printers import LocalPrinters
from hub.ports import Receipt
from hub.rules.edge.print_jobs import PRINTED_WITHIN, JobState
from hub.rules.edge.protocol import PrintReport
from hub.rules.failures.errors import (
    AmbiguousFailure,
    DeliveryFailure,
    NotAttempted,
    PermanentFailure,
)
from hub.runtime.role import Role, Wakeup
from hub.runtime.telemetry import Event, log

QUERIED_AFTER: Final = timedelta(seconds=10)
"""How long after an unknown end a printer is asked first, and the pause between two questions."""
SHOWN_WITHIN: Final = timedelta(seconds=40)
"""A printer shows a job within that time; what it does not show then, a person is asked about."""
QUERIED_FOR: Final = timedelta(days=7)
"""How long a printer is asked that does not answer, or whose job goes on."""
TRIED_EVERY: Final = timedelta(seconds=10)


class PrintWork(Role):
    """The one that prints; `reports` is woken when there is something to report."""

    name = "edge.prints"
    patience = 120.0

    def __init__(self, jobs: PrintJobs, printers: LocalPrinters, *, reports: Wakeup) -> None:
        super().__init__()
        self.jobs = jobs
        self.printers = printers
        self.reports = reports
        self.is_refused = False
        """The hub does not let this agent in: nothing more is begun."""
        self.idle = 1.0
        self._tried: dict[str, float] = {}
        """By token: when it was tried last, by `time.monotonic`."""

    def run(self) -> None:
        """Print until it is stopped; what another run left begun is in doubt."""
        if self.jobs.doubt_all_begun():
            self.reports.wake()
        while not self.stopping.is_set():
            self.beat()
            if not self.run_once():
                self.wakeup.wait(self.idle)

    def run_once(self) -> bool:
        """Do what is due; return whether anything was."""
        fetched, unknown = self.jobs.at(PrintStep.FETCHED), self.jobs.at(PrintStep.DOUBTFUL)
        here = {it.token for it in (*fetched, *unknown)}
        self._tried = {token: at for token, at in self._tried.items() if token in here}
        due = [it for it in fetched if self._is_due(it, TRIED_EVERY)]
        for it in due:
            if not self.is_refused:
                self._print(it)
        doubtful = [
            it
            for it in unknown
            if time.time() - it.since > QUERIED_AFTER.total_seconds()
            and self._is_due(it, QUERIED_AFTER)
        ]
        for it in doubtful:
            self._query(it)
        if due or doubtful:
            self.reports.wake()
        return bool(due or doubtful) and not self.is_refused

    def _is_due(self, it: LocalPrint, every: timedelta) -> bool:
        last = self._tried.get(it.token)
        return last is None or time.monotonic() - last >= every.total_seconds()

    def _print(self, it: LocalPrint) -> None:
        """Print a paper. What fails without a byte leaves it as it is, for the next try."""
        self._tried[it.token] = time.monotonic()
        if time.time() - it.since > PRINTED_WITHIN.total_seconds():
            self._end(it, JobState.NOT_BEGUN, detail="it came too late")
            return
        try:
            receipt = self.printers.send(it.job, lambda: self._begin(it))
        except NotAttempted as failure:
            self.jobs.put_off(it.token, failure.detail)
            self.jobs.end(_report(it, JobState.NOT_BEGUN, failure), PrintStep.BEGUN)
        except AmbiguousFailure as failure:
            self.jobs.doubt(_report(it, JobState.UNKNOWN, failure))
        except PermanentFailure as failure:
            self._end(it, JobState.REFUSED, failure)
        except DeliveryFailure as failure:
            self._end(it, JobState.BUSY, failure)
        else:
            self._printed(it, receipt)

    def _begin(self, it: LocalPrint) -> None:
        if self.is_refused or not self.jobs.begin(it.token):
            raise NotAttempted("claim_late", "it went back to the hub")

    def _query(self, it: LocalPrint) -> None:
        """Ask the printer about a paper of which it is not known whether it is printed."""
        self._tried[it.token] = time.monotonic()
        age = timedelta(seconds=time.time() - it.since)
        try:
            found = self.printers.find(it.job)
        except PermanentFailure as failure:
            self._end(it, JobState.ENDED, failure)
            return
        except DeliveryFailure as failure:
            if age > QUERIED_FOR:
                self._end(it, JobState.LOST, failure)
            return
        if isinstance(found, Receipt):
            self._printed(it, found)
        elif age > SHOWN_WITHIN:
            self._end(it, JobState.LOST, detail="the printer does not show its job")

    def _printed(self, it: LocalPrint, receipt: Receipt) -> None:
        self.jobs.end(
            PrintReport(
                job=it.job.id,
                token=it.token,
                state=JobState.PRINTED,
                detail=one_line(receipt.detail, 200),
                reference=one_line(receipt.reference, 120),
                response_hash=receipt.response_hash,
            ),
            PrintStep.BEGUN,
            PrintStep.DOUBTFUL,
        )

    def _end(
        self,
        it: LocalPrint,
        state: JobState,
        failure: DeliveryFailure | None = None,
        detail: str = "",
    ) -> None:
        report = _report(it, state, failure, detail)
        log.warning(Event.PRINT_ENDED, device=it.job.printer, state=state, codes=report.code)
        self.jobs.end(report, PrintStep.FETCHED, PrintStep.BEGUN, PrintStep.DOUBTFUL)


def _report(
    it: LocalPrint, state: JobState, failure: DeliveryFailure | None, detail: str = ""
) -> PrintReport:
    return PrintReport(
        job=it.job.id,
        token=it.token,
        state=state,
        code=failure.code if failure else it.code,
        detail=one_line(failure.detail if failure else detail, 200),
        response_hash=failure.response_hash if failure else "",
    )


def one_line(text: str, most: int) -> str:
    """Return what a printer says as the hub takes it: one line without control characters."""
    return "".join(it if it.isprintable() else "?" for it in text)[:most]
