"""Commands that compare ward, hub and partners by dossier, and the tasks that come of it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated

import typer
from rich.table import Table

from hub.bootstrap.partners import make_destinations
from hub.cli.context import Actor, Reason, by, console, opened, settings
from hub.cli.partners.lists import ExportedAt, FromPartners, read_all, refuse, tell
from hub.cli.partners.unconnected import warn_of_unconnected
from hub.cli.progress import bar
from hub.operations.comparison import daily
from hub.operations.comparison.lists.problems import ListRefused
from hub.operations.comparison.lists.run import reconcile_lists
from hub.records.deadlines.calendar import local
from hub.records.rulebook import Rulebook
from hub.rules.actors import BY_RECONCILE
from hub.store.evidence import audit
from hub.store.repair import tasks

app = typer.Typer()
tasks_app = typer.Typer(help="What a person has to look after.")


@app.command()
def reconcile(
    day: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The day to compare.")],
    exported: FromPartners = None,
    exported_at: ExportedAt = None,
    actor: Actor = "",
) -> None:
    """Compare ward, hub and partners for the dossiers of a day; differences become tasks."""
    lists = read_all(exported or (), day=day.date(), exported_at=exported_at)
    rules, known = Rulebook.load(), settings()
    who = by(f"{day:%Y-%m-%d}", actor, automatic=BY_RECONCILE)
    destinations = make_destinations(known)
    try:
        with opened() as store, bar("asking the partners") as progress:
            # First: a list of another day is refused before anything is written.
            by_list = (
                reconcile_lists(
                    store, day.date(), lists, rules, agency=known.province_agency, by=who
                )
                if lists
                else []
            )
            report = daily.reconcile_day(
                store, day.date(), destinations, rules, by=who, progress=progress
            )
    except ListRefused as refused:
        refuse(f"--list {refused.partner}", refused)
    finally:
        for destination in destinations:
            destination.close()
    _show([*report.findings, *(found for one in by_list for found in one.findings)])
    console.print(
        f"{report.dossiers} dossiers, {len(report.findings)} differences: {report.opened} tasks"
        f" opened, {report.closed} closed; {report.unasked} dossiers could not be asked about."
    )
    for one in by_list:
        tell(one)
    agrees = not (report.findings or report.unasked) and all(one.agrees for one in by_list)
    raise typer.Exit(0 if agrees else 1)


def _show(findings: Iterable[tasks.Finding]) -> None:
    table = Table("dossier", "partner", "difference", "owner", "detail", "repair")
    for found in findings:
        kind = found.kind.replace("_", " ")
        table.add_row(
            found.subject, found.destination, kind, found.owner, found.detail, found.repair
        )
    if table.row_count:
        console.print(table)


@tasks_app.callback(invoke_without_command=True)
def show(context: typer.Context) -> None:
    """List the open tasks, the most urgent first."""
    if context.invoked_subcommand:
        return
    table = Table("no.", "due", "owner", "about", "partner", "kind", "detail", "repair")
    with opened() as store, store.read() as tx:
        warn_of_unconnected(tx)
        for task in tasks.still_open(tx):
            due = f"{local(task.due_at):%d/%m %H:%M}" if task.due_at else "–"
            table.add_row(
                str(task.number),
                due,
                task.owner,
                task.subject,
                task.destination,
                task.kind,
                task.detail,
                task.repair,
            )
    console.print(table)


@tasks_app.command()
def done(
    number: Annotated[int, typer.Argument(help="Number of the task.")],
    reason: Reason,
    actor: Actor = "",
) -> None:
    """Close a task by hand."""
    who = by(reason, actor)
    with opened() as store:
        try:
            with store.write() as tx:
                tasks.close(tx, number, **who)
                audit.record(tx, action="task.done", object=str(number), **who)
        except tasks.NoSuchTask as error:
            console.print(f"[red]Not done:[/] {error}")
            raise typer.Exit(1) from None
    console.print("[green]✓[/] Done.")
