"""Room of a spool, reserved numbers, codes for enrolment."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rules.edge import enrolment
from hub.rules.edge.numbers import BLOCK, LOW, Block, drawn, wanted_days
from hub.rules.edge.room import EVENT_OVERHEAD, SpoolRoom, days_left

GIGA = 2**30
DAY = date(2026, 11, 30)


def block(day: date, *, used: int = 0) -> Block:
    """Return a block of a day with so many numbers used."""
    first = 900_001
    return Block(agency="H57", day=day, first=first, last=first + BLOCK - 1, next=first + used)


@given(used=st.integers(0, 10 * GIGA), free=st.integers(0, 10 * GIGA), size=st.integers(0, GIGA))
def test_a_spool_never_takes_more_than_budget_and_disk_have(
    used: int, free: int, size: int
) -> None:
    """And an event that is refused was warned of: a spool without room is nearly full, too."""
    room = SpoolRoom(used=used, budget=GIGA, disk_free=free)
    if room.accepts(size):
        assert used + size + EVENT_OVERHEAD <= GIGA
        assert size + EVENT_OVERHEAD <= free
    elif size < GIGA // 10:
        assert room.is_nearly_full


def test_the_room_is_told_in_days() -> None:
    """9 GB at a pace of 1 GB a day last for nine days; without a pace nothing is told."""
    room = SpoolRoom(used=GIGA, budget=10 * GIGA, disk_free=100 * GIGA)
    assert days_left(room, spooled=GIGA // 12, during=timedelta(hours=2)) == 9
    assert days_left(room, spooled=GIGA, during=timedelta(minutes=59)) is None
    assert days_left(room, spooled=0, during=timedelta(days=1)) is None


def test_numbers_are_wanted_for_days_that_have_few() -> None:
    """Today and the next two days each have a block before the line is cut."""
    tomorrow = DAY + timedelta(days=1)
    assert wanted_days([], today=DAY) == [DAY, tomorrow, DAY + timedelta(days=2)]
    held = [block(DAY, used=BLOCK - LOW + 1), block(tomorrow), block(DAY + timedelta(days=2))]
    assert wanted_days(held, today=DAY) == [DAY]
    assert wanted_days([*held, block(DAY)], today=DAY) == []


def test_a_block_ends() -> None:
    """Each number is drawn once, and none beyond the last."""
    found, one = [], block(DAY)
    while one.left:
        found.append(one.next)
        one = drawn(one)
    assert found == list(range(900_001, 900_001 + BLOCK))
    with pytest.raises(ValueError, match="no number"):
        drawn(one)


def test_a_code_is_read_as_a_person_types_it() -> None:
    """Capital letters and missing hyphens do not matter; each code is another one."""
    code = enrolment.fresh_code()
    assert enrolment.digest(code) == enrolment.digest(f" {code.upper().replace('-', ' ')}\n")
    assert code != enrolment.fresh_code()
    assert len(code.replace("-", "")) == 12
