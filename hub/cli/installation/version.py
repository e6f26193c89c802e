"""`hub version`."""

import typer

from hub import __version__
from hub.cli.output.answer import print_line, put

app = typer.Typer()
ANSWERS = {"version": ("version",)}


@app.command()
def version() -> None:
    """Print the version."""
    put(version=__version__)
    print_line(__version__)
