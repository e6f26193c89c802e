"""A paper at a workstation's printer: once at most, whatever dies, and each end is told."""

import time
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from hub.edge.line import AgentRefused, HttpReply, HubAway
from hub.edge.printing import work as printing
from hub.edge.printing.jobs import PrintStep
from hub.operations.edge import enrolling
from hub.operations.edge.hosted_printers import HostedPrinter
from hub.ports import Absent, Receipt, Unclear
from hub.rules.edge import protocol
from hub.rules.edge.print_jobs import LEASE, JobState
from hub.rules.edge.protocol import PrintReport
from hub.rules.failures.errors import (
    AmbiguousFailure,
    NotAttempted,
    PermanentFailure,
    TransientFailure,
)
from hub.runtime.clock import utc_now
from hub.store.edge import print_jobs
from tests.support.gateway.agent_printing import AGENT, IMPATIENT, PRINTER, DiedError, Workstation
from tests.support.gateway.client_gateway import Gateway
from tests.support.gateway.edge_agent import signed


@pytest.fixture
def station(
    gateway: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Workstation]:
    """A workstation with a printer that is asked without a pause."""
    monkeypatch.setattr(printing, "QUERIED_AFTER", timedelta())
    monkeypatch.setattr(printing, "SHOWN_WITHIN", timedelta())
    made = Workstation(gateway, tmp_path)
    yield made
    made.close()


class CutWire:
    """The agent's line, which can be cut before or after the hub did what a call asks for."""

    def __init__(self, wire: Any) -> None:
        self.wire, self.cut, self.lose = wire, False, ""

    def call(self, method: str, target: str = "", **named: Any) -> HttpReply:
        """Make the call."""
        if self.cut:
            raise HubAway("cut")
        reply: HttpReply = self.wire.call(method, target, **named)
        if self.lose and self.lose in target:
            self.lose = ""
            raise HubAway("the answer was lost")
        return reply


def cut(station: Workstation) -> CutWire:
    """Return a line of the agent that can be cut."""
    wire = station.agent.line.wire = CutWire(station.agent.line.wire)
    return wire


def test_a_paper_is_fetched_printed_and_reported(station: Workstation) -> None:
    """The hub's receipt is that of the printer; the document leaves the workstation's disk."""
    paper = station.paper()
    ordered = station.order(paper)
    station.run_until(ordered)
    assert ordered.result().reference == "may-in/1"
    assert station.printer.tray == [paper.message_id]
    assert isinstance(station.hub.find(paper), Receipt)
    rows = station.agent.spool.database.all("SELECT document FROM prints WHERE job IS NOT NULL")
    assert [row["document"] for row in rows] == [None]


def _die(station: Workstation, step: str) -> None:
    """Have the agent die at a step."""

    def end() -> None:
        raise DiedError

    if step == "before":
        station.printer.before = end
    elif step == "begun":
        station.printer.middle = end
    elif step == "printed":
        station.printer.after = end


@pytest.mark.parametrize(
    ("step", "knows", "fate", "pages"),
    [
        ("before", True, "printed", 1),  # no byte went out: the same paper is printed afterwards
        ("begun", True, "asked", 0),  # nothing came out, and no list proves that
        ("printed", True, "printed", 1),
        ("printed", False, "asked", 1),
    ],
)
def test_an_agent_that_dies_comes_back_with_the_truth(
    station: Workstation, step: str, knows: bool, fate: str, pages: int
) -> None:
    """What was begun is unknown first; the printer's word settles it, or a person is asked."""
    paper = station.paper()
    ordered = station.order(paper)
    while not station.jobs.at(PrintStep.FETCHED):
        station.calls.run_once()
    _die(station, step)
    with pytest.raises(DiedError):
        station.work.run_once()
    station.printer.before = station.printer.middle = station.printer.after = lambda: None
    station.printer.knows = knows
    station.crash()
    if step != "before":
        assert [it.state for it in station.jobs.unreported()] == [JobState.UNKNOWN]
        station.calls.run_once()
        with pytest.raises(AmbiguousFailure):
            ordered.result(timeout=20)
        with pytest.raises(TransientFailure, match="print_unfinished"):
            station.hub.find(paper)
    station.run_once()
    found = station.hub.find(paper)
    assert isinstance(found, Receipt if fate == "printed" else Unclear)
    for _ in range(3):
        station.run_once()
    assert len(station.printer.tray) == pages


