"""Commands with which a person settles one delivery: cancel, complete, resolve."""

from typing import Annotated

import typer

from hub import operations
from hub.cli.context import Actor, Delivery, Reason, by, operate

app = typer.Typer()
PapersChoice = Annotated[
    operations.Papers | None,
    typer.Option("--papers", help="Of what goes to the town: its papers go with the next, or not."),
]


@app.command()
def cancel(
    delivery: Delivery,
    reason: Reason,
    neither: Annotated[
        bool,
        typer.Option("--neither", help="Also when an older one gave way to it: neither arrives."),
    ] = False,
    papers: PapersChoice = None,
    actor: Actor = "",
) -> None:
    """Take a delivery out; what waits behind it goes on."""
    who = by(reason, actor)
    operate(lambda it: operations.cancel(it, delivery, neither=neither, papers=papers, **who))


@app.command()
def complete(delivery: Delivery, reason: Reason, actor: Actor = "") -> None:
    """Record that a delivery was taken to the partner on paper; its retries stop."""
    who = by(reason, actor)
    operate(lambda store: operations.deliver_by_hand(store, delivery, **who))


@app.command()
def resolve(
    delivery: Delivery,
    found: operations.Resolution,
    reason: Reason,
    cancel: Annotated[
        bool, typer.Option("--cancel", help="Of what is absent: take it out, do not send it again.")
    ] = False,
    papers: PapersChoice = None,
    actor: Actor = "",
) -> None:
    """Settle an ambiguous delivery by what you found at the partner: delivered or absent."""
    who = by(reason, actor)
    operate(lambda it: operations.resolve(it, delivery, found, cancel=cancel, papers=papers, **who))
