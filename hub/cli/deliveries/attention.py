"""`hub deliveries attention`: everything that waits for a person."""

import typer
from rich.table import Table

from hub.cli.context import console, opened
from hub.cli.deliveries.paused import mention
from hub.cli.partners.unconnected import warn_of_unconnected
from hub.records.deadlines.calendar import local
from hub.rules.failures.access_remedies import remedy_of
from hub.rules.failures.errors import FAULTS
from hub.runtime.clock import utc_now
from hub.store.deliveries import pauses as pausing
from hub.store.monitoring import attention as waiting
from hub.store.repair import deadline_alerts, fault_classes
from hub.store.repair.awaiting_access import Awaiting, awaiting_access

app = typer.Typer()


@app.command()
def attention() -> None:
    """List what waits for a person: deliveries, messages, papers, gaps in the town's steps."""
    with opened() as store, store.read() as tx:
        warn_of_unconnected(tx)
        table = Table("no.", "destination", "dossier", "state", "code", "cause")
        for row in waiting.stuck(tx):
            table.add_row(*map(str, row))
        console.print(table)
        if awaiting := awaiting_access(tx, now=utc_now()):
            _show_awaiting(awaiting)
        if near := deadline_alerts.listing(tx):
            table = Table("no.", "destination", "dossier", "state", "due", title="due soon")
            for number, destination, dossier, state, due in near:
                table.add_row(
                    str(number), destination, dossier, state, f"{local(due):%d/%m/%Y %H:%M}"
                )
            console.print(table)
            console.print(
                "Take these there by hand, then hub deliveries complete NO. (see hub tasks)."
            )
        if unknown := fault_classes.listing(tx):
            table = Table("task", "partner", "operation and code", title="unknown reply codes")
            for task, partner, about in unknown:
                table.add_row(str(task), partner, about)
            console.print(table)
            console.print("Ask what they mean, then hub faults classify (see hub tasks).")
        table = Table("parked message", "type", "dossier", "code", "reason")
        for parked in waiting.parked(tx):
            table.add_row(*parked)
        console.print(table)
        papers = waiting.papers_not_at_town(tx)
        found = waiting.gaps(tx)
        paused = pausing.standing(tx, now=utc_now())
    if papers:
        _show_papers(papers)
    if found:
        _show_gaps(found)
    mention(paused)


def _show_awaiting(found: list[Awaiting]) -> None:
    """Name the partners that do not let the hub in, the cause, and what to do."""
    table = Table("partner", "code", "cause", "since", "deliveries", title="waiting for access")
    for one in found:
        cause = f"{FAULTS[one.code].text}\n{remedy_of(one.code)}"
        since = f"{local(one.since):%d/%m/%Y %H:%M}"
        table.add_row(one.destination, one.code, cause, since, str(one.count))
    console.print(table)


def _show_papers(papers: list[waiting.WaitingPapers]) -> None:
    """Name the papers that the town does not have, and what to do."""
    title = "papers that the town does not have"
    table = Table("dossier", "at the town", "papers", "asked for", "since", title=title)
    for one in papers:
        asked, since = "yes" if one.wanted else "no", f"{local(one.since):%d/%m %H:%M}"
        table.add_row(one.number, one.child_number or "–", str(one.count), asked, since)
    console.print(table)
    console.print("Asked for: they go, all at once, when an officer takes the work up again (4).")
    console.print("Not asked for: let the town ask, or take them there by hand.")
    if any(not one.count for one in papers):
        console.print("0 papers: the town still waits. Quét giấy tờ đúng / scan the right ones.")


def _show_gaps(found: list[waiting.Gap]) -> None:
    """Name the town's steps that never came, and what to do."""
    table = Table("dossier", "at the town", "applied up to", "missing step", "kept", "since")
    for gap in found:
        since = f"{local(gap.since):%d/%m %H:%M}"
        place = (gap.number, gap.child_number or "–", str(gap.applied), gap.missing)
        table.add_row(*place, str(gap.kept), since)
    console.print(table)
    console.print(
        "Ask the town to report the missing step again: the kept ones are applied after it."
    )
