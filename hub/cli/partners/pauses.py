"""`hub partners pauses`: what is paused, and until when."""

import typer
from rich.table import Table

from hub.cli.context import console, opened
from hub.cli.deliveries.paused import until
from hub.records.deadlines.calendar import local
from hub.runtime.clock import utc_now
from hub.store.deliveries import pauses as pausing

app = typer.Typer()


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