@pytest.mark.parametrize("lost", [protocol.NEXT_PRINT, "/document", protocol.PRINT_REPORT])
def test_a_lost_answer_doubles_and_loses_nothing(station: Workstation, lost: str) -> None:
    """Of each call: the agent makes it again, also after a death."""
    wire = cut(station)
    wire.lose = lost
    paper = station.paper()
    ordered = station.order(paper)
    deaths = 0
    while not ordered.done():
        try:
            station.run_once()
        except HubAway:
            station.crash()
            station.agent.line.wire = wire
            deaths += 1
    assert deaths == 1
    assert station.printer.tray == [paper.message_id]
    assert isinstance(station.hub.find(paper), Receipt)


def test_a_fetched_paper_is_printed_while_the_line_is_cut_and_reported_later(
    station: Workstation,
) -> None:
    """The hub does not know meanwhile; when the line is back, it hears of one print."""
    wire, paper = cut(station), station.paper()
    ordered = station.order(paper, within=IMPATIENT)
    while not station.jobs.at(PrintStep.FETCHED):
        station.calls.run_once()
    wire.cut = True

    def empty() -> None:
        raise NotAttempted("printer_not_ready", "may-in: printer_paper_out")

    station.printer.before = empty
    station.work.run_once()
    for _ in range(3):
        with pytest.raises(HubAway):
            station.calls.run_once()
    with pytest.raises(AmbiguousFailure, match="print_unfinished"):
        ordered.result(timeout=20)
    assert station.jobs.at(PrintStep.FETCHED)
    station.printer.before = lambda: None
    station.crash()
    station.agent.line.wire = wire
    station.work.run_once()
    assert station.printer.tray == [paper.message_id]
    with pytest.raises(TransientFailure):
        station.hub.find(paper)
    wire.cut = False
    station.run_once()
    assert isinstance(station.hub.find(paper), Receipt)
    assert station.printer.tray == [paper.message_id]


def test_a_printer_without_paper_is_a_wait(station: Workstation) -> None:
    """What the agent gives back was not printed; what it reports beforehand is not offered."""

    def empty() -> None:
        raise NotAttempted("printer_not_ready", "may-in: printer_paper_out (media-empty)")

    station.printer.before = empty
    paper = station.paper()
    ordered = station.order(paper)
    station.run_until(ordered)
    with pytest.raises(NotAttempted, match=r"printer_not_ready.*media-empty"):
        ordered.result()
    assert station.hub.find(paper) == Absent()
    station.heard("printer_paper_out")
    with pytest.raises(NotAttempted, match="printer_paper_out"):
        station.hub.send(paper)
    station.heard()
    station.printer.before = lambda: None
    again = station.order(paper)
    station.run_until(again)
    assert again.result().reference == "may-in/1"


@pytest.mark.parametrize(
    ("failure", "raised", "found"),
    [
        (PermanentFailure("partner_refused", "IPP status 0x040a"), PermanentFailure, Absent),
        (TransientFailure("partner_busy", "IPP status 0x0507"), TransientFailure, Absent),
        (AmbiguousFailure("reply_timeout", "cut"), AmbiguousFailure, Unclear),
    ],
)
def test_the_three_outcomes_are_those_of_the_hubs_own_printers(
    station: Workstation, failure: Exception, raised: type[Exception], found: type[object]
) -> None:
    """With their codes; a code of another class, or no code at all, is not taken over."""

    def fail() -> None:
        raise failure

    station.printer.middle = fail
    paper = station.paper()
    ordered = station.order(paper)
    station.run_until(ordered)
    with pytest.raises(raised, match=getattr(failure, "code", "")):
        ordered.result()
    station.run_once()
    assert isinstance(station.hub.find(paper), found)


def test_a_revoked_agent_gets_nothing_and_prints_nothing_more(station: Workstation) -> None:
    """The paper waits with its cause, and no job that it has is begun."""
    paper, other = station.paper(), station.paper()
    ordered = station.order(paper, within=IMPATIENT)
    while not station.jobs.at(PrintStep.FETCHED):
        station.calls.run_once()
    enrolling.revoke(station.gateway.store, AGENT, by=signed("lost"))
    with pytest.raises(AgentRefused):
        while True:  # the gateway remembers a key for some seconds
            station.calls.run_once()
    station.work.run_once()
    assert station.printer.tray == []
    with pytest.raises(AmbiguousFailure):
        ordered.result(timeout=20)
    with pytest.raises(NotAttempted, match=r"printer_agent_gone.*revoked"):
        station.hub.send(other)


