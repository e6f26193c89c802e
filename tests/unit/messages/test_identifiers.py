"""Ids: the same cause gives the same id, and what belongs together sorts together."""

from hub.messages.identifiers import derive_id, new_id


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
