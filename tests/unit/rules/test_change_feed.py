"""Where a reader of the feed goes on, by the epoch of its cursor."""

import pytest

from hub.messages.payloads import Status
from hub.rules.change_feed import (
    ChangeKind,
    Cursor,
    Epoch,
    FeedRestarted,
    FeedState,
    kind_of,
    position_of,
    read_cursor,
)

FIRST, SECOND, THIRD, LOST = "aaaaaaaa", "bbbbbbbb", "cccccccc", "dddddddd"
STATE = FeedState((Epoch(FIRST, 0), Epoch(SECOND, 50), Epoch(THIRD, 30)), last=40)


@pytest.mark.parametrize("text", ["", "x", "aaaaaaaa-", "aaaaaaaa--1", "AAAAAAAA-1", "aaaaaaaa-١"])
def test_text_that_is_no_cursor_is_none(text: str) -> None:
    """Also digits of another script."""
    assert read_cursor(text) is None


def test_cursor_reads_as_it_is_written() -> None:
    """So a reader may keep the text."""
    assert read_cursor(str(Cursor(FIRST, 12))) == Cursor(FIRST, 12)


def test_cursor_of_the_present_epoch_goes_on() -> None:
    """Up to the last position that was given."""
    assert position_of(Cursor(THIRD, 40), STATE) == 40


@pytest.mark.parametrize(
    ("epoch", "position", "begin"),
    [
        (FIRST, 60, 30),  # the second restore was of an older copy than the first
        (FIRST, 20, 20),
        (SECOND, 60, 30),
        (THIRD, 41, 0),  # restored without a word about it
        (LOST, 5, 0),  # an epoch that a restore undid: what is shared with it is not known
    ],
)
def test_cursor_of_before_a_restore_begins_where_nothing_is_lost(
    epoch: str, position: int, begin: int
) -> None:
    """The new cursor is of the present epoch."""
    with pytest.raises(FeedRestarted) as told:
        position_of(Cursor(epoch, position), STATE)
    assert told.value.begin == Cursor(THIRD, begin)


def test_id_of_a_change_is_that_of_the_epoch_that_gave_its_position() -> None:
    """A change that no restore undid keeps its id."""
    assert STATE.event_id(30) == f"evt_{FIRST}_30"
    assert STATE.event_id(31) == f"evt_{THIRD}_31"


def test_status_tells_its_kind() -> None:
    """Supplement, payment and result have kinds of their own."""
    assert kind_of(Status.PAYMENT_REQUESTED) is ChangeKind.PAYMENT
    assert kind_of(Status.SUPPLEMENT_REQUESTED) is ChangeKind.SUPPLEMENT
    assert kind_of(Status.FINISHED) is ChangeKind.RESULT
    assert kind_of(Status.RETURNED) is ChangeKind.STATUS
