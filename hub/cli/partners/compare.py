"""`hub partners compare`: ward, hub and partners for the dossiers of a day."""

from datetime import datetime
from typing import Annotated

import typer

from hub.bootstrap.partners.call_limits import call_limits_of, counted
from hub.bootstrap.partners.destinations import make_destinations
from hub.cli.context import Actor, by, opened, settings
from hub.cli.output import words
from hub.cli.output.answer import print_line, put, show
from hub.cli.output.listing import listing
from hub.cli.output.progress import bar
from hub.cli.partners.lists import ExportedAt, FromPartners, print_report, read_all, refused
from hub.operations.comparison import daily
from hub.operations.comparison.lists.problems import ListRefused
from hub.operations.comparison.lists.run import ListReport, reconcile_lists
from hub.records.rulebook import Rulebook
from hub.rules.actors import BY_RECONCILE
from hub.runtime.clock import utc_now
from hub.texts import text

app = typer.Typer()
DIFFERENCES = listing("differences", "*dossier *partner difference owner detail repair")
ANSWERS = {
    "compare": (
        *("day", "dossiers", "opened", "closed", "not_asked", "lists", "agrees"),
        DIFFERENCES,
    )
}


@app.command()
def compare(
    day: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="day")],
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
        with opened() as store, bar(text("decisions.querying_partners")) as progress:
            # First: a list of another day is refused before anything is written.
            by_list = (
                reconcile_lists(
                    store, day.date(), lists, rules, agency=known.province_agency, by=who
                )
                if lists
                else []
            )
            partners = counted(destinations, store, call_limits_of(known), clock=utc_now)
            report = daily.reconcile_day(
                store, day.date(), partners, rules, by=who, progress=progress
            )
    except ListRefused as error:
        raise refused(f"--list {error.partner}", error) from None
    finally:
        for destination in destinations:
            destination.close()
    agrees = _print(report, by_list)
    put(day=day.date(), agrees=agrees)
    raise typer.Exit(0 if agrees else 1)


def _print(report: daily.ComparisonReport, by_list: list[ListReport]) -> bool:
    """Print the differences; return whether there is none and everything was compared."""
    findings = [*report.findings, *(it for listed in by_list for it in listed.findings)]
    show(
        DIFFERENCES,
        [
            (
                *(it.subject, it.destination, it.kind, words.owner(it.owner)),
                *(it.detail, it.repair),
            )
            for it in findings
        ],
    )
    counts = {"dossiers": report.dossiers, "opened": report.opened, "closed": report.closed}
    counts["not_asked"] = report.unasked
    put(**counts)
    print_line(text("comparison_commands.compared", **counts, differences=len(report.findings)))
    print_report(by_list)
    return not (report.findings or report.unasked) and all(it.agrees for it in by_list)
