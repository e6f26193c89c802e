"""The agent's calls about papers, to a hub that is scripted: what jams, and what must not."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hub.edge.line import HubAway, HubLine
from hub.edge.printing.calls import PrintCalls
from hub.edge.printing.jobs import PrintJobs, PrintStep
from hub.edge.printing.work import PrintWork
from hub.edge.sending.roles import LineState
from hub.edge.spool.spool import Spool
from hub.ports import Answer, Doubt, Receipt, Unclear
from hub.rules.edge import protocol
from hub.rules.edge.print_jobs import JobState
from hub.rules.edge.protocol import PrintJob, PrintOffer, PrintReport, PrintReported, PrintWanted
from hub.rules.failures.errors import NotAttempted
from hub.runtime.role import Wakeup

NOW = datetime(2026, 11, 30, 2, tzinfo=UTC)
PDF = b"%PDF-1.4 a paper"


def paper(id: int) -> PrintJob:
    """Return a job of the hub."""
    return PrintJob(
        id=id,
        printer="may-in",
        message_id=f"m-{id}",
        number="000.00.00.H57-261130-0001",
        sha256=hashlib.sha256(PDF).hexdigest(),
        media_type="application/pdf",
        copies=1,
        wanted_at=NOW,
    )


@dataclass
class Reply:
    """An answer of the hub."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


class ScriptedHub:
    """Gives its papers one after the other, and a document for each."""

    def __init__(self) -> None:
        self.papers: list[PrintJob] = []
        self.document = PDF
        self.used: set[str] = set()
        """Tokens that bring nothing any more."""
        self.reports: list[PrintReport] = []
        self.answer: Callable[[], Reply] | None = None
        """Instead of all that."""

    def call(self, method: str, target: str = "", *, body: bytes = b"", **_: Any) -> Reply:
        """Answer a call."""
        if self.answer is not None:
            return self.answer()
        if method == "GET":
            return Reply(200, self.document)
        if target == protocol.PRINT_REPORT:
            self.reports.append(msgspec.json.decode(body, type=PrintReport))
            return Reply(200, msgspec.json.encode(PrintReported(time=NOW)))
        wanted = msgspec.json.decode(body, type=PrintWanted)
        used = wanted.token in self.used
        gives = bool(wanted.printers and self.papers and not used)
        offer = PrintOffer(time=NOW, job=self.papers.pop(0) if gives else None, used=used)
        return Reply(200, msgspec.json.encode(offer))


class Printer:
    """Prints; or is not ready, and says why."""

    names: Sequence[str] = ("may-in",)

    def __init__(self) -> None:
        self.tray: list[int] = []
        self.lacks = ""

    def send(self, job: PrintJob, begin: Callable[[], None]) -> Receipt:
        """Print."""
        if self.lacks:
            raise NotAttempted("printer_not_ready", self.lacks)
        begin()
        self.tray.append(job.id)
        return Receipt(reference=str(job.id))

    def find(self, job: PrintJob) -> Answer:
        """Tell what became of a job."""
        if job.id in self.tray:
            return Receipt(reference=str(job.id))
        return Unclear(why=Doubt.NOT_SHOWN)

    def close(self) -> None:
        """Nothing is open."""


class HeardState(LineState):
    """Writes down what is said about the line."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str] = []

    def lost(self, cause: str) -> None:
        """The line is lost."""
        self.heard.append(cause)


class Agent:
    """The printing of an agent."""

    def __init__(self, directory: Path) -> None:
        self.spool = Spool(directory, budget=10_000_000)
        self.hub, self.printer, self.state = ScriptedHub(), Printer(), HeardState()
        self.jobs = PrintJobs(self.spool.database)
        self.work = PrintWork(self.jobs, self.printer, reports=Wakeup())
        line = HubLine(self.hub, "key", clock=lambda: NOW)
        self.calls = PrintCalls(self.jobs, line, self.state, work=self.work)

    def turns(self, times: int = 4) -> None:
        """Let it speak and print."""
        for _ in range(times):
            self.calls.run_once()
            self.work.run_once()


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[Agent]:
    """An agent with a printer."""
    made = Agent(tmp_path / "edge")
    yield made
    made.spool.close()


def test_a_token_that_is_used_up_is_replaced(agent: Agent) -> None:
    """As on a disk that came back from a copy: else this workstation never printed again."""
    old = agent.jobs.token()
    agent.hub.used, agent.hub.papers = {old}, [paper(1)]
    agent.turns()
    assert agent.jobs.token() != old
    assert agent.printer.tray == [1]


def test_a_document_that_differs_goes_back_and_the_next_paper_is_printed(agent: Agent) -> None:
    """The hub hears why, and waits with that paper alone."""
    agent.hub.papers, agent.hub.document = [paper(1)], PDF[:-1]
    agent.turns()
    (report,) = agent.hub.reports
    assert (report.job, report.state) == (1, JobState.NOT_BEGUN)
    assert "document" in report.detail
    agent.hub.papers, agent.hub.document = [paper(2)], PDF
    agent.turns()
    assert agent.printer.tray == [2]


def test_what_a_printer_says_in_control_characters_is_reported(agent: Agent) -> None:
    """It would not be read from the spool again, and no report after it would leave."""
    agent.hub.papers, agent.printer.lacks = [paper(1)], "\x1b[31mno paper\n\x00"
    agent.turns()
    assert [it.detail for it in agent.hub.reports] == ["?[31mno paper??"]
    agent.hub.papers, agent.printer.lacks = [paper(2)], ""
    agent.turns()
    assert agent.printer.tray == [2]


@pytest.mark.parametrize(
    ("status", "lost"), [(404, []), (502, ["HTTP 502"])], ids=["an older hub", "a hub that is away"]
)
def test_an_older_hub_has_no_papers_and_that_is_no_lost_line(
    agent: Agent, status: int, lost: list[str]
) -> None:
    """Other calls say that the line is there: the log would have both in turn, each second."""

    def answer() -> Reply:
        agent.calls.stopping.set()
        return Reply(status, b'{"detail": "Not Found"}')

    agent.hub.answer = answer
    agent.calls.run()
    assert agent.state.heard == lost


def test_a_paper_waits_in_the_spool_while_nobody_answers_for_its_document(agent: Agent) -> None:
    """What stands before the hub may say 404: that is no word of the hub on this paper."""
    agent.hub.papers = [paper(1)]
    agent.turns(1)
    agent.hub.answer = lambda: Reply(404, b"")
    with pytest.raises(HubAway):
        agent.turns(1)
    assert len(agent.jobs.at(PrintStep.TAKEN)) == 1
    agent.hub.answer = None
    agent.turns()
    assert agent.printer.tray == [1]
