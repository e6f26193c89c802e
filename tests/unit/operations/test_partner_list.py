"""A partner's exported list: read whole, or refused whole without a word of it."""

import csv
import hashlib
import io
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.messages.payloads import Status
from hub.operations.comparison.lists import reader
from hub.operations.comparison.lists.cells import plain
from hub.operations.comparison.lists.problems import ListRefused
from hub.operations.comparison.lists.reader import PartnerList, read
from hub.records.dossiers.status import LABELS
from hub.texts import Text

AT = datetime(2018, 8, 6, 10, tzinfo=UTC)
ONE, TWO = "000.99.01.H57-180806-0001", "000.99.01.H57-180806-0002"
PERSON = "Nguyễn Văn Mẫu"
HEADERS = ("MaHoSo", "Mã hồ sơ", "MÃ HỒ SƠ ", "ma_ho_so", "Ma\u0303 hô\u0300 sơ")
STATUS_HEADERS = ("TrangThaiHoSo", "Trạng thái", "TRẠNG THÁI HỒ SƠ")


def listed(text: str, *, encoding: str = "utf-8") -> PartnerList:
    """Read a text as the province's list."""
    return read(text.encode(encoding), partner="provincial", exported_at=AT)


def lines_of(problems: tuple[Text, ...]) -> list[int]:
    """Return the lines that problems are about."""
    return [int(it.en.split(":")[0].removeprefix("line ")) for it in problems]


def refused(text: str, *, encoding: str = "utf-8") -> tuple[Text, ...]:
    """Return what is said of a list that is refused; never a person's name."""
    with pytest.raises(ListRefused) as caught:
        listed(text, encoding=encoding)
    assert "Mẫu" not in str(caught.value)
    assert caught.value.__cause__ is None
    for problem in caught.value.problems:
        assert all(words.count(" – ") == 2 for words in problem), "what, why, what to do"
    return caught.value.problems


@given(
    delimiter=st.sampled_from(",;\t"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig"]),
    end=st.sampled_from(["\n", "\r\n"]),
    names=st.tuples(st.sampled_from(HEADERS), st.sampled_from(STATUS_HEADERS)),
    title=st.booleans(),
    rows=st.dictionaries(
        st.integers(1, 9999), st.sampled_from([*Status, None]), min_size=0, max_size=8
    ),
    by_name=st.booleans(),
    person=st.sampled_from([PERSON, "Mẫu, Lê; thử\tbảng", 'gọi là "Ba"', "hai\ndòng", ""]),
)
def test_what_was_exported_is_read_back(
    delimiter: str,
    encoding: str,
    end: str,
    names: tuple[str, str],
    title: bool,
    rows: dict[int, Status | None],
    by_name: bool,
    person: str,
) -> None:
    """Whatever divides and ends the rows, however the columns are called, whatever else stands in
    them: the numbers and their statuses, and nothing more."""

    def told(status: Status | None) -> str:
        if status is None:
            return ""
        return LABELS[status][0].upper() if by_name else str(int(status))

    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end)
    if title:
        writer.writerow(["DANH SÁCH HỒ SƠ NGÀY 06/08/2018"])
    writer.writerow(["STT", names[0], "Chủ hồ sơ", names[1]])
    wanted = {f"000.99.01.H57-180806-{n:04d}": status for n, status in rows.items()}
    for number, status in wanted.items():
        writer.writerow(["1", number, person, told(status)])
    found = listed(text.getvalue(), encoding=encoding)
    assert found.statuses == wanted
    assert found.unread == ()
    assert found.sha256 == hashlib.sha256(text.getvalue().encode(encoding)).hexdigest()
    assert person == "" or person not in repr(found)


def test_a_list_of_numbers_alone() -> None:
    """The status is optional; blank rows and a number that is told twice alike do no harm."""
    assert listed(f"Mã hồ sơ\n{ONE}\n\n{TWO}\n{ONE}\n").statuses == {ONE: None, TWO: None}


