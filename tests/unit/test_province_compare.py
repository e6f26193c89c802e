"""Comparing the province's record with ours: same, newer, older, or somebody else's."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.provincial import mapping
from adapters.provincial.compare import (
    FINISHED,
    IDENTITY,
    RANKS,
    Likeness,
    differences,
    has_step,
    liken,
)
from tests.support.province import SCAN, dossier, step

NUMBER = "000.99.01.H57-180724-0001"
SENT = mapping.dossier_fields(dossier(NUMBER), [SCAN], file_base_url="http://h/f")


def test_the_same_record_in_other_clothes_is_the_same() -> None:
    """None for "", missing for an empty list, lists in another order, fields of their own."""
    papers = [{**SENT["TaiLieuNop"][0], "MaThanhPhanHoSo": code} for code in ("B", "A")]
    sent = {**SENT, "TaiLieuNop": papers}
    found = {**SENT, "TaiLieuNop": papers[::-1], "SoBienNhan": None, "MaNoiBo": "7"}
    del found["DanhSachLePhi"]
    assert differences(found, to=sent) == set()
    assert liken(found, to=sent) is Likeness.SAME


@pytest.mark.parametrize("name", IDENTITY)
def test_another_identity_is_another_dossier(name: str) -> None:
    """However far along it is."""
    found = {**SENT, name: "khác", "TrangThaiHoSo": "10"}
    assert liken(found, to=SENT) is Likeness.FOREIGN


def test_a_state_that_we_do_not_know_is_not_interpreted() -> None:
    """A status outside the national list may mean anything."""
    for status in ("11", "", None):
        assert liken({**SENT, "TrangThaiHoSo": status}, to=SENT) is Likeness.FOREIGN


@given(st.sampled_from(sorted(RANKS)), st.sampled_from(sorted(RANKS)))
def test_newer_means_further_along(theirs: str, ours: str) -> None:
    """The three outcomes exclude each other, and never both sides are newer."""
    found, sent = {**SENT, "TrangThaiHoSo": theirs}, {**SENT, "TrangThaiHoSo": ours}
    there, back = liken(found, to=sent), liken(sent, to=found)
    if theirs == ours:
        assert there is back is Likeness.SAME
    elif Likeness.UNCLEAR in (there, back):
        assert FINISHED in (theirs, ours)
    else:
        assert {there, back} <= {Likeness.NEWER, Likeness.OLDER}
        assert (there, back) != (Likeness.NEWER, Likeness.NEWER)


@pytest.mark.parametrize("ours", ["2", "4", "5", "6"])
def test_a_finished_record_does_not_tell_whether_it_is_newer(ours: str) -> None:
    """A dossier may be opened again: what was sent then is not in the old record."""
    found, sent = {**SENT, "TrangThaiHoSo": "9"}, {**SENT, "TrangThaiHoSo": ours}
    assert liken(found, to=sent) is Likeness.UNCLEAR


def test_a_difference_in_a_file_is_a_difference() -> None:
    """The hash of one paper differs: what was sent is not there."""
    other = [{**SENT["TaiLieuNop"][0], "MaBamTepTin": "cd" * 32}]
    assert liken({**SENT, "TaiLieuNop": other}, to=SENT) is Likeness.OLDER
    assert liken({**SENT, "TaiLieuNop": []}, to=SENT) is Likeness.OLDER


def test_a_step_is_known_by_status_moment_and_who_among_others() -> None:
    """Texts may have been changed by the province; the order does not matter."""
    wanted = mapping.step_fields(step(NUMBER))
    others = [
        {**wanted, "TrangThai": "5"},
        {**wanted, "ThoiDiemXuLy": "20180101000000"},
        {**wanted, "PhongBanXuLy": "Trung tâm Hành chính công thị xã"},
    ]
    assert not has_step([], wanted)
    assert not has_step(others, wanted)
    mixed = [*others, {**wanted, "NoiDungXuLy": "đã sửa"}]
    random.Random(1).shuffle(mixed)
    assert has_step(mixed, wanted)
