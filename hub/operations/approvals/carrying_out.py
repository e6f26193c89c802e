"""Carrying out what was approved, in the transaction that approves it."""

from datetime import datetime

from hub.operations.approvals import discarding
from hub.operations.approvals.keeping import ProposalStale
from hub.operations.approvals.terms import read_cancel
from hub.operations.deliveries import actions, cancellation, resend
from hub.operations.deliveries.resend import Correction
from hub.operations.signed_by import SignedBy
from hub.rules.deliveries.states import DeliveryState, state_text
from hub.rules.users.approvals import ApprovalVerb
from hub.store.deliveries import transitions
from hub.store.engine.store import Store, Tx
from hub.store.users.approvals import Proposal
from hub.texts import both


def delivery_of(proposal: Proposal) -> int:
    """Return the delivery that a proposal is about."""
    (id,) = proposal.expected
    return int(id)


def prepared(store: Store, proposal: Proposal, *, now: datetime) -> Correction | None:
    """Return what is made before the transaction: the corrected copy; None for other verbs.

    Raises StateConflict, NoSuchDelivery and InvalidMessage.
    """
    if proposal.verb is not ApprovalVerb.RESEND:
        return None
    return resend.correct(store, delivery_of(proposal), proposal.terms, now=now)


def carry_out(
    tx: Tx, proposal: Proposal, correction: Correction | None, *, by: SignedBy
) -> tuple[str, str] | None:
    """Do it; return (destination, lane) whose followers are released after the transaction.

    Raises ProposalStale and StateConflict; the transaction is rolled back then.
    """
    if proposal.verb in discarding.CARRY_OUT:
        discarding.CARRY_OUT[proposal.verb](tx, proposal, by)
        return None
    id = delivery_of(proposal)
    _require_situation(tx, proposal, id)
    if proposal.verb is ApprovalVerb.CANCEL:
        return _cancel(tx, id, proposal, by)
    state, _, _ = transitions.place_of(tx, id)
    _require(proposal, id, state)
    if proposal.verb is ApprovalVerb.CANCEL_ABSENT:
        actions.cancel_absent_in(tx, id, papers=read_cancel(proposal.terms).papers, by=by)
        return None
    if correction is None:
        actions.replay_in(tx, id, **by)
    else:
        resend.resend_in(tx, correction, by=by)
    return None


def _cancel(tx: Tx, id: int, proposal: Proposal, by: SignedBy) -> tuple[str, str] | None:
    terms = read_cancel(proposal.terms)
    # The act takes its locks in their order (of papers the lane's head first) and says then in
    # which state the delivery was.
    state, destination, lane = cancellation.cancel_delivery(
        tx, id, reason=by["reason"], now=by["now"], neither=terms.neither, papers=terms.papers
    )
    _require(proposal, id, state)
    cancellation.audit_cancellation(tx, id, terms.papers, **by)
    return (destination, lane) if state is DeliveryState.HELD else None


def _require_situation(tx: Tx, proposal: Proposal, id: int) -> None:
    """Raise ProposalStale where the delivery was sent again or met another fault since.

    The same state is not the same situation: what was dead may have been replayed and be dead again
    for another cause. Read without a lock: a delivery does not come back to its state in between.
    """
    if proposal.situation and proposal.situation != transitions.situation_of(tx, id):
        raise ProposalStale(both("approvals.went_on", id=id))


def _require(proposal: Proposal, id: int, state: DeliveryState) -> None:
    expected = DeliveryState(proposal.expected[str(id)])
    if state is not expected:
        before, present = state_text(expected), state_text(state)
        raise ProposalStale(both("approvals.changed", id=id, before=before, present=present))
