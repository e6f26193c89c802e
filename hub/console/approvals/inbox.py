"""The page of the inbox, its forms, and how many proposals wait for a visitor."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import partial
from typing import Annotated

from fastapi import Depends, FastAPI, Request
from fastapi.responses import PlainTextResponse, Response

from hub.console.approvals.shown import shown
from hub.console.forms.acting import act, view
from hub.console.forms.allowing import allowing
from hub.console.forms.filled import Filled
from hub.console.frame.addresses import number_of_address
from hub.console.frame.errors import NotHere
from hub.console.frame.rendering import PageView, render
from hub.console.frame.visitor import demand_some, visitor
from hub.console.links import delivery, dossier, message
from hub.console.parts import Parts
from hub.console.sign_in.forms import fields
from hub.operations.approvals import deciding, discarding
from hub.operations.approvals.carrying_out import delivery_of
from hub.operations.signed_by import SignedBy
from hub.rules.users.rights import Right
from hub.rules.users.scope import Thing
from hub.rules.users.visitor import Visitor
from hub.store.engine.store import StoreUnavailable
from hub.store.users import approvals
from hub.store.users.approvals import Approval
from hub.texts import Text, both

PLACE = "/approvals"
Who = Annotated[Visitor, Depends(visitor)]
Form = Annotated[Mapping[str, str], Depends(fields)]


class ApprovalStep(StrEnum):
    """What a person does to a proposal."""

    APPROVE = "approve"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"


_END: Mapping[ApprovalStep, Callable[..., Approval]] = {
    ApprovalStep.REFUSE: deciding.refuse,
    ApprovalStep.WITHDRAW: deciding.withdraw,
}


def install(app: FastAPI, parts: Parts) -> None:
    """Add the page, its forms, and the count that every page shows."""
    app.state.waiting = partial(waiting, parts)

    @app.get(PLACE)
    def page(request: Request, who: Who) -> Response:
        return render(request, inbox(parts, who), who, now=parts.clock())

    @app.get("/live/approvals")
    def count(who: Who) -> Response:
        return PlainTextResponse(str(waiting(parts, who)))

    app.add_api_route(PLACE + "/{number}/unmask", _Unmasking(parts).show, methods=["POST"])

    @app.post(PLACE + "/{number}/{decision}")
    def decide(
        request: Request, number: int, decision: ApprovalStep, who: Who, form: Form
    ) -> Response:
        def do(_sent: Filled, by: SignedBy) -> Text:
            _require_to_see(parts, who, number)
            if decision is ApprovalStep.APPROVE:
                broker = parts.broker_url
                done = deciding.approve(parts.store, number, broker_url=broker, who=who, by=by)
            else:
                done = _END[decision](parts.store, number, who=who, by=by)
            return _outcome(done)

        page_of = partial(inbox, parts, who)
        return act(request, parts, who, form, do=do, page=page_of, leads_to=PLACE)


class _Unmasking:
    """The inbox with the personal data of one proposal, for one view."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def show(self, request: Request, number: int, who: Who, form: Form) -> Response:
        def page(*, unmasked: bool = False) -> PageView:
            return inbox(self._parts, who, unmasked=number if unmasked else None)

        def allow(_thing: Thing, by: SignedBy) -> None:
            proposal = _require_in_inbox(self._parts, who, number).proposal
            if proposal.verb in discarding.CARRY_OUT:
                raise NotHere
            object = str(delivery_of(proposal))
            allowing(self._parts, who, "delivery.unmask", object)(proposal.thing, by)

        return view(request, self._parts, who, form, allow=allow, page=page, path=PLACE)


def inbox(parts: Parts, who: Visitor, *, unmasked: int | None = None) -> PageView:
    """Return the page; `unmasked`: the number of a proposal whose view was just audited.

    Raises MayNot.
    """
    demand_some(who, Right.METADATA)
    now = parts.clock()
    found = deciding.inbox(parts.store, who, now=now)
    proposals = partial(shown, parts.store, who=who, now=now, unmasked=unmasked)
    return PageView(
        template="approvals/inbox.html",
        title=both("approvals.title"),
        values={
            "to_decide": proposals(found.to_decide),
            "own": proposals(found.own),
            "place": PLACE,
            "delivery": delivery,
            "message": message,
            "dossier": dossier,
        },
    )


def waiting(parts: Parts, who: Visitor) -> int:
    """Return how many proposals wait for the visitor's decision; 0 while the database is away."""
    if Right.APPROVE not in who.rights:
        return 0
    try:
        return deciding.count_to_decide(parts.store, who, now=parts.clock())
    except StoreUnavailable:
        return 0


def _require_to_see(parts: Parts, who: Visitor, number: int) -> None:
    with parts.store.read() as tx:
        known = approvals.numbered(tx, number_of_address(number))
    if known is None or not who.may(Right.METADATA, known.proposal.thing):
        raise NotHere


def _require_in_inbox(parts: Parts, who: Visitor, number: int) -> Approval:
    """Return a proposal that the visitor's inbox shows. Raises NotHere."""
    found = deciding.inbox(parts.store, who, now=parts.clock())
    for known in (*found.to_decide, *found.own):
        if known.number == number:
            return known
    raise NotHere


def _outcome(ended: Approval) -> Text:
    number, state = ended.number, ended.state.text
    if ended.outcome is not None:
        return both("approvals.ended_because", number=number, state=state, why=ended.outcome)
    return both("approvals.ended", number=number, state=state)
