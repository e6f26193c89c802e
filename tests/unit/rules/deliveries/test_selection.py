"""Selections: one text for one selection, and nothing that cannot be read gets in."""

from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rules.deliveries.selection import NotASelection, Selection
from hub.rules.deliveries.states import DeliveryState

WORDS = st.text(max_size=50).map(str.strip)
MOMENTS = st.none() | st.datetimes(timezones=st.just(UTC))
SELECTIONS = st.builds(
    Selection,
    state=st.sampled_from(["", *DeliveryState]).map(str),
    partner=WORDS,
    operation=WORDS,
    fault=WORDS,
    opened_before=MOMENTS,
    due_before=MOMENTS,
    up_to=st.none() | st.integers(1, 2**62 - 1),
)


@given(SELECTIONS)
def test_a_selection_is_read_back_from_its_key(selection: Selection) -> None:
    """So an address, a note and a plan mean the same deliveries."""
    assert Selection.of_key(selection.key) == selection
    assert Selection.read(selection.words) == selection


@given(SELECTIONS)
def test_a_group_is_a_selection_by_three_words(selection: Selection) -> None:
    """And the group of a group is itself."""
    assert selection.group.group == selection.group
    assert selection.is_group == (
        selection == selection.group
        and bool(selection.partner and selection.operation and selection.fault)
    )


@pytest.mark.parametrize(
    "words",
    [
        {"state": "asleep"},
        {"up_to": "0"},
        {"up_to": "-1"},
        {"up_to": "١"},
        {"up_to": str(2**62)},
        {"opened_before": "yesterday"},
        {"opened_before": "2018-08-06T09:00:00"},
        {"fault": "x" * 201},
    ],
)
def test_a_word_that_cannot_be_read_is_refused(words: dict[str, str]) -> None:
    """A time needs its zone, a number is one that a delivery can have."""
    with pytest.raises(NotASelection):
        Selection.read(words)
