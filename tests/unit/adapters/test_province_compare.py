"""Comparing the province's record with ours: same, newer, older, or somebody else's."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.provincial import mapping
from adapters.provincial.comparison.record import (
    FINISHED,
    IDENTITY,
    RANKS,
    Compared,
    Relation,
    relate,
)
from adapters.provincial.mapping import Fields
from hub.rules.deliveries.likeness import MINUTE, TimeTextResolution
from tests.support.partners.province import SCAN, dossier

NUMBER = "000.99.01.H57-180724-0001"
SENT = mapping.dossier_fields(dossier(NUMBER), [SCAN], file_base_url="http://h/f")


def liken(found: Fields, *, to: Fields) -> Relation:
    """Return the relation alone."""
    return relate(found, to=to).relation


def test_the_same_record_in_other_clothes_is_the_same() -> None:
    """None for "", missing for an empty list, lists in another order, fields of their own."""
    papers = [{**SENT["TaiLieuNop"][0], "MaThanhPhanHoSo": code} for code in ("B", "A")]
    sent = {**SENT, "TaiLieuNop": papers}
    found = {**SENT, "TaiLieuNop": papers[::-1], "SoBienNhan": None, "MaNoiBo": "7"}
    del found["DanhSachLePhi"]
    assert relate(found, to=sent) == Compared(Relation.SAME)


@pytest.mark.parametrize("name", IDENTITY)
def test_another_identity_is_another_dossier(name: str) -> None:
    """However far along it is."""
    other = "20190203040506" if name == "NgayTiepNhan" else "khác"
    found = {**SENT, name: other, "TrangThaiHoSo": "10"}
    assert liken(found, to=SENT) is Relation.FOREIGN


def test_a_state_that_we_do_not_know_is_not_interpreted() -> None:
    """A status outside the national list may mean anything."""
    for status in ("11", "", None):
        assert liken({**SENT, "TrangThaiHoSo": status}, to=SENT) is Relation.FOREIGN


@given(st.sampled_from(sorted(RANKS)), st.sampled_from(sorted(RANKS)))
def test_newer_means_further_along(theirs: str, ours: str) -> None:
    """The three outcomes exclude each other, and never both sides are newer."""
    found, sent = {**SENT, "TrangThaiHoSo": theirs}, {**SENT, "TrangThaiHoSo": ours}
    there, back = liken(found, to=sent), liken(sent, to=found)
    if theirs == ours:
        assert there is back is Relation.SAME
    elif Relation.UNCLEAR in (there, back):
        assert FINISHED in (theirs, ours)
    else:
        assert {there, back} <= {Relation.NEWER, Relation.OLDER}
        assert (there, back) != (Relation.NEWER, Relation.NEWER)


@pytest.mark.parametrize("ours", ["2", "4", "5", "6"])
def test_a_finished_record_does_not_tell_whether_it_is_newer(ours: str) -> None:
    """A dossier may be opened again: what was sent then is not in the old record."""
    found, sent = {**SENT, "TrangThaiHoSo": "9"}, {**SENT, "TrangThaiHoSo": ours}
    assert liken(found, to=sent) is Relation.UNCLEAR


def test_a_hash_that_a_column_cut_off_proves_nothing() -> None:
    """CHAR(40) for 64 characters: neither older nor absent, or the update would be sent twice."""
    cut = [{**SENT["TaiLieuNop"][0], "MaBamTepTin": SENT["TaiLieuNop"][0]["MaBamTepTin"][:40]}]
    compared = relate({**SENT, "TaiLieuNop": cut}, to=SENT)
    assert compared == Compared(Relation.UNCLEAR, alike=("TaiLieuNop",))


def test_a_difference_in_a_file_is_a_difference() -> None:
    """The hash of one paper differs: what was sent is not there."""
    other = [{**SENT["TaiLieuNop"][0], "MaBamTepTin": "cd" * 32}]
    assert liken({**SENT, "TaiLieuNop": other}, to=SENT) is Relation.OLDER
    none = {**SENT, "TaiLieuNop": [], "HoSoCoThanhPhanSoHoa": "0"}
    assert liken(none, to=SENT) is Relation.OLDER


def test_lists_that_are_not_shown_or_hold_more_prove_nothing() -> None:
    """A look-up may leave papers out, and more may have been added there."""
    more = [*SENT["TaiLieuNop"], {**SENT["TaiLieuNop"][0], "MaBamTepTin": "cd" * 32}]
    for papers in ([], more):
        found = relate({**SENT, "TaiLieuNop": papers}, to=SENT)
        assert found == Compared(Relation.UNCLEAR, alike=("TaiLieuNop",))


def test_a_dossier_of_thousands_of_pages_is_compared_page_by_page() -> None:
    """In any order and spelling of the hashes; one page that differs is still a difference, and
    where too many are written in another way nothing is proven."""
    page = SENT["TaiLieuNop"][0]
    sent = {**SENT, "TaiLieuNop": [{**page, "MaBamTepTin": f"{n:064x}"} for n in range(3000)]}
    there = [
        {**it, "MaBamTepTin": it["MaBamTepTin"].upper()} for it in reversed(sent["TaiLieuNop"])
    ]
    assert relate({**sent, "TaiLieuNop": there}, to=sent).relation is Relation.SAME
    other = [*there[1:], {**page, "MaBamTepTin": "cd" * 32}]
    assert relate({**sent, "TaiLieuNop": other}, to=sent).relation is Relation.OLDER
    hashless = [{**it, "MaBamTepTin": ""} for it in there]
    assert relate({**sent, "TaiLieuNop": hashless}, to=sent).relation is Relation.UNCLEAR


WRITTEN_DIFFERENTLY: list[dict[str, str | None]] = [
    {"ChuHoSo": unicodedata.normalize("NFD", SENT["ChuHoSo"]).upper()},
    {"TrichYeuHoSo": f"  {SENT['TrichYeuHoSo'].replace(' ', '  ')}   "},
    {"TrangThaiHoSo": " 02 "},
    {"NgayTiepNhan": "24/07/2018 08:30:00", "NgayHenTra": "2018-07-25T01:30:00Z"},
    {"NgayTra": None, "GhiChu": "của tỉnh", "SoBienNhan": "BN-7"},
]


@pytest.mark.parametrize("changes", WRITTEN_DIFFERENTLY)
def test_what_is_only_written_differently_is_the_same(changes: dict[str, str | None]) -> None:
    """Normal form, case, blanks, leading zeros, forms of times; what we left empty is theirs."""
    assert relate({**SENT, **changes}, to=SENT) == Compared(Relation.SAME)


ALIKE = [
    ("TrichYeuHoSo", SENT["TrichYeuHoSo"][:8]),
    ("ChuHoSo", "Nguoi Thu <A&B>"),
    ("ThongTinKhac", "T? 0"),
    ("NgayHenTra", "20180725000000"),
    ("SoDienThoai", ""),
]


@pytest.mark.parametrize(("name", "value"), ALIKE)
def test_what_is_alike_and_not_the_same_is_named_and_never_older(name: str, value: str) -> None:
    """Cut off, without marks, garbled, without its time of day, left out."""
    assert relate({**SENT, name: value}, to=SENT) == Compared(Relation.UNCLEAR, alike=(name,))


def test_the_resolution_shows_itself_in_a_time_that_never_changes() -> None:
    """The reception came back without its seconds: so did the end, which is then the same."""
    sent = {**SENT, "NgayTiepNhan": "20180724083017", "NgayTra": "20180724093059"}
    found = {**sent, "NgayTiepNhan": "20180724083000", "NgayTra": "20180724093000"}
    assert relate(found, to=sent) == Compared(Relation.SAME)
    exact = {**found, "NgayTiepNhan": sent["NgayTiepNhan"]}
    assert relate(exact, to=sent) == Compared(Relation.UNCLEAR, alike=("NgayTra",))
    minutes = TimeTextResolution(time=MINUTE)
    assert relate(exact, to=sent, resolution=minutes) == Compared(Relation.SAME)


def test_a_declared_length_makes_a_cut_text_the_same() -> None:
    """A column of eight characters, filled with blanks."""
    found = {**SENT, "TrichYeuHoSo": SENT["TrichYeuHoSo"][:8] + "   "}
    assert relate(found, to=SENT, resolution=TimeTextResolution(text=8)).relation is Relation.SAME
