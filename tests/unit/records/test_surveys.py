"""Satisfaction slips: the form, and what an answered slip says."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.messages.invalid import InvalidMessage
from hub.records.registers import surveys
from hub.records.registers.surveys import Satisfaction, Tally

BEST = dict.fromkeys(surveys.CRITERIA_CODES, 2)
SLIPS = st.dictionaries(st.sampled_from(surveys.CRITERIA_CODES), st.integers(0, 2), min_size=1)


def test_wire_names_of_the_criteria() -> None:
    """The codes are what devices send, so they are pinned; the form words each of them."""
    assert surveys.CRITERIA_CODES == (
        "thoi_gian",
        "thoi_gian_buoc",
        "so_lan_di_lai",
        "so_co_quan",
        "dung_quy_dinh",
        "thai_do",
        "phan_anh",
        "cong_khai",
        "truc_tuyen",
    )
    worded = {tuple(criterion.code for criterion in form.criterion) for form in surveys.load()}
    assert worded == {surveys.CRITERIA_CODES}


def test_seventeen_satisfied_slips() -> None:
    """The pilot's slips: all criteria best, all satisfied."""
    assert surveys.tally([BEST] * 17) == Tally(17, 17, 0, 0)


@pytest.mark.parametrize(
    ("scores", "says"),
    [
        ({"thai_do": 2}, Satisfaction.SATISFIED),
        (BEST | {"cong_khai": 1}, Satisfaction.NEUTRAL),
        (BEST | {"cong_khai": 0}, Satisfaction.UNSATISFIED),
        ({"thai_do": 1, "cong_khai": 0}, Satisfaction.UNSATISFIED),
        ({}, Satisfaction.NEUTRAL),
    ],
)
def test_what_a_slip_says(scores: dict[str, int], says: Satisfaction) -> None:
    """Satisfied only when every answer is the best; one worst answer is unsatisfied."""
    assert surveys.score(scores) is says


@given(st.lists(SLIPS))
def test_every_slip_is_counted_once(slips: list[dict[str, int]]) -> None:
    """The parts of a tally sum to its total."""
    result = surveys.tally(iter(slips))
    assert result.total == len(slips)
    assert result.satisfied + result.neutral + result.unsatisfied == len(slips)
    assert result.satisfied == sum(set(slip.values()) == {2} for slip in slips)


@pytest.mark.parametrize("scores", [{}, {"thai-do": 2}, {"thai_do": 3}, {"thai_do": -1}])
def test_slips_that_break_the_form(scores: dict[str, int]) -> None:
    """Unknown criteria and scores are invalid, and the reason repeats no text of the slip."""
    with pytest.raises(InvalidMessage) as caught:
        surveys.check(scores)
    assert caught.value.code == "payload_invalid"
    assert "thai-do" not in caught.value.why


@given(SLIPS)
def test_slips_that_keep_the_form(scores: dict[str, int]) -> None:
    """A slip may answer a part of the form."""
    surveys.check(scores)


@pytest.mark.parametrize(
    ("old", "new"), [('"thai_do"', '"thai-do"'), ('"thai_do"', '"phan_anh"'), ("vi =", "vn =")]
)
def test_broken_form_stops_the_start(tmp_path: Path, old: str, new: str) -> None:
    """A form with unknown or doubled codes does not load."""
    text = (surveys.DATA / "survey.toml").read_text(encoding="utf-8")
    (tmp_path / "survey.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(surveys.FormBroken):
        surveys.load(tmp_path)
