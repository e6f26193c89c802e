"""The options of `hub partners compare` about lists: reading the files, telling what was found.

A list or an option that cannot be used ends the command with code 2, before anything is compared.
The time of the export decides what is judged, so it is always told which one is taken.
"""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.markup import escape

from hub.cli.context import console
from hub.messages import catalog
from hub.messages.local_time import LOCAL
from hub.operations.comparison.lists.problems import ListRefused
from hub.operations.comparison.lists.reader import LARGEST, PartnerList, read
from hub.operations.comparison.lists.run import ListReport
from hub.records.deadlines.calendar import local
from hub.runtime.clock import utc_now

FromPartners = Annotated[
    list[str] | None,
    typer.Option(
        "--list",
        metavar="PARTNER=FILE.csv",
        help="Danh sách trong ngày xuất từ đối tác · the list of the day, exported at a partner"
        " (provincial, town_center).",
    ),
]
ExportedAt = Annotated[
    str | None,
    typer.Option(
        "--exported-at",
        metavar="HH:MM",
        help="Giờ xuất danh sách, của ngày --day · when the lists were exported, on the day of"
        " --day; on another day YYYY-MM-DDTHH:MM.",
    ),
]
_MOST_TOLD = 20
_TIME = re.compile(r"(?:([0-9]{4}-[0-9]{2}-[0-9]{2})T)?([0-9]{1,2}:[0-9]{2})")


def read_all(exported: Iterable[str], *, day: date, exported_at: str | None) -> list[PartnerList]:
    """Return the lists that the options name, all of them read, or end the command."""
    named: dict[str, str] = {}
    for option in exported:
        partner, _, file = option.partition("=")
        if partner not in catalog.PARTNERS:
            names = sorted(catalog.PARTNERS)
            _end(
                f"--list: đối tác là {' hoặc '.join(names)}, không phải {partner!r}"
                f" · the partner is {' or '.join(names)}, not {partner!r}"
            )
        if not file or partner in named:
            _end(
                "--list viết PARTNER=FILE.csv, mỗi đối tác một lần"
                " · --list is PARTNER=FILE.csv, once for each partner"
            )
        named[partner] = file
    if exported_at is not None and not named:
        _end("--exported-at chỉ đi với --list · --exported-at goes with --list only")
    said = None if exported_at is None else _moment(exported_at, day)
    return [_read(partner, Path(file), said) for partner, file in named.items()]


def refuse(where: str, refused: ListRefused) -> NoReturn:
    """Tell what is wrong with a list and end the command with code 2."""
    console.print(f"[red]{escape(where)}: không dùng, không ghi gì · not used, nothing stored[/]")
    for problem in refused.problems[:_MOST_TOLD]:
        console.print(f"  {escape(str(problem))}")
    if (more := len(refused.problems) - _MOST_TOLD) > 0:
        console.print(f"  và {more} chỗ nữa · and {more} more")
    raise typer.Exit(2)


def tell(report: ListReport) -> None:
    """Print one line about the comparison with a list, and what of it was not judged."""
    listed = report.listed
    count, differ = len(listed.statuses), len(report.findings)
    _say(
        f"{listed.partner}: danh sách {count} hồ sơ, {differ} chỗ khác: mở {report.opened} việc,"
        f" đóng {report.closed}; {report.unsure} chưa xét vì đang xử lý hoặc thay đổi sau lúc"
        f" xuất · list of {count} numbers, {differ} differences: {report.opened} tasks opened,"
        f" {report.closed} closed; {report.unsure} not judged, because they are under way or went"
        " on after the export"
    )
    for words in _notes(report):
        _say(f"  {words}")


