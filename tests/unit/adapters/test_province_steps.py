"""Which step of a dossier is the one that was sent: never a wrong one, never wrongly absent."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.provincial import mapping
from adapters.provincial.comparison.steps import Sought, seek
from adapters.provincial.mapping import Fields
from hub.ports import Doubt
from hub.rules.deliveries.likeness import MINUTE, TimeTextResolution
from tests.support.partners.province import step

NUMBER = "000.99.01.H57-180724-0001"
STEP = mapping.step_fields(step(NUMBER)) | {"ThoiDiemXuLy": "20180724093017"}
THERE, NOT_THERE = Sought(there=True), Sought(there=False)


def at(clock: str, **changes: str) -> Fields:
    """Return a step of that time of day."""
    return {**STEP, "ThoiDiemXuLy": f"20180724{clock}", **changes}


def cut(one: Fields) -> Fields:
    """Return a step as a database with minute times gives it back."""
    return {**one, "ThoiDiemXuLy": one["ThoiDiemXuLy"][:12] + "00"}


OTHERS = [
    at("093017", TrangThai="5"),
    at("101530", NoiDungXuLy="Bước khác"),
    at("111530", NguoiXuLy="Hoàng Thị Mới"),
]


def test_a_step_is_found_among_others() -> None:
    """Texts may have been changed by the province; the order does not matter."""
    assert seek([], STEP) == NOT_THERE
    assert seek(OTHERS, STEP, beside=OTHERS) == NOT_THERE
    assert seek([*OTHERS[::-1], {**STEP, "NoiDungXuLy": "đã sửa"}], STEP) == THERE


@pytest.mark.parametrize(
    "changes",
    [
        {"NguoiXuLy": unicodedata.normalize("NFD", STEP["NguoiXuLy"])},
        {"NguoiXuLy": STEP["NguoiXuLy"].upper(), "PhongBanXuLy": "TƯ PHÁP  -  HỘ TỊCH"},
        {"TrangThai": "04", "NguoiXuLy": STEP["NguoiXuLy"].ljust(50)},
        {"ThoiDiemXuLy": "2018-07-24T09:30:17.000+07:00"},
    ],
)
def test_what_a_person_reads_as_the_same_step_is_the_same(changes: dict[str, str]) -> None:
    """Normal form, capitals, folded blanks, padding, another form of the time."""
    assert seek([{**STEP, **changes}], STEP) == THERE


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"ThoiDiemXuLy": "20180724093000"}, ("ThoiDiemXuLy",)),
        ({"ThoiDiemXuLy": "20180724023017"}, ("ThoiDiemXuLy",)),
        ({"ThoiDiemXuLy": ""}, ("ThoiDiemXuLy",)),
        ({"NguoiXuLy": "Can bo Thu"}, ("NguoiXuLy",)),
        ({"NguoiXuLy": "C?n b? Th?"}, ("NguoiXuLy",)),
        ({"PhongBanXuLy": "Tư pháp"}, ("PhongBanXuLy",)),
        ({"NguoiXuLy": "phuong", "PhongBanXuLy": ""}, ("NguoiXuLy", "PhongBanXuLy")),
        ({"ThoiDiemXuLy": "20180725140102"}, ("ThoiDiemXuLy",)),
    ],
)
def test_what_is_alike_is_never_absent_and_its_fields_are_named(
    changes: dict[str, str], fields: tuple[str, ...]
) -> None:
    """Cut, shifted, left out, without marks, garbled, the partner's own account or clock."""
    assert seek([{**STEP, **changes}], STEP) == Sought(False, Doubt.ALIKE, fields)


_STRANGE = {
    "account": {"NguoiXuLy": "lgsp_api"},
    "account and unit": {"NguoiXuLy": "lgsp_api", "PhongBanXuLy": "Trục liên thông"},
    "unit empty": {"PhongBanXuLy": ""},
    "text cut": {"NoiDungXuLy": "Thẩm tra"},
    "text empty": {"NoiDungXuLy": ""},
    "text as entities": {"NoiDungXuLy": "Th&#7849;m tra h&#7891; s&#417;"},
    "text of the status": {"NoiDungXuLy": "Đang xử lý"},
}
_CLOCKS_OF_A_PARTNER = {
    "own clock": "20180724093521",
    "date of another zone": "20180723000000",
    "day and month turned": "24/07/18 09:30",
}


@pytest.mark.parametrize("clock", _CLOCKS_OF_A_PARTNER)
@pytest.mark.parametrize("habit", _STRANGE)
def test_a_clock_of_the_partner_and_one_more_habit_are_unclear(clock: str, habit: str) -> None:
    """A step that no message explains may be ours; what differs is named."""
    changes = {"ThoiDiemXuLy": _CLOCKS_OF_A_PARTNER[clock], **_STRANGE[habit]}
    found = seek([*OTHERS, {**STEP, **changes}], STEP, beside=OTHERS)
    assert (found.there, found.why) == (False, Doubt.ALIKE)
    assert set(_STRANGE[habit]) - {"PhongBanXuLy"} <= set(found.differs)


