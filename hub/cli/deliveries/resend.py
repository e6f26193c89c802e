"""`hub deliveries resend`: a corrected copy in the place of a dead delivery."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from hub.cli.context import Actor, Delivery, by, console, opened
from hub.messages.invalid import InvalidMessage
from hub.operations.deliveries import resend as resending
from hub.runtime.clock import utc_now
from hub.store.deliveries.transitions import NoSuchDelivery, StateConflict

app = typer.Typer()


@app.command()
def resend(
    delivery: Delivery,
    file: Annotated[Path, typer.Option("--file", help="The corrected payload, JSON.")],
    reason: Annotated[str, typer.Option(help="Why; without it nothing is sent.")] = "",
    write: Annotated[bool, typer.Option("--write", help="Write the dead payload there.")] = False,
    actor: Actor = "",
) -> None:
    """Send a corrected copy in the place of a dead delivery; shows what differs first."""
    with opened() as store:
        try:
            if write:
                file.touch(mode=0o600, exist_ok=False)
                file.write_bytes(resending.payload_of(store, delivery))
                console.print(f"Correct {file}; it holds personal data, delete it afterwards.")
                return
            who = by(reason, actor) if reason else None
            correction = resending.correct(store, delivery, file.read_bytes(), now=utc_now())
            table = Table("field", "before", "after")
            for change in correction.changes:
                table.add_row(change.field, change.before, change.after)
            console.print(table)
            if who is None:
                console.print("Nothing sent: say --reason to send it.")
                return
            number = resending.resend(store, correction, by=who)
        except (InvalidMessage, StateConflict, NoSuchDelivery, OSError) as error:
            console.print(f"[red]Not done:[/] {error}")
            raise typer.Exit(1) from None
    console.print(f"[green]✓[/] Delivery {number} goes in the place of {delivery}.")
