"""Ids: the same cause gives the same id, and what belongs together sorts together."""

from datetime import date

from hub.messages.identifiers import derive_id, derive_id_near, new_id


def test_a_derived_id_is_the_same_each_time_and_another_for_other_parts() -> None:
    """Promise: handling a cause twice says the same message, two messages never share an id."""
    cause = new_id()
    assert derive_id(cause, "province") == derive_id(cause, "province")
    assert len({derive_id(cause, "province"), derive_id(cause, "town"), cause}) == 3


def test_a_derived_id_carries_the_time_of_its_cause() -> None:
    """Promise: rows of one moment stand side by side in an index, however long the chain."""
    first, later = f"{1:012x}" + "a" * 20, f"{2:012x}" + "0" * 20
    derived = derive_id(derive_id(first, "province"), "again")
    assert len(derived) == 32
    assert derived[:12] == first[:12]
    assert derived < later


def test_a_cause_that_is_no_id_gives_a_whole_digest() -> None:
    """Promise: an id is 32 hexadecimal digits, whatever it was derived from."""
    assert set(derive_id("town_center", "1")) <= set("0123456789abcdef")
    assert len(derive_id("town_center", "1")) == 32


def test_ids_of_near_places_sort_together_and_differ() -> None:
    """Promise: what neighbours say stands side by side in an index; other words, another id."""
    day = date(2018, 8, 6)
    first, second = (derive_id_near(day, place, "gateway", "x") for place in (1, 2))
    assert first < second < derive_id_near(date(2018, 8, 7), 1, "gateway", "x")
    assert first == derive_id_near(day, 1, "gateway", "x") != derive_id_near(day, 1, "gateway", "y")


def test_an_id_has_its_length_on_every_day_of_the_calendar() -> None:
    """Promise: a number of a day far away gives an id like all others."""
    for day in (date.min, date(1969, 12, 31), date.max):
        made = derive_id_near(day, 9_999_999, "gateway")
        assert len(made) == 32
        assert set(made) <= set("0123456789abcdef")