def test_a_step_of_somebody_else_hides_no_absence() -> None:
    """Another time, another person, another text: nothing of it can be ours."""
    other = at("101530", NguoiXuLy="Hoàng Thị Mới", NoiDungXuLy="Ghi chú của tỉnh")
    assert seek([other], STEP) == NOT_THERE


@pytest.mark.parametrize("page", [10, 20, 25])
def test_a_first_page_proves_nothing_of_later_steps(page: int) -> None:
    """All that is known is shown, as many as a page has, until a longer list was seen."""
    known = [at(f"08{n // 60:02}{n % 60:02}", NoiDungXuLy=f"Bước {n}") for n in range(page + 1)]
    *shown, last = known
    assert seek(shown, last, beside=shown).why is Doubt.NOT_SHOWN
    assert seek(shown, last, beside=shown, longest=page + 1) == NOT_THERE
    assert seek(shown, last, beside=shown, last=page) == NOT_THERE
    assert seek(shown[1:], last, beside=shown[1:]) == NOT_THERE
    assert seek(shown[1:], last, beside=shown[1:], first=page - 1).why is Doubt.NOT_SHOWN
    assert seek(known, last, beside=shown) == THERE


def test_a_declared_resolution_makes_a_cut_time_the_same() -> None:
    """The profile says that seconds are cut off."""
    assert seek([cut(STEP)], STEP, resolution=TimeTextResolution(time=MINUTE)) == THERE


def test_the_resolution_shows_itself_in_steps_that_are_known_to_be_there() -> None:
    """An earlier one came back without its seconds: then this one did, too."""
    before = at("081544")
    assert seek([cut(before), cut(STEP)], STEP, beside=[before]) == THERE


def test_a_column_that_is_too_narrow_shows_itself_in_the_same_way() -> None:
    """The name of the unit came back cut off and padded: so does that of this one."""
    unit = "Địa chính - Xây dựng - Nông nghiệp và Môi trường"
    before, mine = at("081544", PhongBanXuLy=unit), {**STEP, "PhongBanXuLy": unit}
    shown = [{**one, "PhongBanXuLy": unit[:40].ljust(40)} for one in (before, mine)]
    assert seek(shown, mine, beside=[before]) == THERE
    assert seek(shown[1:], mine).differs == ("PhongBanXuLy",)


def test_of_two_steps_within_a_minute_each_is_told_from_the_other() -> None:
    """Seconds are cut off: the one that is shown is the one that is known to be there."""
    before = at("093002")
    assert seek([cut(before)], STEP, beside=[before]) == NOT_THERE
    assert seek([cut(before), cut(STEP)], STEP, beside=[before]) == THERE
    twin = {**STEP, "NoiDungXuLy": "Bước thứ hai cùng lúc"}
    assert seek([STEP], twin, beside=[STEP]) == NOT_THERE
    assert seek([STEP, twin], twin, beside=[STEP]) == THERE


def test_a_look_up_that_lacks_what_is_known_to_be_there_proves_nothing() -> None:
    """A copy that is behind: also where it shows nothing at all."""
    first, second = at("080000"), at("090000")
    assert seek([], STEP, beside=[first]).why is Doubt.BEHIND
    assert seek([first], STEP, beside=[first, second]).why is Doubt.BEHIND


def test_the_newest_steps_alone_prove_nothing_of_older_ones() -> None:
    """What is older than all that is shown may be there; what is newer would be shown."""
    known = [at(f"08{minute:02}00") for minute in range(10)]
    later = at("100000")
    assert seek(known[-4:], later, beside=known) == NOT_THERE
    assert seek(known[-4:], known[2], beside=known[:2] + known[3:]).why is Doubt.NOT_SHOWN
    assert seek(known[-4:], at("070000"), beside=known[-4:], last=4).why is Doubt.NOT_SHOWN


_CLOCKS = st.integers(0, 59).map(lambda second: f"0930{second:02}")
_STEPS = st.builds(at, _CLOCKS, NoiDungXuLy=st.sampled_from(["", "Một", "Hai"]))


@given(
    st.lists(_STEPS, min_size=1, max_size=5),
    st.booleans(),
    st.sampled_from([str, str.upper, lambda text: unicodedata.normalize("NFD", text)]),
    st.booleans(),
)
def test_whatever_a_database_does_no_step_is_doubled_or_lost(
    known: list[Fields], cuts: bool, writes: object, there: bool
) -> None:
    """Steps of one minute, cut or not: with the last one at the partner it is never absent, and
    without it never taken for there."""
    *before, last = known

    def kept(one: Fields) -> Fields:
        written = {**one, "NguoiXuLy": writes(one["NguoiXuLy"])}  # type: ignore[operator]
        return cut(written) if cuts else written

    shown = [kept(one) for one in (known if there else before)]
    found = seek(shown, last, beside=before)
    assert found.there is there or found.why is not None