def _notes(report: ListReport) -> Iterator[str]:
    if report.left:
        yield (
            f"{report.left} việc để người xem: mã không còn trong danh sách, nhưng danh sách có thể"
            f" thiếu · {report.left} tasks left to a person: their numbers are not on the list any"
            " more, but it may lack something"
        )
    if report.dismissed:
        yield (
            f"{report.dismissed} chỗ khác đã có người đóng cho ngày này, không mở lại"
            f" · {report.dismissed} differences that a person closed for this day, not opened again"
        )
    if report.others:
        yield (
            f"{report.others} mã của cơ quan khác: bỏ qua; lọc theo phường khi xuất"
            f" · {report.others} numbers of other agencies: left out; filter the export by the ward"
        )
    if dropped := _lines(report.listed.dropped):
        yield (
            f"Dòng cuối không có mã hồ sơ, bỏ qua: {dropped}"
            f" · lines at the end without a dossier number, left out: {dropped}"
        )
    if unread := _lines(report.listed.unread):
        yield (
            f"Trạng thái không thuộc danh mục quốc gia (1 đến 10), không so: dòng {unread}"
            f" · status not compared, it is not one of the national list (1 to 10): line {unread}"
        )


def _read(partner: str, file: Path, said: datetime | None) -> PartnerList:
    try:
        with file.open("rb") as opened:
            content = opened.read(LARGEST + 1)
            written = datetime.fromtimestamp(os.fstat(opened.fileno()).st_mtime, UTC)
    except (OSError, ValueError) as error:
        why = type(error).__name__
        _end(f"{file}: không đọc được · cannot be read: {why}")
    at = written if said is None else min(said, written)
    try:
        listed = read(content, partner=partner, exported_at=at)
    except ListRefused as refused:
        refuse(str(file), refused)
    _tell_time(partner, at, missing=said is None, earlier=at != said)
    return listed


def _tell_time(partner: str, at: datetime, *, missing: bool, earlier: bool) -> None:
    when = f"{local(at):%H:%M %d/%m/%Y}"
    if not earlier:
        _say(f"{partner}: danh sách xuất lúc {when} · list exported at {when} (--exported-at)")
    elif not missing:
        _say(
            f"{partner}: lấy giờ ghi của tệp {when}, sớm hơn --exported-at"
            f" · the file's own time {when} is taken, it is before --exported-at"
        )
    else:
        _say(
            f"{partner}: không có --exported-at, lấy giờ ghi của tệp {when}. Đã lưu lại (CSV"
            " UTF-8), gửi thư hay chép thì giờ này muộn hơn lúc xuất, và hồ sơ gửi ở giữa bị báo"
            f" thiếu: ghi --exported-at HH:MM · without --exported-at the file's own time {when} is"
            " taken. Where it was saved as CSV UTF-8, mailed or copied, that is after the export,"
            " and what was delivered in between is told as missing: give --exported-at HH:MM"
        )


def _moment(said: str, day: date) -> datetime:
    """Return the time that was typed: of the day that is compared, or of the day with it."""
    found = _TIME.fullmatch(said.strip())
    try:
        if found is None:
            raise ValueError
        moment = datetime.fromisoformat(f"{found[1] or day}T{found[2].zfill(5)}")
    except ValueError:
        _end(
            "--exported-at viết HH:MM (ngày --day) hoặc YYYY-MM-DDTHH:MM"
            " · --exported-at is HH:MM (on the day of --day) or YYYY-MM-DDTHH:MM"
        )
    moment = moment.replace(tzinfo=LOCAL)
    if moment.date() < day or moment > utc_now():
        when = f"{moment:%H:%M %d/%m/%Y}"
        _end(
            f"--exported-at: {when} ở tương lai hoặc trước ngày so sánh; của ngày khác thì viết"
            f" YYYY-MM-DDTHH:MM · {when} is to come or before the day that is compared; of another"
            " day write YYYY-MM-DDTHH:MM"
        )
    return moment


def _lines(lines: Sequence[int]) -> str:
    rest = ", ..." if len(lines) > _MOST_TOLD else ""
    return ", ".join(map(str, lines[:_MOST_TOLD])) + rest


def _say(words: str) -> None:
    console.print(escape(words), soft_wrap=True, highlight=False)


def _end(words: str) -> NoReturn:
    console.print(f"[red]{escape(words)}[/]", soft_wrap=True)
    raise typer.Exit(2)
