"""What the inbox shows of a proposal: what will happen, to what, and whether that is as it was."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from hub.messages.invalid import InvalidMessage
from hub.operations.approvals import discarding
from hub.operations.approvals.carrying_out import delivery_of
from hub.operations.approvals.terms import read_cancel
from hub.operations.deliveries import resend
from hub.operations.deliveries.resend import Change
from hub.rules.deliveries.states import DeliveryState as S
from hub.rules.deliveries.states import situation
from hub.rules.users.approvals import ApprovalState, ApprovalVerb
from hub.rules.users.rights import Right
from hub.rules.users.visitor import Visitor
from hub.store.console import history
from hub.store.console.listing import ListedDelivery
from hub.store.deliveries.transitions import NoSuchDelivery, StateConflict
from hub.store.engine.store import Store
from hub.store.users import accounts
from hub.store.users.approvals import Approval, Proposal
from hub.texts import Text, both, joined

SHOWN = 5
"""Messages of a proposal in the inbox."""
_CANCELS = frozenset({ApprovalVerb.CANCEL, ApprovalVerb.CANCEL_ABSENT})


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownProposal:
    """One proposal of the inbox."""

    approval: Approval
    proposer: str
    """The person's name."""
    approver: str
    effect: Text
    delivery: int = 0
    """Number of the delivery that it is about, 0 where it is about messages."""
    now: ListedDelivery | None = None
    """The delivery as it is; None where it went into the archive."""
    changes: Sequence[Change] = ()
    """What a corrected copy changes; personal fields say only that they differ, unless unmasked."""
    may_unmask: bool = False
    """The visitor has the right to see personal data of what it is about."""
    unmasked: bool = False
    """Personal data is shown; the audit has this view."""
    changed: bool = False
    """The delivery is not as its proposer saw it: an approval would do nothing."""

    @property
    def message_count(self) -> int:
        """How many parked messages it is about."""
        proposal = self.approval.proposal
        return len(proposal.expected) if proposal.verb is ApprovalVerb.DISCARD_PARKED else 0

    @property
    def messages(self) -> Sequence[tuple[str, str]]:
        """The first of those messages, each with its cause; a page of its own has them all."""
        if not self.message_count:
            return ()
        return sorted(self.approval.proposal.expected.items())[:SHOWN]

    @property
    def at_the_broker(self) -> str:
        """What the proposer saw of the message at the broker, "" where it is about none."""
        proposal = self.approval.proposal
        shown = next(iter(proposal.expected.values()))
        return shown if proposal.verb is ApprovalVerb.DISCARD_AT_BROKER else ""

    @property
    def is_open(self) -> bool:
        """Whether it waits for the second person."""
        return self.approval.state is ApprovalState.OPEN

    @property
    def personal_fields(self) -> str:
        """The personal fields that it changes, "" for none."""
        return ", ".join(it.field for it in self.changes if it.personal)


def shown(
    store: Store,
    found: Sequence[Approval],
    *,
    who: Visitor,
    now: datetime,
    unmasked: int | None = None,
) -> list[ShownProposal]:
    """Return proposals as the inbox shows them; `unmasked`: the number of one with personal data.

    Its right was checked and its view was audited.
    """
    verbs = discarding.CARRY_OUT
    ids = [delivery_of(it.proposal) for it in found if it.proposal.verb not in verbs]
    with store.read() as tx:
        names = {it.user.name: it.user.full_name for it in accounts.all_of(tx)}
        present = history.some_deliveries(tx, ids)
    return [
        _shown(store, it, present, names, who=who, now=now, unmasked=it.number == unmasked)
        for it in found
    ]


def _shown(
    store: Store,
    approval: Approval,
    deliveries: Mapping[int, ListedDelivery],
    names: Mapping[str, str],
    *,
    who: Visitor,
    now: datetime,
    unmasked: bool,
) -> ShownProposal:
    proposal = approval.proposal
    shown = ShownProposal(
        approval=approval,
        proposer=names.get(proposal.proposer, proposal.proposer),
        approver=names.get(approval.approver or "", approval.approver or ""),
        effect=_effect(approval),
    )
    if proposal.verb in discarding.CARRY_OUT:
        return shown
    id = delivery_of(proposal)
    present = deliveries.get(id)
    state = present.state if present else ""
    here = situation(S(state), present.attempts, present.code) if present else ""
    changed = (state, here) != (proposal.expected[str(id)], proposal.situation or here)
    return replace(
        shown,
        delivery=id,
        now=present,
        changes=_changes(store, proposal, now, unmasked) if shown.is_open and not changed else (),
        may_unmask=all(who.may(it, proposal.thing) for it in (Right.BODY, Right.UNMASK)),
        unmasked=unmasked,
        changed=shown.is_open and changed,
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


def _changes(store: Store, proposal: Proposal, now: datetime, unmasked: bool) -> Sequence[Change]:
    if proposal.verb is not ApprovalVerb.RESEND:
        return ()
    id, terms = delivery_of(proposal), proposal.terms
    try:
        return resend.correct(store, id, terms, now=now, unmasked=unmasked).changes
    except (StateConflict, NoSuchDelivery, InvalidMessage):
        return ()  # the approval says why
