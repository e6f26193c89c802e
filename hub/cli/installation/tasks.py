"""`hub tasks`: what a person has to look after."""

from typing import Annotated

import typer

from hub.cli.context import Actor, Reason, by, not_done, opened
from hub.cli.output import words
from hub.cli.output.answer import done, put, show
from hub.cli.output.listing import listing
from hub.cli.partners.unconnected import warn_of_unconnected
from hub.operations.closing_tasks import close_task
from hub.store.repair import tasks
from hub.texts import text

app = typer.Typer()
TASKS = listing("tasks", "*task *due owner *about *partner *kind detail repair")
ANSWERS = {"list": ("unconnected", TASKS), "done": ("task",)}


@app.command("list")
def list_command() -> None:
    """List the open tasks, most urgent first."""
    with opened() as store, store.read() as tx:
        warn_of_unconnected(tx)
        rows = [
            (
                *(it.number, it.due_at, words.owner(it.owner), it.subject, it.destination, it.kind),
                *(it.detail, it.repair),
            )
            for it in tasks.still_open(tx)
        ]
    show(TASKS, rows, empty=text("installation.no_task"))


@app.command("done")
def done_command(
    number: Annotated[int, typer.Argument(help="task")],
    reason: Reason,
    actor: Actor = "",
) -> None:
    """Close a task by hand."""
    who = by(reason, actor)
    with opened() as store:
        try:
            close_task(store, number, by=who)
        except tasks.NoSuchTask as error:
            raise not_done(error) from None
    put(task=number)
    done(text("decisions.done"))
