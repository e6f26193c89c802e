"""The table of delivery states says what the design says."""

import pytest

from hub.rules.deliveries.states import CLAIMABLE, FINAL, MOVES, DeliveryState, may_move

S = DeliveryState


def test_final_states_have_no_way_out() -> None:
    """Delivered, cancelled, superseded and taken by hand end a delivery; dead does not."""
    assert {S.DELIVERED, S.CANCELLED, S.SUPERSEDED, S.BY_HAND} == FINAL


def test_only_a_pending_or_waiting_delivery_may_be_sent() -> None:
    """Ambiguous and dead ones are never sent again by themselves."""
    assert {S.PENDING, S.WAITING} == CLAIMABLE


def test_every_state_can_reach_an_end() -> None:
    """No delivery can be trapped."""
    ends = set(FINAL)
    while grown := {state for state, moves in MOVES.items() if moves & ends} - ends:
        ends |= grown
    assert ends == set(DeliveryState)


def test_only_the_outcome_of_a_call_makes_a_delivery_dead() -> None:
    """What was not sent is not dead: a person who does not want it cancels it."""
    assert {state for state in S if may_move(state, S.DEAD)} == {S.SENDING, S.AMBIGUOUS}


def test_what_was_tried_in_vain_is_superseded_and_nothing_else() -> None:
    """A newer record takes the place of one that waits for its retry, or is dead."""
    assert {state for state in S if may_move(state, S.SUPERSEDED)} == {S.WAITING, S.DEAD}


@pytest.mark.parametrize("target", [S.PENDING, S.WAITING, S.SENDING])
def test_a_sender_that_died_is_not_simply_sent_again(target: DeliveryState) -> None:
    """From sending without an outcome only ambiguous is reached through a lease; from ambiguous
    a new sending needs the partner's word (waiting)."""
    assert not may_move(S.AMBIGUOUS, S.SENDING)
    assert not may_move(S.DELIVERED, target)
