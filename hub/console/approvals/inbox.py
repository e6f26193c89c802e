"""The page of the inbox, its forms, and how many proposals wait for a visitor."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import partial
from typing import Annotated
from urllib.parse import urlencode

from fastapi import FastAPI, Query, Request
from fastapi.responses import PlainTextResponse, Response

from hub.console.approvals.shown import shown
from hub.console.forms.acting import Posted, act, view
from hub.console.forms.allowing import allowing
from hub.console.forms.filled import Filled
from hub.console.frame.addresses import Cursor, number_of_address
from hub.console.frame.errors import NotHere
from hub.console.frame.rendering import PageView, render
from hub.console.frame.visitor import Who, demand_some
from hub.console.links import delivery, dossier, message
from hub.console.parts import Parts
from hub.operations.approvals import deciding, discarding
from hub.operations.approvals.carrying_out import delivery_of
from hub.operations.signed_by import SignedBy
from hub.operations.users.confirming import to_confirm
from hub.rules.users.approvals import ApprovalState, ApprovalVerb
from hub.rules.users.permission import may_approve
from hub.rules.users.rights import Right
from hub.rules.users.scope import Thing
from hub.rules.users.visitor import Visitor
from hub.store.engine.store import StoreUnavailable
from hub.store.users import approvals
from hub.store.users.approvals import Approval
from hub.texts import Text, both

PLACE = "/approvals"
PAGE = 100
"""Messages of a proposal on one page."""
Word = Annotated[str, Query(max_length=200)]


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
    def page(request: Request, who: Who, decide: Cursor = None, own: Cursor = None) -> Response:
        found = inbox(parts, who, to_decide=decide, own=own)
        return render(request, found, who, now=parts.clock())

    @app.get("/live/approvals")
    def count(who: Who) -> Response:
        return PlainTextResponse(str(waiting(parts, who)))

    @app.get(PLACE + "/{number}/messages")
    def messages(request: Request, number: int, who: Who, after: Word = "") -> Response:
        known = _require_to_see(parts, who, number)
        return render(request, messages_of(known, after=after), who, now=parts.clock())

    app.add_api_route(PLACE + "/{number}/unmask", _Unmasking(parts).show, methods=["POST"])

    @app.post(PLACE + "/{number}/{decision}")
    def decide(number: int, decision: ApprovalStep, posted: Posted) -> Response:
        who = posted.who

        def do(_sent: Filled, by: SignedBy) -> Text:
            _require_to_see(parts, who, number)
            if decision is ApprovalStep.APPROVE:
                broker = parts.broker_url
                done = deciding.approve(parts.store, number, broker_url=broker, who=who, by=by)
            else:
                done = _END[decision](parts.store, number, who=who, by=by)
            return _outcome(done)

        number = number_of_address(number)
        page_of = partial(inbox, parts, who, to_decide=number, own=number)
        return act(posted, parts, do=do, page=page_of, leads_to=PLACE)


class _Unmasking:
    """The inbox with the personal data of one proposal, for one view."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def show(self, number: int, posted: Posted) -> Response:
        number, who = number_of_address(number), posted.who

        def page(*, unmasked: bool = False) -> PageView:
            known = number if unmasked else None
            return inbox(self._parts, who, unmasked=known, to_decide=number, own=number)

        def allow(_thing: Thing, by: SignedBy) -> None:
            proposal = _require_in_inbox(self._parts, who, number).proposal
            if proposal.verb in discarding.CARRY_OUT:
                raise NotHere
            object = str(delivery_of(proposal))
            allowing(self._parts, who, "delivery.unmask", object)(proposal.thing, by)

        return view(posted, self._parts, allow=allow, page=page, path=PLACE)


def inbox(
    parts: Parts,
    who: Visitor,
    *,
    unmasked: int | None = None,
    to_decide: int | None = None,
    own: int | None = None,
) -> PageView:
    """Return the page; `unmasked`: the number of a proposal whose view was just audited.

    `to_decide`, `own`: the numbers with which its two lists begin. Raises MayNot.
    """
    demand_some(who, Right.METADATA)
    now = parts.clock()
    found = deciding.inbox(parts.store, who, now=now, to_decide=to_decide, own=own)
    proposals = partial(shown, parts.store, who=who, now=now, unmasked=unmasked)
    return PageView(
        template="approvals/inbox.html",
        title=both("approvals.title"),
        values={
            "to_decide": proposals(found.to_decide),
            "own": proposals(found.own),
            "accounts": to_confirm(parts.store, who),
            "count": found.count,
            "more_to_decide": _more("decide", found.next_to_decide),
            "more_own": _more("own", found.next_own),
            "place": PLACE,
            "delivery": delivery,
            "message": message,
            "dossier": dossier,
        },
    )


def _more(name: str, begins_with: int | None) -> str:
    return f"{PLACE}?{name}={begins_with}" if begins_with else ""


def messages_of(known: Approval, *, after: str) -> PageView:
    """Return a page of the messages that a proposal is about; `after`: the last one before it.

    Raises NotHere for a proposal about something else.
    """
    if known.proposal.verb is not ApprovalVerb.DISCARD_PARKED:
        raise NotHere
    place = f"{PLACE}/{known.number}/messages"
    rest = [it for it in sorted(known.proposal.expected.items()) if it[0] > after]
    page = rest[:PAGE]
    return PageView(
        template="approvals/messages.html",
        title=both("approvals.messages_of", number=known.number),
        values={
            "found": page,
            "count": len(known.proposal.expected),
            "more": f"{place}?{urlencode({'after': page[-1][0]})}" if len(rest) > PAGE else "",
            "place": PLACE,
            "message": message,
        },
    )


def waiting(parts: Parts, who: Visitor) -> int:
    """Return how many proposals and accounts wait for the visitor; 0 without the database."""
    if Right.APPROVE not in who.rights:
        return 0
    try:
        ready = [it for it in to_confirm(parts.store, who) if not it.password_given]
        return deciding.count_to_decide(parts.store, who, now=parts.clock()) + len(ready)
    except StoreUnavailable:
        return 0


def _require_to_see(parts: Parts, who: Visitor, number: int) -> Approval:
    """Return a proposal that the visitor's scope reaches. Raises NotHere."""
    with parts.store.read() as tx:
        known = approvals.numbered(tx, number_of_address(number))
    if known is None or not who.may(Right.METADATA, known.proposal.thing):
        raise NotHere
    return known


def _require_in_inbox(parts: Parts, who: Visitor, number: int) -> Approval:
    """Return a proposal that the visitor's inbox shows. Raises NotHere."""
    known = _require_to_see(parts, who, number)
    given = known.proposal
    is_open = known.state is ApprovalState.OPEN and given.ends_at > parts.clock()
    to_decide = is_open and may_approve(who, proposer=given.proposer, thing=given.thing)
    if not to_decide and given.proposer != who.name:
        raise NotHere
    return known


def _outcome(ended: Approval) -> Text:
    number, state = ended.number, ended.state.text
    if ended.outcome is not None:
        return both("approvals.ended_because", number=number, state=state, why=ended.outcome)
    return both("approvals.ended", number=number, state=state)
