"""What follows in the same transaction when deliveries are known to have their effect.

One function for calls and for what a person or a replay plan settles without a call of its own, so
that all lock in one order: what the records learn, the lanes, the chain of evidence. Moving the
delivery and ending its attempt come before it and are the caller's.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from hub.messages.envelope import Message
from hub.ports import Receipt
from hub.store.deliveries import transitions
from hub.store.engine.store import Tx
from hub.store.evidence import handovers
from hub.store.evidence.handovers import Handover

OnDelivered = Callable[[Tx, Message, Receipt], None]
"""Lets the records learn a partner's reference, in the transaction that settles the delivery."""


@dataclass(frozen=True, slots=True)
class KnownEffect:
    """A delivery that has its effect."""

    lane: str
    message: Message | None
    """None where it could not be read: then the records learn nothing."""
    receipt: Receipt


def follow(
    tx: Tx,
    destination: str,
    effects: Sequence[KnownEffect],
    evidence: Sequence[Handover],
    *,
    on_delivered: OnDelivered,
    now: datetime,
) -> None:
    """Have the records learn the effects, let their lanes go on, write the evidence.

    `evidence` may be of more than the effects; it comes last in a transaction.
    """
    # In the order in which receive locks dossiers and their legs: else the two may deadlock.
    for effect in sorted(effects, key=attrgetter("lane")):
        if effect.message is not None:
            on_delivered(tx, effect.message, effect.receipt)
    transitions.release_followers(tx, destination, {effect.lane for effect in effects}, now)
    handovers.record(tx, evidence)
