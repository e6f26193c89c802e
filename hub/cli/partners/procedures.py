"""The ward's procedures: which are in force, and where the province differs."""

from datetime import datetime
from typing import Annotated

import typer
from rich.table import Table

from hub.bootstrap.partners import make_destinations
from hub.cli.context import console, opened, settings
from hub.operations.comparison.procedures import KnowsProcedures, codes_seen, compare
from hub.records.deadlines.calendar import local
from hub.records.rulebook import Rulebook
from hub.runtime.clock import utc_now

app = typer.Typer()


@app.command()
def procedures(
    with_province: Annotated[
        bool, typer.Option("--compare", help="Ask the province and show only differences.")
    ] = False,
    day: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="In force on; today without.")
    ] = None,
) -> None:
    """List the procedures in force, or compare them with the province's; changes nothing."""
    on = day.date() if day else local(utc_now()).date()
    catalogue = Rulebook.load().catalogue
    if not with_province:
        table = Table("code", "name", "sector", "in force since")
        for found in sorted(catalogue, key=lambda version: version.code):
            if found.is_valid_on(on):
                row = (found.code, found.name, found.sector_name, f"{found.valid_from:%d/%m/%Y}")
                table.add_row(*row)
        console.print(table)
        return
    destinations = make_destinations(settings())
    try:
        partner = next((one for one in destinations if isinstance(one, KnowsProcedures)), None)
        if partner is None:
            console.print("[red]HUB_PROVINCE_URL is not set: there is nobody to ask.[/]")
            raise typer.Exit(2)
        with opened() as store, store.read() as tx:
            seen = codes_seen(tx)
        with console.status("asking the province"):
            differences = compare(catalogue, partner, on=on, seen=seen)
    finally:
        for destination in destinations:
            destination.close()
    if not differences:
        console.print("[green]✓[/] The province knows every procedure by the same name.")
        return
    table = Table("code", "difference", "here", "at the province")
    for item in differences:
        table.add_row(item.code, item.kind, item.ours, item.theirs)
    console.print(table)
    raise typer.Exit(1)
