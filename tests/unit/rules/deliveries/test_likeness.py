"""Comparing what a partner shows with what it was given: three answers, none of them hasty."""

import unicodedata
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hub.messages.folding import folded
from hub.rules.deliveries.likeness import (
    HOUR,
    MINUTE,
    Likeness,
    compare_codes,
    compare_texts,
    compare_times,
    compare_written_times,
    read_time,
    worst,
)

HUE = ZoneInfo("Asia/Ho_Chi_Minh")
NAME = "Đặng Thị Thuý Hằng"
TEXTS = st.text(st.sampled_from("ăâđêôơưaeiouyÀẢÃÁẠẵặệợĐnghctm0189 -.,"), max_size=40)
START = datetime.fromisoformat("2018-01-01")
TIMES = st.integers(0, 12 * 365 * 86_400).map(lambda count: START + timedelta(seconds=count))


@pytest.mark.parametrize(
    "found",
    [
        unicodedata.normalize("NFD", NAME),
        NAME.upper(),
        f"  {NAME.replace(' ', '   ')}\r\n",
        NAME.replace(" ", "\u00a0"),
        NAME.replace("Đ", "Ð"),
        NAME.replace("Thuý", "Thúy"),
        NAME[:4] + "\u200b" + NAME[4:],
        NAME.ljust(50),
    ],
)
def test_what_a_person_reads_as_the_same_is_the_same(found: str) -> None:
    """Normal form, case, blanks, letters that look alike, the tone's place, unseen marks, CHAR."""
    assert compare_texts(NAME, found) is Likeness.SAME


@pytest.mark.parametrize(
    "found",
    [
        "",
        "Dang Thi Thuy Hang",
        "??ng Th? Thuý H?ng",
        NAME[:9],
        f"{NAME} (phường)",
        "Thuý Hằng Đặng Thị",
        "Đặng Thị Thuý Hàng",
        "Đặng Thị Thuý Hăng.",
        NAME.encode().decode("latin-1"),
        "&#272;ặng Thị Thuý Hằng",
    ],
)
def test_what_is_alike_is_unclear(found: str) -> None:
    """Left out, without marks, garbled, cut, extended, turned round, mistyped, escaped."""
    assert compare_texts(NAME, found) is Likeness.UNCLEAR


@pytest.mark.parametrize("found", ["Trần Văn Khác", "Hoàng Công Bằng", "phuong"])
def test_another_text_is_different(found: str) -> None:
    """In every reading."""
    assert compare_texts(NAME, found) is Likeness.DIFFERENT


@given(TEXTS, st.booleans(), st.booleans(), st.integers(0, 9))
def test_no_way_of_writing_a_text_makes_it_another_one(
    text: str, apart: bool, capitals: bool, blanks: int
) -> None:
    """Normal form, case and padding, in any mix."""
    found = unicodedata.normalize("NFD" if apart else "NFC", text)
    found = (found.upper() if capitals else found) + " " * blanks
    assert compare_texts(text, found) is Likeness.SAME
    assert folded(folded(text)) == folded(text)


@given(TEXTS, st.integers(1, 40))
def test_a_text_that_was_cut_is_never_different(text: str, length: int) -> None:
    """Unclear, and the same where the length is declared; letters and bytes are counted."""
    assert compare_texts(text, text[:length]) is not Likeness.DIFFERENT
    assert compare_texts(text, text[:length].ljust(length), length=length) is Likeness.SAME
    cut = text.encode()[:length].decode(errors="ignore")
    assert compare_texts(text, cut, length=length) is Likeness.SAME
    apart = unicodedata.normalize("NFD", text)[:length]
    assert compare_texts(text, apart, length=length) is Likeness.SAME


@given(TIMES, st.sampled_from([MINUTE, HOUR]), st.booleans())
def test_a_time_that_was_cut_or_rounded_is_never_different(
    at: datetime, step: timedelta, up: bool
) -> None:
    """Unclear, and the same where the resolution is declared."""
    midnight = at.replace(hour=0, minute=0, second=0)
    found = midnight + (at - midnight) // step * step + (step if up else timedelta())
    assume(found != at)
    assume(found - at < step)
    assert compare_times(at, found) is Likeness.UNCLEAR
    assert compare_times(at, found, step=step) is Likeness.SAME


