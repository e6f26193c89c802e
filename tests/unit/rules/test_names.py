"""A name is found by its words, however it and they are written."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rules.names import LONGEST_WORD, MOST_WORDS, is_first, is_name, rotations, words

LETTERS = "aáảạâấăằbcdđeéêễghiíklmnoóôồơớpqrstuúưữvxyýABCĐÊƯ"
WORD = st.text(LETTERS, min_size=1, max_size=6)
NAME = st.lists(WORD, min_size=1, max_size=5).map(" ".join)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Nguyễn Văn Á", ["nguyen", "van", "a"]),
        ("  NGUYỄN\u00a0văn   Á ", ["nguyen", "van", "a"]),
        (unicodedata.normalize("NFD", "Nguyễn Văn Á"), ["nguyen", "van", "a"]),
        ("Đặng Thị Hoà", ["dang", "thi", "hoa"]),
        ("Đặng Thị Hòa", ["dang", "thi", "hoa"]),
        ("Hồ Thị Ka-Lăn", ["ho", "thi", "ka", "lan"]),
        ("K’Băng (chủ hộ)", ["k", "bang", "chu", "ho"]),
        ("Công ty TNHH 5-3", ["cong", "ty", "tnhh", "5", "3"]),
        ("… -", []),
        ("x" * 300, ["x" * LONGEST_WORD]),
        ("a " * 99, ["a"] * MOST_WORDS),
    ],
)
def test_words_are_what_a_person_reads_without_marks(written: str, read: list[str]) -> None:
    """Normal forms, case, kinds of blanks, marks, hyphens and the place of a tone count nothing."""
    assert words(written) == read


@pytest.mark.parametrize("typed", ["nguyen", "Á", "Nguyễn Văn", "K'Băng", "Nguyễn Văn Á 1985"])
def test_a_name_has_words_of_letters(typed: str) -> None:
    """Then the box offers to look for it."""
    assert is_name(typed)


@pytest.mark.parametrize("typed", ["", "123", "BN-0000", "H57.26.15-251129-0001", "...", "a 1"])
def test_a_number_is_no_name(typed: str) -> None:
    """Numbers of dossiers, messages and receipts have digits."""
    assert not is_name(typed)


@given(name=NAME, form=st.sampled_from(["NFC", "NFD", "NFKC"]), upper=st.booleans())
def test_every_way_of_writing_a_name_gives_the_same_words(
    name: str, form: str, upper: bool
) -> None:
    """In both normal forms, in capitals, without marks; and the words are of letters alone."""
    plain = words(name)
    written = unicodedata.normalize(form, name)  # type: ignore[arg-type]
    assert words(written.upper() if upper else written) == plain
    assert words(" ".join(plain)) == plain
    assert all(word.isascii() and word.isalnum() for word in plain)


@given(name=NAME, typed=st.data())
def test_a_name_has_a_rotation_for_whatever_is_looked_up(name: str, typed: st.DataObject) -> None:
    """For each of its words one begins with that word and has all the others behind it."""
    own = words(name)
    turned = rotations(name)
    for nth, word in enumerate(own):
        others = own[:nth] + own[nth + 1 :]
        begins = typed.draw(st.integers(1, len(word)))
        found = [it for it in turned if it.startswith(word[:begins])]
        assert any(sorted(it.split()[1:]) == sorted(others) for it in found)
    assert len(turned) == len(set(turned)) <= len(own)


@pytest.mark.parametrize(
    ("name", "prefix", "others", "first"),
    [
        ("Nguyễn Ngọc Nam", "n", (), "nam nguyen ngoc"),
        ("Nguyễn Ngọc Nam", "n", ("nam",), "ngoc nam nguyen"),
        ("Nguyễn Ngọc Nam", "ng", (), "ngoc nam nguyen"),
        ("Lê Lê", "le", ("le",), "le le"),
    ],
)
def test_of_the_rotations_that_are_found_one_is_first(
    name: str, prefix: str, others: tuple[str, ...], first: str
) -> None:
    """So a dossier stands in a list once."""
    found = [
        it
        for it in rotations(name)
        if it.startswith(prefix) and all(f" {word}" in it for word in others)
    ]
    assert [it for it in found if is_first(it, prefix, others)] == [first]
