"""`hub verify`: is anything lost? By the kept counts, or by reading every row."""

from typing import Annotated

import typer
from rich.progress import MofNCompleteColumn, Progress, TimeElapsedColumn
from rich.table import Table

from hub.cli.context import console, opened
from hub.cli.deliveries.paused import mention
from hub.messages import catalog
from hub.records.deadlines.calendar import local
from hub.runtime.clock import utc_now
from hub.store.conservation import balance as balancing
from hub.store.conservation import imbalance
from hub.store.conservation.balance import Balance
from hub.store.conservation.imbalance import Imbalance
from hub.store.conservation.proof import prove
from hub.store.deliveries import pauses
from hub.store.engine.store import Store, Tx
from hub.store.schema.conservation_tables import FULL

app = typer.Typer()
AT_ONCE = 20_000
"""Deliveries whose ids a quick balance compares: more would take longer than a second."""


@app.command()
def verify(
    full: Annotated[
        bool,
        typer.Option("--full", help="Read every row, and compare the kept counts with them."),
    ] = False,
) -> None:
    """Show the conservation of deliveries, per destination and state."""
    with opened() as store:
        balances, wrong = _full(store) if full else _quick(store)
        with store.read() as tx:
            paused = pauses.standing(tx, now=utc_now())
            known = None if full else _what_was_checked(tx)
    console.print(_table(balances))
    if wrong:
        ids = Table("destination", "does not add up", "id")
        for item in wrong:
            ids.add_row(item.destination, item.what, item.id)
        console.print(ids)
    good = not wrong and all(found.holds for found in balances)
    if known:
        console.print(known, style="dim")
    if not good and not full:
        console.print("[red]✗[/] Xem từng mã: / The ids are named by: hub verify --full")
    mention(paused)
    raise typer.Exit(0 if good else 1)


def _quick(store: Store) -> tuple[list[Balance], list[Imbalance]]:
    """Return the balance by the kept counts, and what is wrong with the youngest deliveries."""
    with store.read() as tx:
        balances = balancing.balance(tx, set(catalog.READERS.values()))
        after = imbalance.checked(tx).delivery_id
        return balances, imbalance.page(tx, after=after, upto=after + AT_ONCE)


def _full(store: Store) -> tuple[list[Balance], list[Imbalance]]:
    """Return the balance by all rows; where nothing is wrong, that is recorded."""
    columns = (*Progress.get_default_columns(), TimeElapsedColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as bar, store.read(long=True) as tx:
        tasks = {what: bar.add_task(what, total=None) for what in ("deliveries", "messages")}

        def show(what: str, done: int, total: int) -> None:
            bar.update(tasks[what], completed=done, total=total)

        proof = prove(tx, catalog.READERS, show)
    if proof.good:
        with store.write() as tx:
            imbalance.record_proven(tx, proof.last_delivery, utc_now())
    return proof.balances, proof.problems


def _table(balances: list[Balance]) -> Table:
    table = Table()
    table.add_column("")
    for found in balances:
        table.add_column(found.destination, justify="right")
    table.add_row("accepted", *(str(found.accepted) for found in balances), style="bold")
    for state in balancing.STATES:
        table.add_row(state, *(str(found.states[state]) for found in balances))
    table.add_row("holds", *("[green]✓[/]" if found.holds else "[red]✗[/]" for found in balances))
    return table


def _what_was_checked(tx: Tx) -> str:
    """Return what the answer rests on, in a line."""
    last = imbalance.last_delivery(tx)
    ids, full = imbalance.checked(tx), imbalance.checked(tx, FULL)
    left = max(0, last - ids.delivery_id - AT_ONCE)
    text = f"Counts as kept; ids compared up to no. {min(last, ids.delivery_id + AT_ONCE)}"
    text += f", {left} are left to the timer or to --full; " if left else "; "
    when = f"{local(full.at):%d/%m/%Y %H:%M} up to no. {full.delivery_id}" if full.at else "never"
    return f"{text}all rows read (--full): {when}."
