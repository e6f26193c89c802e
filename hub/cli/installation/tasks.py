"""`hub tasks`: what a person has to look after."""

from typing import Annotated

import typer
from rich.table import Table

from hub.cli.context import Actor, Reason, by, console, opened
from hub.cli.partners.unconnected import warn_of_unconnected
from hub.records.deadlines.calendar import local
from hub.store.evidence import audit
from hub.store.repair import tasks

app = typer.Typer()


@app.command("list")
def list_command() -> None:
    """List the open tasks, most urgent first."""
    table = Table("no.", "due", "owner", "about", "partner", "kind", "detail", "repair")
    with opened() as store, store.read() as tx:
        warn_of_unconnected(tx)
        for task in tasks.still_open(tx):
            due = f"{local(task.due_at):%d/%m %H:%M}" if task.due_at else "–"
            table.add_row(
                str(task.number),
                due,
                task.owner,
                task.subject,
                task.destination,
                task.kind,
                task.detail,
                task.repair,
            )
    console.print(table)


@app.command()
def done(
    number: Annotated[int, typer.Argument(help="Number of the task.")],
    reason: Reason,
    actor: Actor = "",
) -> None:
    """Close a task by hand."""
    who = by(reason, actor)
    with opened() as store:
        try:
            with store.write() as tx:
                tasks.close(tx, number, **who)
                audit.record(tx, action="task.done", object=str(number), **who)
        except tasks.NoSuchTask as error:
            console.print(f"[red]Not done:[/] {error}")
            raise typer.Exit(1) from None
    console.print("[green]✓[/] Done.")
