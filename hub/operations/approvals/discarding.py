"""Discarding messages by two persons: parked ones, and one of `hub.dead` or `hub.invalid`.

Parked messages are discarded in the transaction that approves, all of a proposal or none: each must
still be parked for the cause that the proposer saw. A message at the broker is taken in hand
before that transaction and leaves its queue after it. Where the process or the broker ends in
between, the message is in its queue again, though the audit says that two persons discarded it; the
approval says so where the process goes on.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial

from hub.messages.queues import PERSON_DECIDES
from hub.operations import parked_messages
from hub.operations.approvals.keeping import ProposalNotDone, ProposalStale, keep, proposed
from hub.operations.signed_by import SignedBy
from hub.ports import BrokerUnavailable
from hub.rules.users.approvals import ApprovalVerb
from hub.rules.users.permission import may
from hub.rules.users.rights import Right
from hub.rules.users.scope import WHOLE
from hub.rules.users.visitor import Visitor
from hub.store.engine.store import Store, Tx
from hub.store.evidence import audit
from hub.store.messages import parked
from hub.store.users.approvals import Proposal
from hub.texts import Text, both

MOST = 500
"""Messages of one proposal."""


def propose_discard_parked(
    store: Store, expected: Mapping[str, str], *, who: Visitor, by: SignedBy
) -> int:
    """Propose to discard parked messages for good; return the proposal's number.

    `expected`: by id the code for which the person saw each parked. Raises ProposalNotDone.
    """
    if not may(who, Right.ACT):
        raise ProposalNotDone(both("approvals.may_not_act"))
    if not 0 < len(expected) <= MOST:
        raise ProposalNotDone(both("approvals.too_many", count=len(expected), most=MOST))
    with store.write() as tx:
        why = _changed(tx, expected)
    if why:
        raise ProposalNotDone(both("approvals.messages_changed", messages=why))
    proposal = proposed(ApprovalVerb.DISCARD_PARKED, expected, thing=WHOLE, who=who, by=by)
    return keep(store, proposal, by=by)


def propose_discard_at_broker(
    store: Store, queue: str, fingerprint: str, shown: str, *, who: Visitor, by: SignedBy
) -> int:
    """Propose to discard a message of `hub.dead` or `hub.invalid`; return the proposal's number.

    `shown`: what the page said of the message; no content. Raises ProposalNotDone.
    """
    if not may(who, Right.ACT):
        raise ProposalNotDone(both("approvals.may_not_act"))
    if queue not in PERSON_DECIDES:
        raise ProposalNotDone(both("pauses.nothing_rejected", queue=queue[:120]))
    about = {f"{queue} {fingerprint[:64]}": shown[:300]}
    discard = proposed(ApprovalVerb.DISCARD_AT_BROKER, about, thing=WHOLE, who=who, by=by)
    return keep(store, discard, by=by)


@contextmanager
def at_the_broker(proposal: Proposal, broker_url: str) -> Iterator[Callable[[], Text | None]]:
    """Hold the message of a proposal about one at the broker; what is given discards the message.

    That returns what an approver must know where the broker did not answer it. For all other
    proposals it does nothing. Raises ProposalNotDone, before the block: what another person has in
    hand at this moment is not found, either, so the proposal stays open.
    """
    if proposal.verb is not ApprovalVerb.DISCARD_AT_BROKER:
        yield lambda: None
        return
    from hub.broker.admin.rejected_messages import in_hand  # other commands do without the broker

    queue, fingerprint = place_of(proposal)
    with ExitStack() as stack:
        try:
            held = stack.enter_context(in_hand(broker_url, queue, fingerprint))
        except BrokerUnavailable:
            raise ProposalNotDone(both("pauses.broker_away")) from None
        if held is None:
            raise ProposalNotDone(both("approvals.message_not_found", queue=queue))
        yield partial(_acknowledge, held.acknowledge, queue)


def _acknowledge(acknowledge: Callable[[], None], queue: str) -> Text | None:
    try:
        acknowledge()
    except BrokerUnavailable:
        return both("approvals.not_acknowledged", queue=queue)
    return None


def place_of(proposal: Proposal) -> tuple[str, str]:
    """Return queue and fingerprint of the message that a proposal is about."""
    (about,) = proposal.expected
    queue, _, fingerprint = about.partition(" ")
    return queue, fingerprint


def _discard_parked(tx: Tx, proposal: Proposal, by: SignedBy) -> None:
    why = _changed(tx, proposal.expected)
    if why:
        raise ProposalStale(both("approvals.messages_changed", messages=why))
    ids = list(proposal.expected)
    discarded = parked.discard(tx, ids, now=by["now"])
    left = sorted(set(ids) - set(discarded))
    if left:
        raise ProposalStale(both("approvals.messages_on_hold", messages=", ".join(left)))
    audit.record(tx, action="message.drop", object=", ".join(ids), **by)


def _discard_at_broker(tx: Tx, proposal: Proposal, by: SignedBy) -> None:
    ((about, shown),) = proposal.expected.items()
    audit.record(tx, action="broker.discard", object=f"{about} {shown}", **by)


def _changed(tx: Tx, expected: Mapping[str, str]) -> str:
    """Return what is not parked any more as it was, "" for nothing."""
    ids = list(expected)
    present = parked.codes_of(tx, ids)
    changed = [id for id in ids if present.get(id) != expected[id]]
    reasons = parked_messages.why_not(tx, [id for id in changed if id not in present])
    reasons |= {id: present[id] for id in changed if id in present}
    return "; ".join(f"{id}: {reasons[id]}" for id in changed[:5])


CARRY_OUT: Mapping[ApprovalVerb, Callable[[Tx, Proposal, SignedBy], None]] = {
    ApprovalVerb.DISCARD_PARKED: _discard_parked,
    ApprovalVerb.DISCARD_AT_BROKER: _discard_at_broker,
}
"""What each does in the transaction that approves. Raises ProposalStale."""
