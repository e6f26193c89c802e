"""`hub partners compare`: ward, hub and partners for the dossiers of a day."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated

import typer
from rich.table import Table

from hub.bootstrap.partners import make_destinations
from hub.cli.context import Actor, by, console, opened, settings
from hub.cli.output.progress import bar
from hub.cli.partners.lists import ExportedAt, FromPartners, read_all, refuse, tell
from hub.operations.comparison import daily
from hub.operations.comparison.lists.problems import ListRefused
from hub.operations.comparison.lists.run import reconcile_lists
from hub.records.rulebook import Rulebook
from hub.rules.actors import BY_RECONCILE
from hub.store.repair import tasks

app = typer.Typer()


@app.command()
def compare(
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


def _show(findings: Iterable[tasks.TaskFinding]) -> None:
    table = Table("dossier", "partner", "difference", "owner", "detail", "repair")
    for found in findings:
        kind = found.kind.replace("_", " ")
        table.add_row(
            found.subject, found.destination, kind, found.owner, found.detail, found.repair
        )
    if table.row_count:
        console.print(table)
