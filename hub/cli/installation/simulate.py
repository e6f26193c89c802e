"""`hub simulate`: the simulator of a partner, or of a printer, in the foreground."""

import os
import sys
from typing import Annotated

import typer

from hub.cli.output import answer
from hub.cli.output.answer import print_line, put, refuse
from hub.messages.partners import BY_SHORT
from hub.texts import text

app = typer.Typer()
_MODULES = {
    **{short: f"adapters.{name}.simulator" for short, name in BY_SHORT.items()},
    "printer": "adapters.devices.printer.simulator",
}
ANSWERS = {"simulate": ("simulator",)}


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    add_help_option=False,
)
def simulate(
    context: typer.Context,
    partner: Annotated[str, typer.Argument(help="partner")] = "",
) -> None:
    """Run a partner's simulator in the foreground; `hub simulate province --help` shows how."""
    if partner in ("", "-h", "--help"):
        print_line(text("installation.simulate_usage"))
        raise typer.Exit(0 if partner else 2)
    if partner not in _MODULES:
        refuse(text("installation.no_simulator", partner=partner))
        raise typer.Exit(2)
    command = [sys.executable, "-m", _MODULES[partner], *context.args]
    put(simulator=partner)
    answer.end(0)
    os.execv(sys.executable, command)  # noqa: S606 - our own interpreter and module
