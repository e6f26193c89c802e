"""`hub approvals`: what waits for a second person, and that person's decision."""

from collections.abc import Callable
from functools import partial
from typing import Annotated

import typer

from hub.cli.approvals.proposing import person
from hub.cli.context import Actor, Reason, by, not_done, opened, settings
from hub.cli.output.answer import done, put, show
from hub.cli.output.listing import listing
from hub.operations.approvals import deciding
from hub.operations.approvals.keeping import ProposalNotDone
from hub.rules.users.rights import Right
from hub.runtime.clock import utc_now
from hub.store.users import approvals
from hub.store.users.approvals import Approval
from hub.texts import text

app = typer.Typer()
PROPOSALS = listing("proposals", "*approval *act *about *state proposer *until reason")
_DECIDED = ("approval", "state", "outcome")
ANSWERS = {
    "list": (PROPOSALS,),
    "approve": _DECIDED,
    "refuse": _DECIDED,
    "withdraw": _DECIDED,
}
Number = Annotated[int, typer.Argument(help="approval")]


@app.command("list")
def list_proposals() -> None:
    """List what waits for a second person."""
    with opened() as store, store.read() as tx:
        rows = [
            (
                it.number,
                str(it.proposal.verb.text),
                id,
                state,
                it.proposal.proposer,
                it.proposal.ends_at,
                it.proposal.reason,
            )
            for it in approvals.open_ones(tx, now=utc_now())
            for id, state in it.proposal.expected.items()
        ]
    show(PROPOSALS, rows, empty=text("approvals.none"))


@app.command("approve")
def approve(number: Number, reason: Reason, actor: Actor = "") -> None:
    """Approve a proposal of another person; it is done at once."""
    act = partial(deciding.approve, broker_url=settings().broker_url)
    _decide(act, number, reason, actor, Right.APPROVE)


@app.command("refuse")
def refuse(number: Number, reason: Reason, actor: Actor = "") -> None:
    """Refuse a proposal of another person."""
    _decide(deciding.refuse, number, reason, actor, Right.APPROVE)


@app.command("withdraw")
def withdraw(number: Number, reason: Reason, actor: Actor = "") -> None:
    """Take an own proposal back."""
    _decide(deciding.withdraw, number, reason, actor, Right.METADATA)


def _decide(
    act: Callable[..., Approval], number: int, reason: str, actor: str, right: Right
) -> None:
    who = by(reason, actor, right=right, thing_of=partial(deciding.thing_of, number))
    try:
        with opened() as store:
            ended = act(store, number, who=person(store), by=who)
    except ProposalNotDone as error:
        raise not_done(error.text) from None
    put(approval=number, state=ended.state, outcome=ended.outcome)
    if ended.outcome is not None:
        raise not_done(ended.outcome)
    done(text("approvals.ended", number=number, state=ended.state.text))
