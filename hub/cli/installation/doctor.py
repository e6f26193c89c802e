"""`hub doctor`: everything that the hub stands on, checked."""

from typing import Annotated

import typer

from hub.bootstrap.installation import open_store
from hub.cli.context import console, settings

app = typer.Typer()


@app.command()
def doctor(
    migrating: Annotated[
        bool, typer.Option("--migrate", help="Bring the database to this program's schema first.")
    ] = False,
) -> None:
    """Check everything that the hub stands on, and name the fix of what is wrong."""
    from hub import preflight

    found = settings()
    if migrating:
        open_store(found, migrating=True).close()
    checks = preflight.examine_all(found)
    preflight.show(console, checks)
    raise typer.Exit(1 if any(check.refuses for check in checks) else 0)
