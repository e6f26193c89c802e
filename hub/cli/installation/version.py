"""`hub version`."""

import sys

import typer

from hub import __version__

app = typer.Typer()


@app.command()
def version() -> None:
    """Print the version."""
    sys.stdout.write(f"{__version__}\n")
