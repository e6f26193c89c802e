"""The command that brings the database to the schema of this program."""

import typer

from hub.bootstrap.installation import open_store
from hub.cli.context import console, settings
from hub.store.schema import revision

app = typer.Typer()


@app.command()
def migrate() -> None:
    """Bring the database to this program's schema, or make it; never backwards, a second time safe.

    While it runs no hub may be at work on it: stop the hub and make a backup first.
    """
    found = settings()
    open_store(found, migrating=True).close()
    place, step = revision.place_of(found.database), revision.newest()
    console.print(f"Lược đồ / schema {step}: {place}", style="green", markup=False, soft_wrap=True)
