"""Dossier numbers: read tolerantly, written in one form."""

from datetime import date

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.messages.invalid import InvalidMessage
from hub.messages.payloads import Number
from hub.records.dossiers import numbering

AGENCIES = st.from_regex(r"[0-9A-Z][0-9A-Z.]{0,28}[0-9A-Z]", fullmatch=True).filter(str.isascii)


@pytest.mark.parametrize(
    ("text", "agency", "day", "sequence"),
    [
        ("000.00.14.H56-200203-0118", "000.00.14.H56", date(2020, 2, 3), 118),
        ("000.17.22.H56-210531-0001", "000.17.22.H56", date(2021, 5, 31), 1),
        ("G09.20-20260609-0092637", "G09.20", date(2026, 6, 9), 92637),
        ("H57-180724-00042", "H57", date(2018, 7, 24), 42),
        (" 000.99.01.H57-180915-0369\r\n", "000.99.01.H57", date(2018, 9, 15), 369),
    ],
)
def test_numbers_of_every_width(text: str, agency: str, day: date, sequence: int) -> None:
    """Short and long dates and running numbers are read; the text stays as it was given."""
    number = numbering.parse(text)
    assert (number.agency, number.day, number.sequence) == (agency, day, sequence)
    assert str(number) == text.strip()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "000.99.01.H57",
        "000.99.01.H57-180724-001",
        "000.99.01.H57-180724-12345678",
        "000.99.01.H57-1807244-0001",
        "000.99.01.H57-180230-0001",
        "000.99.01.H57-00000101-0001",
        "000.99.01.h57-180724-0001",
        "000.99.01.H57-180724-0001-2",
        "000.99.01.H57-180724-\u0660\u0660\u0660\u0661",
        "A" * 31 + "-180724-0001",
    ],
)
def test_malformed_numbers(text: str) -> None:
    """Anything else is invalid, with a stable code and without its own text in the reason."""
    with pytest.raises(InvalidMessage) as caught:
        numbering.parse(text)
    assert caught.value.code == "number_malformed"
    assert not text or text not in caught.value.why


@given(AGENCIES, st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.integers(1, numbering.HIGHEST))
def test_written_numbers_are_read_back(agency: str, day: date, sequence: int) -> None:
    """What is written is read back to its parts and fits the message contract."""
    text = numbering.format(agency, day, sequence=sequence)
    number = numbering.parse(text)
    assert (number.agency, number.day, number.sequence) == (agency, day, sequence)
    assert msgspec.convert(text, Number) == text


@pytest.mark.parametrize(("agency", "sequence"), [("h57", 1), ("", 1), ("H57", 0), ("H57", 10**7)])
def test_parts_that_do_not_fit(agency: str, sequence: int) -> None:
    """A part outside the form is our own mistake."""
    with pytest.raises(ValueError, match="not"):
        numbering.format(agency, date(2018, 7, 24), sequence=sequence)


@pytest.mark.parametrize(
    ("text", "short", "long"),
    [
        ("H57-180724-00042", "H57-180724-00042", "H57-20180724-00042"),
        ("G09.20-20260609-0092637", "G09.20-260609-0092637", "G09.20-20260609-0092637"),
        ("H57-19180724-0042", "H57-19180724-0042", "H57-19180724-0042"),
    ],
)
def test_a_year_has_two_forms(text: str, short: str, long: str) -> None:
    """Both are the same day; one of another century has no short form."""
    assert (numbering.short(text), numbering.long(text)) == (short, long)
    assert {numbering.parse(form).day for form in (short, long)} == {numbering.parse(text).day}
