"""Which acts a delivery offers a person, by its state and fault. Pure.

The acts themselves check again, in their transaction: an offer is what a page shows.
"""

from enum import StrEnum

from hub.rules.deliveries.states import MOVES
from hub.rules.deliveries.states import DeliveryState as S
from hub.store.console.listing import ListedDelivery


class Offer(StrEnum):
    """What a person can do to one delivery; the value is the last part of the form's address."""

    RETRY = "retry"
    """Send again, or at once instead of later; the partner is asked first."""
    RESOLVE = "resolve"
    """Say what was seen at the partner."""
    BY_HAND = "by-hand"
    """It was taken to the partner on paper."""
    CORRECT = "correct"
    """Its content is wrong: a page of its own; needs a second person."""
    UNASKED = "unasked"
    """Send again without asking; needs a second person."""
    CANCEL_ABSENT = "cancel-absent"
    """The partner does not have it, and it must not go out; needs a second person."""
    CANCEL = "cancel"
    """It must not go out; needs a second person."""


OF_TWO = frozenset({Offer.UNASKED, Offer.CANCEL_ABSENT, Offer.CANCEL})
"""What is proposed, and done when a second person approves."""


_RETRIED = frozenset({S.DEAD, S.WAITING})


def offers(it: ListedDelivery, *, gives_papers: bool = False) -> tuple[Offer, ...]:
    """Return what a delivery offers, what is most often right first.

    `gives_papers`: to the town; while it may have them they are not simply cancelled.
    """
    state = S(it.state)
    found = {
        Offer.RETRY: state in _RETRIED,
        Offer.RESOLVE: state is S.AMBIGUOUS,
        Offer.BY_HAND: S.BY_HAND in MOVES[state],
        Offer.CORRECT: state is S.DEAD,
        Offer.UNASKED: state is S.DEAD,
        Offer.CANCEL_ABSENT: state is S.AMBIGUOUS,
        Offer.CANCEL: S.CANCELLED in MOVES[state] and not (gives_papers and state is S.AMBIGUOUS),
    }
    return tuple(offer for offer, there in found.items() if there)
