"""The life of a delivery: its states, the moves between them, and nothing else.

The states are a CHECK constraint in the store, the table is the picture in ARCHITECTURE.md.
"""

from enum import StrEnum

from hub.texts import Text, both


class DeliveryState(StrEnum):
    """Where a delivery stands. `waiting` has a time, `held` has a predecessor."""

    PENDING = "pending"
    SENDING = "sending"
    WAITING = "waiting"
    HELD = "held"
    AMBIGUOUS = "ambiguous"
    DELIVERED = "delivered"
    DEAD = "dead"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"
    BY_HAND = "by_hand"


S = DeliveryState

MOVES: dict[DeliveryState, frozenset[DeliveryState]] = {
    S.PENDING: frozenset({S.SENDING, S.AMBIGUOUS, S.CANCELLED, S.BY_HAND}),
    S.SENDING: frozenset({S.DELIVERED, S.WAITING, S.AMBIGUOUS, S.DEAD}),
    S.WAITING: frozenset({S.SENDING, S.AMBIGUOUS, S.CANCELLED, S.SUPERSEDED, S.BY_HAND}),
    S.HELD: frozenset({S.PENDING, S.AMBIGUOUS, S.CANCELLED}),
    S.AMBIGUOUS: frozenset({S.DELIVERED, S.WAITING, S.DEAD, S.CANCELLED, S.BY_HAND}),
    S.DEAD: frozenset({S.PENDING, S.DELIVERED, S.SUPERSEDED, S.CANCELLED, S.BY_HAND}),
    S.DELIVERED: frozenset(),
    S.CANCELLED: frozenset(),
    S.SUPERSEDED: frozenset(),
    S.BY_HAND: frozenset(),
}
"""Every legal move. What was not sent yet becomes ambiguous only in a restored database. A dead
delivery still holds its lane; only a final one lets go of it."""

FINAL = frozenset(state for state, moves in MOVES.items() if not moves)
"""States that release the lane."""

CLAIMABLE = frozenset(state for state, moves in MOVES.items() if S.SENDING in moves)
"""States from which a delivery may be sent."""


def state_text(state: DeliveryState) -> Text:
    """Return a state in words, the same in tables and in sentences."""
    return both(f"headings.{state}")


def may_move(current: DeliveryState, target: DeliveryState) -> bool:
    """Tell whether the move is legal."""
    return target in MOVES[current]


def situation(state: DeliveryState, attempts: int, code: str) -> str:
    """Return what tells two times in the same state apart: the fault, and how often it was sent.

    How often counts only where it stands still: what waits is sent again by itself.
    """
    return f"{attempts} {code}" if state in (S.DEAD, S.AMBIGUOUS) else code
