"""A workstation's printing for tests: the hub's end, the agent in steps, a scripted printer."""

import hashlib
import io
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

from hub.edge.printing.calls import PrintCalls
from hub.edge.printing.jobs import PrintJobs
from hub.edge.printing.work import PrintWork
from hub.edge.sending.roles import LineState
from hub.edge.spool.spool import Spool
from hub.messages import catalog
from hub.messages.envelope import Attachment
from hub.messages.identifiers import new_id
from hub.messages.payloads import PaperToPrint
from hub.operations.edge import reporting
from hub.operations.edge.agent_printers import AgentPrinters
from hub.ports import Answer, Doubt, Receipt, Request, Unclear
from hub.rules.edge.protocol import EdgeDevice, EdgeFinding, EdgeHeartbeat, PrintJob
from hub.runtime.clock import utc_now
from hub.runtime.role import Wakeup
from hub.store.messages.blobs import BlobStore
from tests.support.gateway.client_gateway import Gateway
from tests.support.gateway.edge_agent import EdgeAgent, enrolled

PATIENT, IMPATIENT = timedelta(seconds=20), timedelta(seconds=1)
"""How long the hub waits for an outcome: longer than a loaded machine needs, or not at all."""
AGENT, PRINTER = "quay-2", "may-in"
PDF = b"%PDF-1.4 a paper\n%%EOF\n"


class DiedError(BaseException):
    """The agent's process ends here."""


class ScriptedPrinter:
    """A printer that keeps what it printed, and ends or fails where a test wants it."""

    names = (PRINTER,)

    def __init__(self) -> None:
        self.tray: list[str] = []
        """Message ids, in the order in which pages came out."""
        self.before: Callable[[], None] = lambda: None
        """Called before anything: may raise."""
        self.middle: Callable[[], None] = lambda: None
        """Called after `begin`, before the page comes out."""
        self.after: Callable[[], None] = lambda: None
        """Called when the page is out."""
        self.knows = True
        """Whether it tells of its jobs afterwards."""

    def send(self, job: PrintJob, begin: Callable[[], None]) -> Receipt:
        """Print."""
        self.before()
        begin()
        self.middle()
        self.tray.append(job.message_id)
        self.after()
        return Receipt(reference=f"{PRINTER}/{len(self.tray)}")

    def find(self, job: PrintJob) -> Answer:
        """Tell what became of a job."""
        if self.knows and job.message_id in self.tray:
            return Receipt(reference=f"{PRINTER}/9", detail="found")
        return Unclear(why=Doubt.NOT_SHOWN)

    def close(self) -> None:
        """Nothing is open."""


class Workstation:
    """An enrolled agent with a printer, and the hub's destination of it."""

    def __init__(self, gateway: Gateway, directory: Path) -> None:
        self.gateway, self.directory = gateway, directory
        key = enrolled(gateway.store, AGENT)
        self.agent = EdgeAgent(directory / "edge", gateway.url, key)
        self.printer = ScriptedPrinter()
        self.hub = AgentPrinters(
            gateway.store,
            {PRINTER: AGENT},
            clock=utc_now,
            offered_for=timedelta(seconds=20),
            reported_within=PATIENT,
        )
        self.files = BlobStore(directory / "hub" / "files")
        self._pool = ThreadPoolExecutor(4)
        self._start()
        self.heard()

    def heard(self, *findings: str) -> None:
        """Have the agent report its printer."""
        found = [EdgeFinding(code=it) for it in findings]
        report = EdgeHeartbeat(
            version="1",
            spool=self.agent.spool.id,
            waiting=0,
            refused=0,
            oldest_at=None,
            used_bytes=0,
            budget_bytes=1,
            room_days=None,
            skew_ms=0,
            devices=[EdgeDevice(name=PRINTER, kind="printer", findings=found)],
        )
        with self.gateway.store.write() as tx:
            reporting.heartbeat(tx, AGENT, report, now=utc_now())

    def _start(self) -> None:
        self.jobs = PrintJobs(self.agent.spool.database)
        self.work = PrintWork(self.jobs, self.printer, reports=Wakeup())
        self.calls = PrintCalls(self.jobs, self.agent.line, LineState(), work=self.work)
        self.jobs.doubt_all_begun()

    def crash(self) -> None:
        """End the agent where it is, and start it again over what is on its disk."""
        spool = self.agent.spool
        spool.close()
        self.agent.spool = Spool(spool.directory, budget=spool.budget)
        self._start()

    def paper(self) -> Request:
        """Return the request to print a paper."""
        sha256, size = self.files.write(io.BytesIO(PDF))
        assert sha256 == hashlib.sha256(PDF).hexdigest()
        wanted = PaperToPrint(
            number="000.00.00.H57-261130-0001",
            paper="control-slip",
            title="Phiếu",
            printer=PRINTER,
            requested_by="Cán bộ Thử",
        )
        file = Attachment(name="a.pdf", media_type="application/pdf", size=size, sha256=sha256)
        message = catalog.compose(
            wanted, id=new_id(), time=utc_now(), source="records", attachments=[file]
        )
        return self.hub.prepare(message, wanted)

    def order(self, request: Request, *, within: timedelta = PATIENT) -> "Future[Receipt]":
        """Have the hub send a paper; it waits `within` for the agent's outcome."""
        vars(self.hub)["_reported_within"] = within
        return self._pool.submit(self.hub.send, request)

    def run_once(self) -> None:
        """Let the agent speak to the hub, print, and speak to it again."""
        self.calls.run_once()
        self.calls.run_once()
        self.work.run_once()
        self.calls.run_once()

    def run_until(self, ended: "Future[Receipt]") -> None:
        """Take turns until the hub has an outcome."""
        end = time.monotonic() + 20
        while not ended.done():
            assert time.monotonic() < end
            self.run_once()

    def close(self) -> None:
        """End all."""
        self.hub.close()
        self._pool.shutdown()
        self.agent.close()
