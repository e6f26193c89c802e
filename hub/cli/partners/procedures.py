"""The ward's procedures: which are in force, and where the province differs."""

from datetime import date, datetime
from typing import Annotated

import typer

from hub.bootstrap.partners.destinations import make_destinations
from hub.cli.context import opened, settings
from hub.cli.output.answer import aside, done, for_programs, put, refuse, show
from hub.cli.output.listing import listing
from hub.operations.comparison.procedures import KnowsProcedures, codes_seen, compare
from hub.records.deadlines.calendar import local
from hub.records.registers.procedures import Catalogue
from hub.records.rulebook import Rulebook
from hub.runtime.clock import utc_now
from hub.texts import text

app = typer.Typer()
PROCEDURES = listing("procedures", "*code name sector *in_force_since")
DIFFERENCES = listing("differences", "*code difference here at_the_province")
ANSWERS = {"procedures": ("day", PROCEDURES, DIFFERENCES)}


@app.command()
def procedures(
    with_province: Annotated[bool, typer.Option("--compare", help="compare_province")] = False,
    day: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="in_force_on")] = None,
) -> None:
    """List the procedures in force, or compare them with the province's; changes nothing."""
    on = day.date() if day else local(utc_now()).date()
    put(day=on)
    catalogue = Rulebook.load().catalogue
    if with_province:
        _compare(catalogue, on)
        return
    show(
        PROCEDURES,
        [
            (it.code, it.name, it.sector_name, it.valid_from)
            for it in sorted(catalogue, key=lambda version: version.code)
            if it.is_valid_on(on)
        ],
    )


def _kind(kind: str) -> str:
    return kind if for_programs() else text(f"partner_commands.procedure_{kind}")


def _compare(catalogue: Catalogue, on: date) -> None:
    destinations = make_destinations(settings())
    try:
        partner = next((it for it in destinations if isinstance(it, KnowsProcedures)), None)
        if partner is None:
            refuse(text("partner_commands.not_set", name="HUB_PROVINCE_URL"))
            raise typer.Exit(2)
        with opened() as store, store.read() as tx:
            seen = codes_seen(tx)
        with aside.status("…"):
            differences = compare(catalogue, partner, on=on, seen=seen)
    finally:
        for destination in destinations:
            destination.close()
    show(DIFFERENCES, [(it.code, _kind(it.kind), it.ours, it.theirs) for it in differences])
    if differences:
        raise typer.Exit(1)
    done(text("partner_commands.same_procedures"))
