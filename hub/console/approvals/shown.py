"""What the inbox shows of a proposal: what will happen, to what, and whether that is as it was."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from hub.messages.invalid import InvalidMessage
from hub.operations.approvals.carrying_out import delivery_of
from hub.operations.approvals.terms import read_cancel
from hub.operations.deliveries import resend
from hub.operations.deliveries.resend import Change
from hub.rules.users.approvals import ApprovalState, ApprovalVerb
from hub.store.console import history
from hub.store.console.listing import ListedDelivery
from hub.store.deliveries import transitions
from hub.store.deliveries.transitions import NoSuchDelivery, StateConflict
from hub.store.engine.store import Store
from hub.store.users import accounts
from hub.store.users.approvals import Approval
from hub.texts import Text, both, joined

_CANCELS = frozenset({ApprovalVerb.CANCEL, ApprovalVerb.CANCEL_ABSENT})


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownProposal:
    """One proposal of the inbox."""

    approval: Approval
    delivery: int
    now: ListedDelivery | None
    """As it is; None where it went into the archive."""
    proposer: str
    """The person's name."""
    approver: str
    effect: Text
    changes: Sequence[Change]
    """What a corrected copy changes; personal fields say only that they differ."""
    changed: bool
    """The delivery is not as its proposer saw it: an approval would do nothing."""

    @property
    def is_open(self) -> bool:
        """Whether it waits for the second person."""
        return self.approval.state is ApprovalState.OPEN


def shown(store: Store, found: Sequence[Approval], *, now: datetime) -> list[ShownProposal]:
    """Return proposals as the inbox shows them."""
    with store.read() as tx:
        names = {it.user.name: it.user.full_name for it in accounts.all_of(tx)}
    return [_shown(store, it, names, now) for it in found]


def _shown(
    store: Store, approval: Approval, names: Mapping[str, str], now: datetime
) -> ShownProposal:
    proposal = approval.proposal
    id = delivery_of(proposal)
    with store.read() as tx:
        present = history.one_delivery(tx, id)
        situation = transitions.situation_of(tx, id)
    state = present.state if present else ""
    changed = (state, situation) != (proposal.expected[id], proposal.situation or situation)
    is_open = approval.state is ApprovalState.OPEN
    return ShownProposal(
        approval=approval,
        delivery=id,
        now=present,
        proposer=names.get(proposal.proposer, proposal.proposer),
        approver=names.get(approval.approver or "", approval.approver or ""),
        effect=_effect(approval),
        changes=_changes(store, approval, now) if is_open and not changed else (),
        changed=is_open and changed,
    )


def _effect(approval: Approval) -> Text:
    """Return what happens when it is approved."""
    verb = approval.proposal.verb
    parts = [both(f"approvals.effect_{verb.value.replace('.', '_')}")]
    if verb in _CANCELS and approval.proposal.terms:
        terms = read_cancel(approval.proposal.terms)
        if terms.papers:
            parts.append(both(f"approvals.papers_{terms.papers.value}"))
        if terms.neither:
            parts.append(both("approvals.neither"))
    return joined(" ", parts)


def _changes(store: Store, approval: Approval, now: datetime) -> Sequence[Change]:
    proposal = approval.proposal
    if proposal.verb is not ApprovalVerb.RESEND:
        return ()
    try:
        return resend.correct(store, delivery_of(proposal), proposal.terms, now=now).changes
    except (StateConflict, NoSuchDelivery, InvalidMessage):
        return ()  # the approval says why
