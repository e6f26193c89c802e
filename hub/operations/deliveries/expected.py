"""The state that a person saw: an act is done only while the delivery is still so."""

from dataclasses import dataclass

from hub.rules.deliveries.states import DeliveryState, state_text
from hub.store.deliveries import transitions
from hub.store.deliveries.transitions import StateConflict
from hub.store.engine.store import Tx
from hub.texts import both


@dataclass(frozen=True, slots=True)
class Expected:
    """What a page showed: the state, and what tells it from the same state at another time."""

    state: str
    situation: str
    """See `hub.rules.deliveries.states.situation`."""


def require(tx: Tx, id: int, expected: Expected | None) -> None:
    """Raise StateConflict where the delivery is not as expected; it is locked from then on.

    None expects nothing: the command line acts on what is there now.
    """
    if expected is None:
        return
    state, _, _ = transitions.place_of(tx, id)
    if state != expected.state:
        before, present = _text(expected.state), state_text(state)
        raise StateConflict(both("deliveries.changed", id=id, before=before, present=present))
    if transitions.situation_of(tx, id) != expected.situation:
        raise StateConflict(both("deliveries.went_on", id=id, state=state_text(state)))


def _text(state: str) -> object:
    return state_text(DeliveryState(state)) if state in set(DeliveryState) else state
