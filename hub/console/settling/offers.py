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


_RETRIED = frozenset({S.DEAD, S.WAITING})


def offers(it: ListedDelivery) -> tuple[Offer, ...]:
    """Return what a delivery offers, what is most often right first."""
    state = S(it.state)
    found = {
        Offer.RETRY: state in _RETRIED,
        Offer.RESOLVE: state is S.AMBIGUOUS,
        Offer.BY_HAND: S.BY_HAND in MOVES[state],
    }
    return tuple(offer for offer, there in found.items() if there)
