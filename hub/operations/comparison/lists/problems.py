"""What can be wrong with a partner's list: what, why and what to do, in the officer's words and in
the operator's. No word of the file stands in it, because that may be a person's name.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong: in Vietnamese and in English, without a word of the file."""

    what: str
    why: str
    do: str
    line: int | None = None
    """The line of the file, None where it is about the whole of it."""

    def __str__(self) -> str:
        place = "" if self.line is None else f"dòng {self.line} · line {self.line}: "
        return f"{place}{self.what} – {self.why} – {self.do}"


class ListRefused(Exception):
    """The list cannot be used; nothing of it was."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems
        self.partner = ""
        """Whose list it is, where several are compared."""


_EXPORT_AGAIN = "Xuất lại từ phần mềm, không sửa tay · export it again, do not edit it by hand"
NOT_UTF8 = Problem(
    what="Tệp không phải UTF-8 · the file is not UTF-8",
    why="tên cột không đọc được · the names of its columns cannot be read",
    do="Trong Excel: Lưu thành, CSV UTF-8 · in Excel: Save as, CSV UTF-8",
)
EXCEL = Problem(
    what="Đây là tệp Excel, không phải CSV · this is an Excel file, not CSV",
    why="danh sách chỉ đọc được dưới dạng văn bản · a list is read as text only",
    do="Mở bằng Excel: Lưu thành, CSV UTF-8 · open it in Excel and save it as CSV UTF-8",
)
TWO_COLUMNS = Problem(
    what="Cột mã hồ sơ hoặc trạng thái có hai lần · the column of the number or of the status is"
    " there twice",
    why="không biết cột nào đúng · nobody can tell which one counts",
    do="Xuất lại chỉ với một cột · export it with one of them",
)


def too_large(limit: str) -> Problem:
    """The file or its rows are more than a day can have."""
    return Problem(
        what=f"Danh sách lớn hơn {limit} · the list is larger than {limit}",
        why="đây không phải danh sách của một ngày · this is not the list of one day",
        do="Lọc theo ngày tiếp nhận và theo phường rồi xuất lại"
        " · filter by reception day and ward, then export again",
    )


def torn(line: int) -> Problem:
    """A row whose columns cannot be trusted."""
    return Problem(
        line=line,
        what="Dòng không có số ô như tiêu đề, hoặc dấu nháy không khép · the row has not as many"
        " cells as the header, or an open quote",
        why="các cột có thể bị lệch, tệp có thể bị cắt · its columns may have slipped, the file may"
        " be cut off",
        do=_EXPORT_AGAIN,
    )


def no_number(line: int) -> Problem:
    """A row without a dossier's number."""
    return Problem(
        line=line,
        what="Ô mã hồ sơ không phải mã hồ sơ · its cell is not a dossier number",
        why="mã có dạng cơ quan-ngày-số · a number is <agency>-<date>-<number>",
        do="Xem dòng này trên màn hình của đối tác; dòng tổng cộng thì xóa; rồi xuất lại"
        " · look at it on the partner's screen; delete it if it is a sum; or export again",
    )


def twice(line: int, first: int) -> Problem:
    """One number, two statuses."""
    return Problem(
        line=line,
        what=f"Mã hồ sơ đã có ở dòng {first} với trạng thái khác · the number is in line {first}"
        " with another status",
        why="không biết trạng thái nào đúng · nobody can tell which one counts",
        do="Xuất danh sách mỗi hồ sơ một dòng · export one row a dossier",
    )


def no_header(within: int) -> Problem:
    """Nothing names the column of the number."""
    return Problem(
        what="Không có cột MaHoSo hay Mã hồ sơ · there is no column MaHoSo or Mã hồ sơ",
        why=f"{within} dòng đầu không có dòng tiêu đề nào chứa cột này"
        f" · none of the first {within} rows is a header that names it",
        do="Chọn cột mã hồ sơ khi xuất, ngăn bằng dấu phẩy, chấm phẩy hoặc tab"
        " · export it with that column, divided by comma, semicolon or tab",
    )


def another_day(day: date) -> Problem:
    """No number of the day, on which something was delivered."""
    return Problem(
        what=f"Không hồ sơ nào trong danh sách là của ngày {day:%d/%m/%Y}"
        f" · no dossier on the list is of {day:%d/%m/%Y}",
        why="ngày đó có hồ sơ đã gửi, nên đây là danh sách của ngày khác"
        " · dossiers of that day were delivered, so this is the list of another day",
        do="Lọc theo ngày tiếp nhận đó rồi xuất lại"
        " · filter by that reception day and export again",
    )


def empty(day: date) -> Problem:
    """No number at all, although something of the day was delivered."""
    return Problem(
        what="Danh sách không có hồ sơ nào · there is no dossier on the list",
        why=f"hồ sơ của ngày {day:%d/%m/%Y} đã gửi tới đó, nên bộ lọc sai hoặc xuất quá sớm"
        f" · dossiers of {day:%d/%m/%Y} were delivered there, so the filter is wrong or it was"
        " exported too early",
        do="Lọc theo ngày tiếp nhận đó và theo phường rồi xuất lại; màn hình cũng không có thì báo"
        " đối tác · filter by that reception day and the ward and export again; if the screen is"
        " empty too, tell the partner",
    )


def another_agency(ours: Sequence[str]) -> Problem:
    """Most numbers are of others."""
    codes = ", ".join(ours[:5]) + (", ..." if len(ours) > 5 else "")
    return Problem(
        what="Phần lớn mã hồ sơ là của cơ quan khác · most numbers are of other agencies",
        why=f"mã của phường: {codes} · the ward's codes are {codes}",
        do="Lọc theo đơn vị tiếp nhận là phường rồi xuất lại; đúng là mã của phường thì báo quản"
        " trị đặt HUB_PROVINCE_AGENCY · filter by the ward as receiving agency and export again; if"
        " they are the ward's, have ward IT set HUB_PROVINCE_AGENCY",
    )


def too_many(found: int, most: int) -> Problem:
    """More differences than a ward has dossiers."""
    return Problem(
        what=f"{found} chỗ khác nhau, nhiều hơn {most} · {found} differences, more than {most}",
        why="nhiều hơn hồ sơ một ngày của phường: bộ lọc sai, hoặc dữ liệu ở đây là bản sao cũ"
        " · more than a ward takes in on a day: the filter is wrong, or the data here are an old"
        " copy",
        do="Lọc theo ngày tiếp nhận và theo phường rồi xuất lại; vẫn vậy thì báo quản trị"
        " · filter by reception day and ward and export again; if it stays so, tell ward IT",
    )
