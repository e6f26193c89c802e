"""The command `hub`: run it, look at it, repair it, drill with it.

Exit codes: 0 done, 1 something does not agree or failed, 2 the command or the settings are wrong.
"""

import typer

from hub import __version__
from hub.cli import (
    audit,
    comparing,
    conservation,
    evidence,
    faults,
    operating,
    procedures,
    replaying,
    serving,
    topology,
    unparking,
)
from hub.cli.context import console

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.add_typer(serving.app)
app.add_typer(operating.app)
app.add_typer(conservation.app)
app.add_typer(replaying.app)
app.add_typer(unparking.app)
app.add_typer(comparing.app)
app.add_typer(comparing.tasks_app, name="tasks")
app.add_typer(procedures.app)
app.add_typer(topology.app, name="topology")
app.add_typer(evidence.app)
app.add_typer(faults.app, name="faults")
app.add_typer(audit.app, name="audit")


@app.command()
def version() -> None:
    """Print the version."""
    console.print(__version__)


def main() -> None:
    """Run the command line."""
    app()
