"""Proposing an act, and its second person: approve, refuse, withdraw.

What is approved is done in the same transaction, once, and only while the delivery is in the state
that the proposer saw. Both persons see the proposal in their inboxes; each step is audited, the
act itself under the name of its proposer.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from hub.messages.invalid import InvalidMessage
from hub.operations.approvals import discarding
from hub.operations.approvals.carrying_out import carry_out, prepared
from hub.operations.approvals.keeping import ProposalNotDone, ProposalStale, keep, proposed, record
from hub.operations.signed_by import SignedBy
from hub.operations.users.confirming import objection
from hub.rules.deliveries.states import MOVES, DeliveryState, state_text
from hub.rules.users.approvals import ApprovalState, ApprovalVerb
from hub.rules.users.permission import may, may_approve
from hub.rules.users.rights import Right
from hub.rules.users.scope import WHOLE, Thing
from hub.rules.users.visitor import Visitor
from hub.store.deliveries import doubts, transitions
from hub.store.deliveries.transitions import NoSuchDelivery, StateConflict
from hub.store.engine.store import Store, Tx
from hub.store.records import things
from hub.store.users import accounts, approvals
from hub.store.users.approvals import Approval, Proposal
from hub.texts import Text, both

_STARTS = {
    ApprovalVerb.CANCEL: frozenset(
        state for state in DeliveryState if DeliveryState.CANCELLED in MOVES[state]
    ),
    ApprovalVerb.CANCEL_ABSENT: frozenset({DeliveryState.AMBIGUOUS}),
    ApprovalVerb.RESEND: frozenset({DeliveryState.DEAD}),
    ApprovalVerb.REPLAY_UNASKED: frozenset({DeliveryState.DEAD}),
}
"""The states that each act starts from."""
PAGE = 20
"""Proposals of each kind on one page of an inbox."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """What one person sees of the acts that need two."""

    to_decide: Sequence[Approval]
    """Open ones of other persons that this person may approve."""
    own: Sequence[Approval]
    """What this person proposed, the newest first, with what became of it."""
    count: int
    """How many wait for this person, on all pages."""
    next_to_decide: int | None
    """With which number the next page of those begins, None where this is the last."""
    next_own: int | None


def propose(
    store: Store,
    verb: ApprovalVerb,
    delivery: int,
    *,
    expected: str,
    situation: str | None = None,
    terms: bytes = b"",
    who: Visitor,
    by: SignedBy,
) -> int:
    """Propose an act on a delivery; return the proposal's number.

    `expected`, `situation`: as the person saw it (None: as it is now); `terms`: of a cancellation
    those of `hub.operations.approvals.terms`, of a corrected copy its payload. An open proposal of
    the same person for the same act is returned instead of a second one. Raises ProposalNotDone,
    StateConflict, NoSuchDelivery and InvalidMessage.
    """
    now = by["now"]
    with store.read() as tx:
        thing = things.of_delivery(tx, delivery)
        present = _require_start(tx, verb, delivery, expected=expected, situation=situation)
        doubts.require_call_over(tx, delivery, now=now)
    if not may(who, Right.ACT, thing):
        raise ProposalNotDone(both("approvals.may_not_act"))
    proposal = proposed(verb, {str(delivery): expected}, thing=thing, who=who, by=by)
    proposal = replace(proposal, situation=present, terms=terms)
    prepared(store, proposal, now=now)  # what cannot be corrected so is told to its author
    return keep(store, proposal, by=by)


def _require_start(
    tx: Tx, verb: ApprovalVerb, id: int, *, expected: str, situation: str | None
) -> str:
    """Return what tells the delivery's state from the same at another time.

    Raises StateConflict where an act does not start from how it is, or it is not as expected.
    """
    state, _, _ = transitions.place_of(tx, id, lock=False)
    present = transitions.situation_of(tx, id)
    if state != expected or state not in _STARTS[verb]:
        raise StateConflict(both("approvals.not_so", id=id, state=state_text(state)))
    if situation not in (None, present):
        raise StateConflict(both("deliveries.went_on", id=id, state=state_text(state)))
    return present


def inbox(
    store: Store,
    who: Visitor,
    *,
    now: datetime,
    to_decide: int | None = None,
    own: int | None = None,
) -> Inbox:
    """Return a page of what waits for a person, and of what the person proposed.

    `to_decide`, `own`: the number with which each begins, its first page without. A proposal that
    waits no more is passed over: its page begins with the next one.
    """
    with store.read() as tx:
        numbers = _to_decide(tx, who, now)
        rest = [it for it in numbers if it >= (to_decide or 0)]
        theirs = approvals.some(tx, rest[:PAGE])
        mine = approvals.of_proposer(tx, who.name, most=PAGE + 1, up_to=own)
    return Inbox(
        to_decide=theirs,
        own=mine[:PAGE],
        count=len(numbers),
        next_to_decide=rest[PAGE] if len(rest) > PAGE else None,
        next_own=mine[PAGE].number if len(mine) > PAGE else None,
    )


def count_to_decide(store: Store, who: Visitor, *, now: datetime) -> int:
    """Return how many proposals wait for a person, without reading what they hold."""
    with store.read() as tx:
        return len(_to_decide(tx, who, now))


def _to_decide(tx: Tx, who: Visitor, now: datetime) -> list[int]:
    return sorted(
        it.number
        for it in approvals.open_things(tx, now=now)
        if may_approve(who, proposer=it.proposer, thing=it.thing)
    )


def thing_of(number: int, store: Store) -> Thing:
    """Return what a proposal is about, as far as scopes know it."""
    with store.read() as tx:
        known = approvals.numbered(tx, number)
    return known.proposal.thing if known else WHOLE


def approve(
    store: Store, number: int, *, broker_url: str = "", who: Visitor, by: SignedBy
) -> Approval:
    """Approve a proposal and do it; return what became of it: done, or stale.

    `broker_url`: of RabbitMQ, for what is about its messages. Of a message that RabbitMQ may still
    have afterwards the outcome says so. Raises ProposalNotDone, and then nothing was done.
    """
    with store.read() as tx:
        known = approvals.numbered(tx, number)
    proposal = _decidable(known, number, who, by["now"]).proposal
    try:
        correction = prepared(store, proposal, now=by["now"])
        with discarding.at_the_broker(proposal, broker_url) as discard:
            with store.write() as tx:
                _decidable(approvals.locked(tx, number), number, who, by["now"])
                _require_own_hands(tx, who)
                act = _signed(tx, proposal, number, who, by)
                behind = carry_out(tx, proposal, correction, by=act)
                _decide(tx, number, ApprovalState.DONE, proposal, who, by)
            left = discard()
    except ProposalStale as error:
        _stale(store, number, proposal, error.text, who, by)
    except (StateConflict, NoSuchDelivery) as error:
        _stale(store, number, proposal, error.text, who, by)
    except InvalidMessage as error:
        _stale(store, number, proposal, Text(str(error), str(error)), who, by)
    else:
        if left is not None:
            with store.write() as tx:
                approvals.record_outcome(tx, number, left)
        if behind is not None:
            # Afterwards, as `cancellation.cancel` does.
            with store.write() as tx:
                transitions.release_followers(tx, behind[0], [behind[1]], by["now"])
    return _known(store, number)


def refuse(store: Store, number: int, *, who: Visitor, by: SignedBy) -> Approval:
    """Refuse a proposal. Raises ProposalNotDone."""
    with store.write() as tx:
        known = _decidable(approvals.locked(tx, number), number, who, by["now"])
        _decide(tx, number, ApprovalState.REFUSED, known.proposal, who, by)
    return _known(store, number)


def withdraw(store: Store, number: int, *, who: Visitor, by: SignedBy) -> Approval:
    """Take an own proposal back. Raises ProposalNotDone."""
    with store.write() as tx:
        known = approvals.locked(tx, number)
        if known is None or known.proposal.proposer != who.name:
            raise ProposalNotDone(both("approvals.unknown", number=number))
        _require_open(known, by["now"])
        _decide(tx, number, ApprovalState.WITHDRAWN, known.proposal, None, by)
    return _known(store, number)


def expire(store: Store, now: datetime) -> None:
    """End what no second person decided in time; the timer does it at each sweep."""
    with store.read() as tx:
        over = approvals.is_some_over(tx, now=now)
    if over:
        with store.write() as tx:
            approvals.expire(tx, now=now)


def end_open(tx: Tx, why: Text, by: SignedBy) -> None:
    """End every open proposal as out of date."""
    for known in approvals.open_ones(tx, now=by["now"]):
        _decide(tx, known.number, ApprovalState.STALE, known.proposal, None, by, outcome=why)


def _decidable(known: Approval | None, number: int, who: Visitor, now: datetime) -> Approval:
    """Return a proposal that the person may decide now. Raises ProposalNotDone.

    What is outside of the person's scope is as unknown as what is not there.
    """
    if known is None or not may(who, Right.METADATA, known.proposal.thing):
        raise ProposalNotDone(both("approvals.unknown", number=number))
    proposal = known.proposal
    if proposal.proposer == who.name:
        raise ProposalNotDone(both("approvals.own"))
    if not may_approve(who, proposer=proposal.proposer, thing=proposal.thing):
        raise ProposalNotDone(both("approvals.may_not_approve"))
    _require_open(known, now)
    return known


def _require_own_hands(tx: Tx, who: Visitor) -> None:
    """Raise ProposalNotDone where another person may have the approver's account in hand.

    A person who manages accounts would else be the second person alone.
    """
    why = objection(tx, who.name)
    if why is not None:
        raise ProposalNotDone(why)


def _require_open(known: Approval, now: datetime) -> None:
    if known.state is not ApprovalState.OPEN:
        raise ProposalNotDone(both("approvals.decided", state=known.state.text))
    if known.proposal.ends_at <= now:
        raise ProposalNotDone(both("approvals.decided", state=ApprovalState.EXPIRED.text))


def _signed(tx: Tx, proposal: Proposal, number: int, who: Visitor, by: SignedBy) -> SignedBy:
    """Return how the act itself is signed: by its proposer, with the approver in the reason."""
    account = accounts.named(tx, proposal.proposer)
    if account is None or not may(account.user, Right.ACT, proposal.thing):
        raise ProposalStale(both("approvals.proposer_may_not", name=proposal.proposer))
    if not account.is_active:
        raise ProposalStale(both("approvals.proposer_may_not", name=proposal.proposer))
    reason = f"{proposal.reason} (approval {number} by {who.actor})"
    return {"actor": account.user.actor, "reason": reason, "now": by["now"]}


def _decide(
    tx: Tx,
    number: int,
    state: ApprovalState,
    proposal: Proposal,
    who: Visitor | None,
    by: SignedBy,
    outcome: Text | None = None,
) -> None:
    approver = who.name if who else None
    if not approvals.decide(
        tx, number, state, approver=approver, why=by["reason"], outcome=outcome, now=by["now"]
    ):
        raise ProposalNotDone(both("approvals.unknown", number=number))
    record(tx, f"approval.{state}", number, proposal, by)


def _stale(
    store: Store, number: int, proposal: Proposal, why: Text, who: Visitor, by: SignedBy
) -> None:
    with store.write() as tx:
        known = approvals.locked(tx, number)
        if known is not None and known.state is ApprovalState.OPEN:
            _decide(tx, number, ApprovalState.STALE, proposal, who, by, outcome=why)


def _known(store: Store, number: int) -> Approval:
    with store.read() as tx:
        found = approvals.numbered(tx, number)
    if found is None:
        raise ProposalNotDone(both("approvals.unknown", number=number))
    return found
