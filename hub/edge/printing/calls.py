"""Calls the hub about papers: reports, gives back, fetches documents, asks for the next one."""

import hashlib

from hub.edge.line import AgentRefused, CallRefused, HubLine
from hub.edge.printing.jobs import LocalPrint, PrintJobs, PrintStep
from hub.edge.printing.work import PrintWork, one_line
from hub.edge.sending.roles import CallingRole, LineState
from hub.rules.edge import protocol
from hub.rules.edge.print_jobs import JobState
from hub.rules.edge.protocol import PrintOffer, PrintReport, PrintReported, PrintWanted
from hub.runtime.telemetry import Event, log

_NO_SUCH_CALL = 404


class PrintCalls(CallingRole):
    """The one that speaks to the hub; `work` is woken when a document is here."""

    name = "edge.prints.line"
    is_optional = True

    def __init__(
        self, jobs: PrintJobs, line: HubLine, state: LineState, *, work: PrintWork
    ) -> None:
        super().__init__(line, state)
        self.jobs = jobs
        self.work = work

    def run_once(self) -> bool:
        """Report first, ask then; return whether a paper came."""
        try:
            self._report_all()
            for it in self.jobs.at(PrintStep.TAKEN):
                self._fetch(it)
            came = self._claim_next()
            self._give_back()
        except AgentRefused:
            self.work.is_refused = True
            raise
        except CallRefused:
            return False  # by the hub, or by what stands before it: it is asked again
        self.work.is_refused = False
        return came

    def _give_back(self) -> None:
        """Give back what the printer could not print: the hub shows why, and offers it again.

        Only when the hub has just answered: with the line cut a paper is printed here, later.
        """
        back = [it for it in self.jobs.at(PrintStep.FETCHED) if it.note]
        for it in back:
            self._back(it, it.note)
        if back:
            self._report_all()

    def _back(self, it: LocalPrint, why: str) -> None:
        report = PrintReport(
            job=it.job.id, token=it.token, state=JobState.NOT_BEGUN, detail=one_line(why, 200)
        )
        self.jobs.end(report, PrintStep.TAKEN, PrintStep.FETCHED)

    def _report_all(self) -> None:
        for report in self.jobs.unreported():
            try:
                self.line.request(protocol.PRINT_REPORT, report, PrintReported)
            except CallRefused as refused:
                if refused.status == _NO_SUCH_CALL:
                    raise
                # It would be refused again. The hub asks a person when the lease has ended.
                log.error(Event.PRINT_REPORT_REFUSED, job=report.job, detail=str(refused))
            self.jobs.reported(report)

    def _fetch(self, it: LocalPrint) -> None:
        """Fetch a document. One that the hub does not give, or that differs, cannot be printed."""
        path = protocol.PRINT_DOCUMENT.replace("{job}", str(it.job.id))
        try:
            document = self.line.call("GET", path).body
        except CallRefused as refused:
            self._back(it, f"its document: {refused}")
            return
        if hashlib.sha256(document).hexdigest() != it.job.sha256:
            self._back(it, "its document is not the one that the hub named")
            return
        self.jobs.fetched(it.token, document)
        self.work.wakeup.wake()

    def _claim_next(self) -> bool:
        """Ask for a paper, one at a time; renew what is here."""
        token = self.jobs.token()
        wanted = PrintWanted(
            token=token,
            printers=[] if self.jobs.is_busy() else list(self.work.printers.names),
            holding=self.jobs.open_ids()[:200],
        )
        offer = self.line.request(protocol.NEXT_PRINT, wanted, PrintOffer)
        if offer.used:
            self.jobs.forget(token)
        if offer.job is None:
            return False
        self.jobs.took(token, offer.job)
        return True
