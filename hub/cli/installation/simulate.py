"""`hub simulate`: a partner's simulator in the foreground."""

import os
import sys
from typing import Annotated

import typer

from hub.cli.context import console

app = typer.Typer()


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    add_help_option=False,
)
def simulate(
    context: typer.Context,
    partner: Annotated[str, typer.Argument(help="province or town")] = "",
) -> None:
    """Run a partner's simulator in the foreground; `hub simulate province --help` shows how."""
    modules = {
        "province": "adapters.provincial.simulator",
        "town": "adapters.town_center.simulator",
    }
    if partner in ("", "-h", "--help"):
        console.print(
            "hub simulate province|town [OPTIONS]: runs a partner's simulator until Ctrl-C.\n"
            "`hub simulate province --help` and `hub simulate town --help` list the options."
        )
        raise typer.Exit(0 if partner else 2)
    if partner not in modules:
        console.print(f"[red]There is no simulator {partner!r}; there are province and town.[/]")
        raise typer.Exit(2)
    command = [sys.executable, "-m", modules[partner], *context.args]
    os.execv(sys.executable, command)  # noqa: S606 - our own interpreter and module
