"""`hub health`: whether the roles on this machine work."""

import os

import typer

from hub.cli.output.answer import print_line, put

app = typer.Typer()
ANSWERS = {"health": ("health",)}


@app.command("health")
def health_command() -> None:
    """Check whether the hub's roles on this machine work; asks neither broker nor partner."""
    from hub.runtime import health

    code, text = health.check(os.environ)
    put(health=text)
    print_line(text)
    raise typer.Exit(code)