def test_a_silent_agent_is_not_waited_for_and_its_lease_ends(
    station: Workstation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then a person is asked; what the agent says after that still counts."""
    paper, other = station.paper(), station.paper()
    ordered = station.order(paper, within=IMPATIENT)
    while not station.jobs.at(PrintStep.FETCHED):
        station.calls.run_once()
    with pytest.raises(AmbiguousFailure):
        ordered.result(timeout=20)
    later = utc_now() + LEASE + timedelta(seconds=1)
    monkeypatch.setattr(station.hub, "_clock", lambda: later)
    assert isinstance(station.hub.find(paper), Unclear)
    with pytest.raises(NotAttempted, match="printer_agent_silent"):
        station.hub.send(other)
    station.run_once()
    assert isinstance(station.hub.find(paper), Receipt)


def test_an_offer_of_a_dead_hub_and_one_that_is_too_late(station: Workstation) -> None:
    """It is withdrawn by who asks about it: certainly nothing was printed."""
    paper = station.paper()
    with pytest.raises(NotAttempted, match="claim_late"):
        station.hub.send(paper, not_after=time.monotonic() - 1)
    station.hub._offer(paper, time.monotonic() + 60)
    assert station.hub.find(paper) == Absent()
    station.run_once()
    assert station.printer.tray == []
    assert isinstance(station.hub.find(station.paper()), Unclear)  # never offered: no proof


def test_a_hub_of_yesterday_does_not_have_a_paper_printed_twice(station: Workstation) -> None:
    """Restored from a copy, it offers the same message again: the agent tells what became of it."""
    paper = station.paper()
    first = station.order(paper)
    station.run_until(first)
    with station.gateway.store.write() as tx:
        tx.exec_driver_sql("DELETE FROM edge_prints")
    again = station.order(paper)
    station.run_until(again)
    assert again.result().reference == first.result().reference
    assert station.printer.tray == [paper.message_id]


def end_lease(station: Workstation) -> None:
    """Let the hub's belief end that the agent is at work on its paper."""
    with station.gateway.store.write() as tx:
        tx.exec_driver_sql("UPDATE edge_prints SET lease_until = offer_until - 3600000000")


def test_a_paper_is_not_given_once_a_person_is_asked_and_the_next_one_is(
    station: Workstation,
) -> None:
    """The answer was lost, and the line cut for hours: the same question is answered otherwise."""
    wire, paper, other = cut(station), station.paper(), station.paper()
    ordered = station.order(paper, within=IMPATIENT)
    wire.lose = protocol.NEXT_PRINT
    with pytest.raises(HubAway, match="lost"):
        while wire.lose:
            station.calls.run_once()
    with pytest.raises(AmbiguousFailure):
        ordered.result(timeout=20)
    end_lease(station)
    station.run_once()
    assert isinstance(station.hub.find(paper), Unclear)
    again = station.order(other)
    station.run_until(again)
    assert station.printer.tray == [other.message_id]


def test_a_document_is_not_given_once_a_person_is_asked(station: Workstation) -> None:
    """The agent gives the paper back: certainly nothing was printed."""
    paper = station.paper()
    ordered = station.order(paper, within=IMPATIENT)
    while not station.jobs.at(PrintStep.TAKEN):
        station.calls.run_once()
    with pytest.raises(AmbiguousFailure):
        ordered.result(timeout=20)
    end_lease(station)
    station.run_once()
    assert station.printer.tray == []
    assert station.hub.find(paper) == Absent()


def test_a_document_is_given_to_its_agent_only(station: Workstation) -> None:
    """Neither to another agent, nor after the job has ended; a wrong report changes nothing."""
    paper = station.paper()
    ordered = station.order(paper)
    station.run_until(ordered)
    with station.gateway.store.read() as tx:
        job = print_jobs.latest(tx, paper.message_id)
    assert job is not None
    path = protocol.PRINT_DOCUMENT.replace("{job}", str(job.id))
    for wanted in (path, path.replace(str(job.id), "9" * 40)):
        with pytest.raises(Exception, match="file_missing"):
            station.agent.line.call("GET", wanted)
    lie = PrintReport(job=job.id, token="f" * 32, state=JobState.LOST)
    station.agent.line.request(protocol.PRINT_REPORT, lie, protocol.PrintReported)
    assert isinstance(station.hub.find(paper), Receipt)


def test_the_hub_says_what_keeps_a_printer_of_a_workstation_from_printing(
    station: Workstation,
) -> None:
    """As a finding of the printer: it is shown, alerted, and says who acts."""
    store, at = station.gateway.store, [utc_now()]

    def codes(printer: str = PRINTER, agent: str = AGENT) -> list[str]:
        device = HostedPrinter(printer, agent, lambda: nullcontext(store), lambda: at[0])
        return [it.code for it in device.check()]

    assert codes() == []
    assert codes("la") == ["printer_not_hosted"]
    assert codes(agent="quay-9") == ["printer_agent_gone"]
    at[0] += timedelta(minutes=3)
    assert codes() == ["printer_agent_silent"]
    enrolling.revoke(store, AGENT, by=signed("lost"))
    assert codes() == ["printer_agent_gone"]
