"""Commands with which a person settles one delivery: cancel, complete, resolve."""

from typing import Annotated

import typer

from hub import operations
from hub.cli.approvals import proposing
from hub.cli.context import Actor, Delivery, Reason, by, of_delivery, operate
from hub.operations.approvals.terms import CancelTerms, of_cancel
from hub.rules.users.approvals import ApprovalVerb

app = typer.Typer()
ANSWERS = {
    "cancel": ("delivery", "approval"),
    "complete": ("delivery",),
    "resolve": ("delivery", "approval"),
}
PapersChoice = Annotated[operations.Papers | None, typer.Option("--papers", help="papers")]


@app.command()
def cancel(
    delivery: Delivery,
    reason: Reason,
    neither: Annotated[bool, typer.Option("--neither", help="neither")] = False,
    papers: PapersChoice = None,
    actor: Actor = "",
) -> None:
    """Take a delivery out."""
    who = by(reason, actor, thing_of=of_delivery(delivery))
    if proposing.needs_second_person():
        terms = of_cancel(CancelTerms(neither=neither, papers=papers))
        proposing.propose(ApprovalVerb.CANCEL, delivery, terms=terms, by=who)
        return
    operate(
        delivery,
        lambda store: operations.cancel(store, delivery, neither=neither, papers=papers, **who),
    )


@app.command()
def complete(delivery: Delivery, reason: Reason, actor: Actor = "") -> None:
    """Record that a delivery was taken to the partner on paper."""
    who = by(reason, actor, thing_of=of_delivery(delivery))
    operate(delivery, lambda store: operations.deliver_by_hand(store, delivery, **who))


@app.command()
def resolve(
    delivery: Delivery,
    found: Annotated[operations.Resolution, typer.Argument(help="resolution")],
    reason: Reason,
    reference: Annotated[str, typer.Option(help="their_number")] = "",
    cancel: Annotated[bool, typer.Option("--cancel", help="cancel_absent")] = False,
    papers: PapersChoice = None,
    actor: Actor = "",
) -> None:
    """Settle an ambiguous delivery by what was found at the partner."""
    who = by(reason, actor, thing_of=of_delivery(delivery))
    absent = found is operations.Resolution.ABSENT
    if cancel and absent and proposing.needs_second_person():
        terms = of_cancel(CancelTerms(papers=papers))
        proposing.propose(ApprovalVerb.CANCEL_ABSENT, delivery, terms=terms, by=who)
        return
    operate(
        delivery,
        lambda store: operations.resolve(
            store, delivery, found, reference=reference, cancel=cancel, papers=papers, **who
        ),
    )
