"""Commands for the operator: check, rebuild, what waits. Each loads only what it needs."""

import os
from typing import Annotated

import typer
from rich.table import Table

from hub.bootstrap.installation import mark_of, open_store
from hub.cli.context import Actor, by, console, opened, settings
from hub.cli.partners.unconnected import warn_of_unconnected
from hub.cli.paused import mention, until
from hub.records.deadlines.calendar import local
from hub.rules.failures.access_remedies import remedy_of
from hub.rules.failures.errors import FAULTS
from hub.runtime.clock import utc_now
from hub.store.deliveries import pauses as pausing
from hub.store.monitoring import attention
from hub.store.repair import deadline_alerts, fault_classes
from hub.store.repair.awaiting_access import Awaiting, awaiting_access

app = typer.Typer()


@app.command()
def doctor(
    migrating: Annotated[
        bool, typer.Option("--migrate", help="Bring the database to this program's schema first.")
    ] = False,
) -> None:
    """Check everything that the hub stands on, and name the fix of what is wrong."""
    from hub import preflight

    found = settings()
    if migrating:
        open_store(found, migrating=True).close()
    checks = preflight.examine_all(found)
    preflight.show(console, checks)
    raise typer.Exit(1 if any(check.refuses for check in checks) else 0)


@app.command("health")
def health_command() -> None:
    """Tell whether the hub's roles on this machine work; asks neither broker nor partner."""
    from hub.runtime import health

    code, text = health.check(os.environ)
    console.print(text, markup=False)
    raise typer.Exit(code)


@app.command("rebuild")
def rebuild_command(
    restored: Annotated[
        bool, typer.Option("--restored", help="The database is an old copy; the hub stands still.")
    ] = False,
    reason: Annotated[str, typer.Option(help="Why; needed with --restored.")] = "",
    actor: Actor = "",
) -> None:
    """The broker was emptied or replaced: ask again for everything unsettled; nothing twice."""
    from hub.exchange.housekeeping.requeue import rebuild

    if restored:
        _restore(reason, actor)
    with opened() as store, console.status("…") as status:
        asked = 0

        def more(count: int) -> None:
            nonlocal asked
            asked += count
            status.update(f"{asked} asked for")

        counts = rebuild(store, clock=utc_now, progress=more)
    console.print(
        f"Asked again for {counts['messages']} messages and {counts['deliveries']} deliveries."
    )


def _restore(reason: str, actor: str) -> None:
    """Have everything that would be sent asked about first."""
    from hub.broker.memory import MemoryBroker
    from hub.exchange.records_queue.receive import Receive
    from hub.operations import restore
    from hub.records.dossiers.handlers import Records
    from hub.records.rulebook import Rulebook

    if not reason:
        console.print("[red]--reason is needed with --restored: it goes into the audit.[/]")
        raise typer.Exit(2)
    who = by(reason, actor)
    with opened() as store:
        receive = Receive(store, MemoryBroker(), Records(Rulebook.load()), clock=utc_now)
        done = restore.restore(store, receive.handle_one, mark_of(settings()), who)
    console.print(
        f"{done.handled} accepted messages handled; {done.asked} deliveries will be asked about"
        f" before they are sent, {done.behind} more when it is their turn."
    )
    if done.failed:
        console.print(f"[red]{done.failed} messages failed in our own code: see the log.[/]")


@app.command()
def stuck() -> None:
    """List what waits for a person: deliveries, messages, papers, gaps in the town's steps."""
    with opened() as store, store.read() as tx:
        warn_of_unconnected(tx)
        table = Table("no.", "destination", "dossier", "state", "code", "cause")
        for row in attention.stuck(tx):
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
            console.print("Take these there by hand, then hub by-hand NO. (see hub tasks).")
        if unknown := fault_classes.listing(tx):
            table = Table("task", "partner", "operation and code", title="unknown reply codes")
            for task, partner, about in unknown:
                table.add_row(str(task), partner, about)
            console.print(table)
            console.print("Ask what they mean, then hub faults classify (see hub tasks).")
        table = Table("parked message", "type", "dossier", "code", "reason")
        for parked in attention.parked(tx):
            table.add_row(*parked)
        console.print(table)
        papers = attention.papers_not_at_town(tx)
        found = attention.gaps(tx)
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


def _show_papers(papers: list[attention.Papers]) -> None:
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


def _show_gaps(found: list[attention.Gap]) -> None:
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


@app.command()
def pauses() -> None:
    """Show what is paused: partner, operation, why, since and until when, what waits."""
    with opened() as store, store.read() as tx:
        found = pausing.standing(tx, now=utc_now())
    table = Table("partner", "operation", "why", "since", "until", "waiting")
    for item in found:
        it = item.pause
        why = f"{it.reason_vi}\n{it.reason_en}"
        since = f"{local(it.since):%d/%m/%Y %H:%M:%S}"
        table.add_row(it.destination, it.operation, why, since, until(item), str(item.waiting))
    console.print(table if found else "Nothing is paused.")
