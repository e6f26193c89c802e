"""`hub archive compact`: give free room of a SQLite file back."""

import typer

from hub.cli.archive.opened import size
from hub.cli.context import console, opened
from hub.store.archive import pages

app = typer.Typer()


@app.command()
def compact() -> None:
    """SQLite, the hub stopped: make the file anew once, so that it gives free room back later."""
    with opened() as store:
        if store.name != "sqlite":
            console.print("PostgreSQL uses free room again by itself (autovacuum).")
            return
        before = pages.room(store).size
        with console.status("VACUUM …"):
            pages.compact(store)
        console.print(f"[green]✓[/] {size(before)} → {size(pages.room(store).size)}")
