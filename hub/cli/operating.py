"""Commands for the operator: look, repair, check."""

import os
from typing import Annotated

import typer
from rich.table import Table

from hub import health, operations, preflight
from hub.cli.context import Delivery, Reason, by, console, opened, operate, settings
from hub.clock import utc_now
from hub.flow.rebuild import rebuild
from hub.messages import catalog
from hub.records.calendar import local
from hub.store import alerts, queries

app = typer.Typer()
READERS = {entry.name: entry.reader for entry in catalog.CATALOG if entry.reader != "records"}


@app.command()
def doctor() -> None:
    """Check everything that the hub stands on, and name the fix of what is wrong."""
    checks = preflight.examine_all(settings())
    preflight.show(console, checks)
    raise typer.Exit(1 if any(check.refuses for check in checks) else 0)


@app.command("health")
def health_command() -> None:
    """Tell whether the hub's roles on this machine work; asks neither broker nor partner."""
    code, text = health.check(os.environ)
    console.print(text, markup=False)
    raise typer.Exit(code)


@app.command("rebuild")
def rebuild_command() -> None:
    """The broker was emptied or replaced: ask again for everything unsettled; nothing twice."""
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


@app.command()
def balance() -> None:
    """Show the conservation of deliveries, per destination and state."""
    with opened() as store, store.read() as tx:
        balances = queries.balance(tx, READERS)
        wrong = queries.imbalance(tx, READERS)
    table = Table()
    table.add_column("")
    for found in balances:
        table.add_column(found.destination, justify="right")
    table.add_row("accepted", *(str(found.accepted) for found in balances), style="bold")
    for state in balances[0].states:
        table.add_row(state, *(str(found.states[state]) for found in balances))
    table.add_row("holds", *("[green]✓[/]" if found.holds else "[red]✗[/]" for found in balances))
    console.print(table)
    if wrong:
        ids = Table("destination", "does not add up", "id")
        for item in wrong:
            ids.add_row(item.destination, item.what, item.id)
        console.print(ids)
    raise typer.Exit(0 if not wrong and all(found.holds for found in balances) else 1)


@app.command()
def stuck() -> None:
    """List what waits for a person: dead, undecidable and urgent deliveries, parked messages."""
    with opened() as store, store.read() as tx:
        table = Table("no.", "destination", "dossier", "state", "code", "cause")
        for row in queries.stuck(tx):
            table.add_row(*map(str, row))
        console.print(table)
        if near := alerts.listing(tx):
            table = Table("no.", "destination", "dossier", "state", "due", title="due soon")
            for number, destination, dossier, state, due in near:
                table.add_row(
                    str(number), destination, dossier, state, f"{local(due):%d/%m/%Y %H:%M}"
                )
            console.print(table)
            console.print("Take these there by hand, then hub by-hand NO. (see hub tasks).")
        table = Table("parked message", "type", "dossier", "code", "reason")
        for parked in queries.parked(tx):
            table.add_row(*parked)
        console.print(table)


@app.command()
def cancel(delivery: Delivery, reason: Reason) -> None:
    """Take a delivery out; what waits behind it goes on."""
    operate(lambda store: operations.cancel(store, delivery, **by(reason)))


@app.command("by-hand")
def by_hand(delivery: Delivery, reason: Reason) -> None:
    """Record that a delivery was taken to the partner on paper; its retries stop."""
    operate(lambda store: operations.deliver_by_hand(store, delivery, **by(reason)))


@app.command()
def resolve(delivery: Delivery, found: operations.Resolution, reason: Reason) -> None:
    """Settle an ambiguous delivery by what you found at the partner: delivered or absent."""
    operate(lambda store: operations.resolve(store, delivery, found, **by(reason)))


@app.command()
def unpark(
    message: Annotated[str, typer.Argument(help="Id of the parked message.")], reason: Reason
) -> None:
    """Take a parked message up again, after its cause was mended."""
    operate(lambda store: operations.unpark(store, message, **by(reason)))
