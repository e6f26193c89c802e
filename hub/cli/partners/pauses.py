"""`hub partners pauses`: what is paused, and until when."""

import typer

from hub.cli.context import opened
from hub.cli.deliveries.paused import PAUSES, row_of
from hub.cli.output.answer import show
from hub.runtime.clock import utc_now
from hub.store.deliveries import pauses as pausing
from hub.texts import text

app = typer.Typer()
ANSWERS = {"pauses": (PAUSES,)}


@app.command()
def pauses() -> None:
    """Show what is paused."""
    with opened() as store, store.read() as tx:
        paused = pausing.listed(tx, now=utc_now())
    show(PAUSES, map(row_of, paused), empty=text("attention.nothing_paused"))
