"""`hub archive hold`, `release` and `holds`: dossiers that must stay."""

import typer
from rich.table import Table

from hub.cli.archive.opened import Number, refused
from hub.cli.context import Actor, Reason, by, console, opened
from hub.operations.archive import holding
from hub.records.deadlines.calendar import local
from hub.store.archive import holds

app = typer.Typer()


@app.command()
def hold(dossier: Number, reason: Reason, actor: Actor = "") -> None:
    """Keep a dossier from being archived or erased (legal hold)."""
    with opened() as store, refused():
        done = holding.hold(store, dossier, by(reason, actor))
    console.print(f"[green]✓[/] {dossier} is held." if done else f"{dossier} was held before.")


@app.command()
def release(dossier: Number, reason: Reason, actor: Actor = "") -> None:
    """Release a dossier that was held or restored."""
    with opened() as store:
        done = holding.release(store, dossier, by(reason, actor))
    if not done:
        console.print(f"[red]{dossier} has no hold.[/]")
        raise typer.Exit(1)
    console.print(f"[green]✓[/] {dossier} is released.")


@app.command("holds")
def holds_command() -> None:
    """List the dossiers that are held."""
    with opened() as store, store.read() as tx:
        found = holds.all_of(tx)
    table = Table("dossier", "since", "by", "reason")
    for row in found:
        since = f"{local(row.placed_at):%d/%m/%Y %H:%M}"
        table.add_row(row.number, since, row.placed_by, row.reason)
    console.print(table if found else "Nothing is held.")
