"""`hub version`."""

import typer

from hub import __version__
from hub.cli.output.answer import put, say

app = typer.Typer()
ANSWERS = {"version": ("version",)}


@app.command()
def version() -> None:
    """Print the version."""
    put(version=__version__)
    say(__version__)