@given(TIMES, st.integers(-14, 14).filter(bool), st.booleans())
def test_a_time_of_another_zone_is_unclear(at: datetime, hours: int, cut: bool) -> None:
    """Whole hours apart, also where seconds were cut off besides."""
    found = at + hours * HOUR
    found = found.replace(second=0) if cut else found
    assert compare_times(at, found) is Likeness.UNCLEAR


@given(TIMES, st.integers(20 * 60, 40 * 60))
def test_times_that_nothing_explains_are_different(at: datetime, minutes: int) -> None:
    """Further apart than any zone, with seconds of their own."""
    found = at + minutes * MINUTE + timedelta(seconds=7)
    assume(found.second not in (0, at.second))
    turned = (found.day, found.month) == (at.month, at.day)
    assume(not turned)
    assert compare_times(at, found) is Likeness.DIFFERENT


@pytest.mark.parametrize(
    "text",
    [
        "20180724093017",
        "2018-07-24T09:30:17",
        "2018-07-24 09:30:17.000",
        "2018-07-24T02:30:17Z",
        "24/07/2018 09:30:17",
        " 20180724093017 ",
    ],
)
def test_a_time_is_read_in_the_forms_that_partners_write(text: str) -> None:
    """With an offset it is converted, without one it is local."""
    assert read_time(text, HUE) == datetime.fromisoformat("2018-07-24T09:30:17")


@pytest.mark.parametrize("text", ["", "hôm qua", "20181399", "31/31/2018", "1532399417"])
def test_a_time_that_nobody_can_read_is_unclear(text: str) -> None:
    """Never different: it may be ours in a form that we do not know."""
    sent = "20180724093017"
    assert compare_written_times(sent, text, zone=HUE) is Likeness.UNCLEAR


@pytest.mark.parametrize(
    ("sent", "found", "likeness"),
    [
        ("4", " 04 ", Likeness.SAME),
        ("H57-a", "h57-A", Likeness.SAME),
        ("True", "true", Likeness.SAME),
        ("True", "1", Likeness.SAME),
        ("4", "", Likeness.UNCLEAR),
        ("4", "Đang xử lý", Likeness.UNCLEAR),
        ("Đang xử lý", "4", Likeness.UNCLEAR),
        ("ab" * 32, "AB" * 20, Likeness.UNCLEAR),
        ("000.99.01.H57-180724-0001", "000.99.01.H57", Likeness.UNCLEAR),
        ("123456789012", "12345678", Likeness.UNCLEAR),
        ("ab" * 32, "cd" * 20, Likeness.DIFFERENT),
        ("ab" * 20, "ab" * 32, Likeness.DIFFERENT),
        ("10", "1", Likeness.DIFFERENT),
        ("1", "10", Likeness.DIFFERENT),
        ("4", "5", Likeness.DIFFERENT),
    ],
)
def test_codes_are_compared_as_codes(sent: str, found: str, likeness: Likeness) -> None:
    """Blanks, case and leading zeros do not count; a long code may be cut off, a short one not."""
    assert compare_codes(sent, found) is likeness


def test_a_code_that_was_cut_where_texts_are_is_the_same() -> None:
    """The profile says the length; cut at another place it is unclear."""
    assert compare_codes("ab" * 32, "ab" * 20, length=40) is Likeness.SAME
    assert compare_codes("ab" * 32, "ab" * 19, length=40) is Likeness.UNCLEAR


def test_a_whole_is_as_like_as_its_worst_part() -> None:
    """One difference is a difference; nothing to compare is the same."""
    assert worst([]) is Likeness.SAME
    assert worst([Likeness.SAME, Likeness.UNCLEAR]) is Likeness.UNCLEAR
    assert worst([Likeness.UNCLEAR, Likeness.DIFFERENT]) is Likeness.DIFFERENT
