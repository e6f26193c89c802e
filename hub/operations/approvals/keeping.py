"""A proposal of an act that needs two persons, as it is made and kept, whatever it is about."""

from collections.abc import Mapping
from datetime import datetime

from hub.operations.signed_by import SignedBy
from hub.rules.users.approvals import LASTS, ApprovalVerb
from hub.rules.users.scope import Thing
from hub.rules.users.visitor import Visitor
from hub.store.engine.store import Store, Tx
from hub.store.evidence import audit
from hub.store.users import accounts, approvals
from hub.store.users.approvals import Proposal
from hub.texts import Explained


class ProposalNotDone(Explained):
    """Nothing was done; `text` says why and what to do."""


class ProposalStale(Explained):
    """What the proposal is about is not as its proposer saw it; `text` says how it is."""


def proposed(
    verb: ApprovalVerb, expected: Mapping[str, str], *, thing: Thing, who: Visitor, by: SignedBy
) -> Proposal:
    """Return a proposal; `expected`: as in `Proposal`."""
    return Proposal(
        verb=verb,
        expected=expected,
        terms=b"",
        thing=thing,
        reason=by["reason"],
        proposer=who.name,
        proposed_at=by["now"],
        ends_at=by["now"] + LASTS,
    )


def keep(store: Store, proposal: Proposal, *, by: SignedBy) -> int:
    """Keep a proposal; return its number, or that of an open one of the person for the same act."""
    with store.write() as tx:
        accounts.locked(tx, proposal.proposer)  # two clicks of one person, one after the other
        known = _open_already(tx, proposal, by["now"])
        if known is not None:
            return known
        number = approvals.add(tx, proposal)
        record(tx, "approval.propose", number, proposal, by)
    return number


def record(tx: Tx, action: str, number: int, proposal: Proposal, by: SignedBy) -> None:
    """Leave the audit row of a step of a proposal."""
    what = f"{number} {proposal.verb} {', '.join(proposal.expected)}"
    audit.record(tx, by["actor"], action, object=what, reason=by["reason"], now=by["now"])


def _open_already(tx: Tx, proposal: Proposal, now: datetime) -> int | None:
    """Return the number of an open proposal of the same person for the same act."""
    same = _same(proposal)
    for known in approvals.open_ones(tx, now=now):
        if _same(known.proposal) == same:
            return known.number
    return None


def _same(proposal: Proposal) -> tuple[object, ...]:
    """Return what two clicks of one person for the same act have in common."""
    expected, terms = (proposal.expected, proposal.situation), proposal.terms
    return proposal.proposer, proposal.verb, expected, terms
