"""`hub health`: whether the roles on this machine work."""

import os

import typer

from hub.cli.context import console

app = typer.Typer()


@app.command("health")
def health_command() -> None:
    """Check whether the hub's roles on this machine work; asks neither broker nor partner."""
    from hub.runtime import health

    code, text = health.check(os.environ)
    console.print(text, markup=False)
    raise typer.Exit(code)
