"""What a spreadsheet makes of a list: read where it is certain, told where it is not."""

import io
import zipfile
from datetime import UTC, datetime

import pytest

from hub.messages.payloads import Status
from hub.operations.comparison.lists.problems import ListRefused
from hub.operations.comparison.lists.reader import FOOTERS_WITHIN, PartnerList, read
from hub.texts import Text

AT = datetime(2018, 8, 6, 10, tzinfo=UTC)
ONE, TWO = "000.99.01.H57-180806-0001", "000.99.01.H57-180806-0002"
LONG = "000.99.01.H57-20180806-0001"
PERSON = "Nguyễn Văn Mẫu"
HEAD = "MaHoSo;ChuHoSo;TrangThai\n"
SUM = "Tổng số: 1 hồ sơ"


def listed(text: str) -> PartnerList:
    """Read a text as the province's list."""
    return read(text.encode(), partner="provincial", exported_at=AT)


def lines_of(problems: tuple[Text, ...]) -> list[int]:
    """Return the lines that problems are about."""
    return [int(it.en.split(":")[0].removeprefix("line ")) for it in problems]


def refused(content: bytes | str) -> tuple[Text, ...]:
    """Return what is said of a list that is refused; never a person's name."""
    content = content.encode() if isinstance(content, str) else content
    with pytest.raises(ListRefused) as caught:
        read(content, partner="provincial", exported_at=AT)
    assert "Mẫu" not in str(caught.value)
    for problem in caught.value.problems:
        assert all(words.count(" – ") == 2 for words in problem), "what, why, what to do"
    return caught.value.problems


@pytest.mark.parametrize(
    "footer",
    [
        SUM,
        f"{SUM}\n",
        f"{SUM};;\n",
        f";;\n{SUM};;\n",
        "Tổng cộng;1;\n",
        "Tổng số;;5\n",
        "Cộng;1;\n",
        f'"{SUM}\ntrong ngày";;\n',
        f"{SUM}\nNgày 06 tháng 8 năm 2018;;\n;;Người lập biểu\n;;{PERSON}\n",
    ],
)
def test_lines_below_the_table_are_dropped_and_counted(footer: str) -> None:
    """Sums and signatures, as wide as the table or not: no dossier, and no reason to refuse."""
    found = listed(f"{HEAD}{ONE};{PERSON};4\n{footer}")
    assert found.statuses == {ONE: Status.PROCESSING}
    assert found.dropped
    assert "Mẫu" not in repr(found)


def test_a_list_of_nothing_but_its_sum_is_empty() -> None:
    """A day without a dossier."""
    assert listed(f"{HEAD}Tổng số: 0 hồ sơ\n").statuses == {}


def test_such_a_line_between_dossiers_is_refused_with_its_number() -> None:
    """There it may be a dossier whose row slipped."""
    problems = refused(f"{HEAD}{ONE};{PERSON};4\n{SUM};;\n{SUM}\n{TWO};{PERSON};4\n{SUM}\n")
    assert lines_of(problems) == [3, 4]


@pytest.mark.parametrize(
    "end",
    [
        f"{TWO};{PERSON}",  # cut after the number
        "000.99.01.H57-18",  # cut within it
        f"{PERSON};{TWO};4\n",  # slipped
        f";{PERSON};4\n",  # has no number
        "12345;;\n",  # a number of another kind
        f"{PERSON}",  # not ended, and no sum: may be cut
        f'{SUM};"{PERSON}',
    ],
)
def test_a_last_line_that_may_be_a_dossier_is_refused(end: str) -> None:
    """A row that was cut off or slipped must not pass for a footer: its dossier would be lost."""
    assert [problem.en.split(":")[0] for problem in refused(f"{HEAD}{ONE};{PERSON};4\n{end}")] == [
        "line 3"
    ]


def test_not_more_than_some_lines_are_a_footer() -> None:
    """A table of words is no list with a long footer."""
    enough = f"{PERSON};;\n" * FOOTERS_WITHIN
    assert listed(f"{HEAD}{ONE};;4\n{enough}").statuses == {ONE: Status.PROCESSING}
    assert refused(f"{HEAD}{ONE};;4\n{enough}{PERSON};;\n")


@pytest.mark.parametrize(
    "cell", [f'="{ONE}"', f'"=""{ONE}"""', ONE.lower(), f" {ONE}\u00a0", f'"{ONE}\n"', f'"\n{ONE}"']
)
def test_a_number_as_a_spreadsheet_writes_it_is_read(cell: str) -> None:
    """As text, in small letters, with spaces or line ends around it."""
    assert listed(f'{HEAD}{cell};"{PERSON}\nhai dòng";4\n').statuses == {ONE: Status.PROCESSING}


def test_a_year_of_four_digits_makes_no_second_dossier() -> None:
    """Both forms in one list are one number, and so with two statuses a contradiction."""
    assert list(listed(f"{HEAD}{ONE};;4\n{LONG};;4\n").statuses) == [ONE]
    assert list(listed(f"{HEAD}{LONG};;4\n{ONE};;4\n").statuses) == [LONG]
    (problem,) = refused(f"{HEAD}{ONE};;4\n{LONG};;9\n")
    assert (problem.en[:7], "line 2" in problem) == ("line 3:", True)


@pytest.mark.parametrize(
    ("cell", "status"),
    [
        ("4.0", Status.PROCESSING),
        ('"4,0"', Status.PROCESSING),
        ("1.0", Status.REGISTERED),
        ("10.00", Status.RETURNED),
        ("02", Status.ACCEPTED),
        ('="2"', Status.ACCEPTED),
        ("02 - Được tiếp nhận", Status.ACCEPTED),
        ("2. được tiếp nhận", Status.ACCEPTED),
        ("2: Được tiếp nhận", Status.ACCEPTED),
        ("2 Được tiếp nhận", Status.ACCEPTED),
        ("02 - Đang xử lý", None),  # the number says another one than the name
        ("02 - Chờ ký", None),
        ("1.05", None),
        ("40", None),
        ("0", None),
    ],
)
def test_a_status_as_software_writes_it_is_read(cell: str, status: Status | None) -> None:
    """With decimals, with a nought, number and name together; never 1.0 as 10."""
    found = listed(f"{HEAD}{ONE};;{cell}\n")
    assert found.statuses == {ONE: status}
    assert found.unread == (() if status else (2,))


def test_an_excel_file_is_told_as_such() -> None:
    """Both kinds: what to save it as, also where it is larger than a list may be."""
    book = io.BytesIO()
    with zipfile.ZipFile(book, "w") as packed:
        packed.writestr("xl/workbook.xml", PERSON)
    old = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512)
    for content in (book.getvalue(), old, book.getvalue() + bytes(5 * 1024 * 1024)):
        (problem,) = refused(content)
        assert "this is an Excel file" in problem
        assert "CSV UTF-8" in problem
