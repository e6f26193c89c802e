"""The command `hub`: run it, look at it, repair it, drill with it.

Exit codes: 0 done, 1 something does not agree or was not done, 2 the command, the settings or the
schema of the database are wrong, 3 what the hub stands on (database, broker, disk, rights) is away.
"""

import os
import sys
from typing import Annotated

import typer

from hub import __version__
from hub.cli.root import Group

app = typer.Typer(
    cls=Group, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)


def _version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"{__version__}\n")
        raise typer.Exit


@app.callback()
def hub(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="version"),
    ] = False,
) -> None:
    """Run the hub, look at it, repair it, drill with it."""
    del version


def main() -> None:
    """Run the command line. What it makes (databases, logs, reports) is for its own user only."""
    os.umask(0o077)
    app()