def test_empty_cells_behind_the_last_column_do_no_harm() -> None:
    """A spreadsheet writes as many cells as its widest row has."""
    assert listed(f"MaHoSo;TrangThai\n{ONE};4;;\n").statuses == {ONE: Status.PROCESSING}


def test_a_status_that_is_not_on_the_national_list_is_told_and_not_compared() -> None:
    """Never guessed: the line is named, the word is not kept."""
    found = listed(f"MaHoSo;TrangThai\n{ONE};Chờ ông Mẫu ký\n{TWO};11\n")
    assert found.statuses == {ONE: None, TWO: None}
    assert found.unread == (2, 3)
    assert "Mẫu" not in repr(found)


def test_every_wrong_line_is_told_at_once() -> None:
    """A slipped row, no number, another status for the same number: with the line of each."""
    problems = refused(
        "MaHoSo,ChuHoSo,TrangThai\n"
        f'{ONE},"{PERSON}\nhai dòng",4\n'
        f"{TWO},{PERSON}, Lê,4\n"
        f"{PERSON},{ONE},4\n"
        f"{ONE},{PERSON},9\n"
        f"{TWO},{PERSON}\n"
    )
    assert [problem.en.split(":")[0] for problem in problems] == [
        "line 4",
        "line 5",
        "line 6",
        "line 7",
    ]
    assert "line 2" in problems[2]


@pytest.mark.parametrize("text", [f'MaHoSo,Ten\n{ONE},"{PERSON}\n', f'MaHoSo,Ten\n{ONE},"Mẫu"x\n'])
def test_a_file_that_was_cut_off_is_refused(text: str) -> None:
    """What stands behind an open quote is not known."""
    assert lines_of(refused(text)) == [2]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no column MaHoSo"),
        (f"{ONE},{PERSON}\n", "no column MaHoSo"),
        ("\n" * reader.HEADER_WITHIN + f"MaHoSo\n{ONE}\n", "no column MaHoSo"),
        (f"MaHoSo|{PERSON}\n{ONE}|4\n", "no column MaHoSo"),
        (f"MaHoSo,Mã hồ sơ\n{ONE},{ONE}\n", "twice"),
        (f"MaHoSo,Trạng thái,TrangThaiHoSo\n{ONE},4,5\n", "twice"),
        ("MaHoSo\n" + "x" * reader.LARGEST, "larger than 4 MiB"),
        ("M\0a\0H\0o\0S\0o\0", "not UTF-8"),
    ],
)
def test_what_is_no_list_is_refused_as_a_whole(text: str, words: str) -> None:
    """With one sentence about what is wrong and what to do."""
    (problem,) = refused(text)
    assert not problem.en.startswith("line ")
    assert words in problem


@pytest.mark.parametrize("encoding", ["utf-16", "cp1258"])
def test_other_encodings_are_refused(encoding: str) -> None:
    """Excel's "Unicode text" and the old Vietnamese ones: it says how to save it."""
    (problem,) = refused(f"MaHoSo\tTên: Hộ\n{ONE}\tHộ\n".replace("ộ", "ô"), encoding=encoding)
    assert "CSV UTF-8" in problem


def test_too_many_rows_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit itself is still read."""
    monkeypatch.setattr(reader, "MOST_ROWS", 2)
    assert len(listed(f"MaHoSo\n{ONE}\n{TWO}\n").statuses) == 2
    (problem,) = refused(f"MaHoSo\n{ONE}\n{TWO}\n000.99.01.H57-180806-0003\n")
    assert "2 rows" in problem


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Nothing else comes of a file, whatever stands in it."""
    try:
        found = listed(f"MaHoSo;x\n{text}")
    except ListRefused:
        return
    assert all(number in text.upper() for number in found.statuses)


def test_names_are_compared_without_case_and_diacritics() -> None:
    """Also those that were put together from two signs."""
    assert {plain(name) for name in HEADERS} == {"mahoso"}
    assert plain("Được tiếp nhận ĐẤT") == "duoctiepnhandat"
