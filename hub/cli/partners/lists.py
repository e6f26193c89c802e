"""The options of `hub partners compare` about lists: reads the files, prints what was found.

A list or an option that cannot be used ends the command with code 2, before anything is compared.
The time of the export decides what is compared, so the time that is taken is always printed.
"""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from hub.cli.output.answer import print_line, put, refuse
from hub.messages import catalog
from hub.messages.local_time import LOCAL
from hub.operations.comparison.lists.problems import ListRefused
from hub.operations.comparison.lists.reader import LARGEST, PartnerList, read
from hub.operations.comparison.lists.run import ListReport
from hub.records.deadlines.calendar import local
from hub.runtime.clock import utc_now
from hub.texts import text

FromPartners = Annotated[
    list[str] | None, typer.Option("--list", metavar="PARTNER=FILE.csv", help="list")
]
ExportedAt = Annotated[
    str | None, typer.Option("--exported-at", metavar="HH:MM", help="exported_at")
]
MOST_LINES = 20
"""Lines of a list that are named at most."""
_TIME = re.compile(r"(?:([0-9]{4}-[0-9]{2}-[0-9]{2})T)?([0-9]{1,2}:[0-9]{2})")


def read_all(exported: Iterable[str], *, day: date, exported_at: str | None) -> list[PartnerList]:
    """Return the lists that the options name, all of them read, or end the command."""
    named: dict[str, str] = {}
    for option in exported:
        partner, _, file = option.partition("=")
        if partner not in catalog.PARTNERS:
            names = " | ".join(sorted(catalog.PARTNERS))
            raise _wrong(text("comparison_commands.no_partner", names=names, partner=partner))
        if not file or partner in named:
            raise _wrong(text("comparison_commands.list_form"))
        named[partner] = file
    if exported_at is not None and not named:
        raise _wrong(text("comparison_commands.exported_at_alone"))
    given = None if exported_at is None else _moment(exported_at, day)
    return [_read(partner, Path(file), given) for partner, file in named.items()]


def refused(where: str, error: ListRefused) -> typer.Exit:
    """Print what is wrong with a list; return the exception that ends the command with code 2."""
    refuse(text("comparison_commands.list_not_used", where=where))
    for problem in error.problems[:MOST_LINES]:
        refuse(f"  {problem}")
    if (more := len(error.problems) - MOST_LINES) > 0:
        refuse(text("comparison_commands.more_problems", count=more))
    return typer.Exit(2)


def print_report(reports: Sequence[ListReport]) -> None:
    """Print a line about the comparison with each list, and what of it was not compared."""
    put(lists=[_fields(report) for report in reports])
    for report in reports:
        counts = {"count": len(report.listed.statuses), "differences": len(report.findings)}
        counts |= {"opened": report.opened, "closed": report.closed, "unsure": report.unsure}
        print_line(
            text("comparison_commands.list_compared", partner=report.listed.partner, **counts)
        )
        for note in _lines_of_notes(report):
            print_line(f"  {note}")


def _fields(report: ListReport) -> dict[str, object]:
    """Return a report as it stands in the document."""
    listed = report.listed
    return {
        "partner": listed.partner,
        "exported_at": listed.exported_at,
        "count": len(listed.statuses),
        "differences": len(report.findings),
        "opened": report.opened,
        "closed": report.closed,
        "unsure": report.unsure,
        "left": report.left,
        "dismissed": report.dismissed,
        "other_agencies": report.others,
        "lines_without_number": listed.dropped,
        "lines_without_status": listed.unread,
    }


def _lines_of_notes(report: ListReport) -> Iterator[str]:
    if report.left:
        yield text("comparison_commands.left", count=report.left)
    if report.dismissed:
        yield text("comparison_commands.dismissed", count=report.dismissed)
    if report.others:
        yield text("comparison_commands.others", count=report.others)
    if dropped := _lines(report.listed.dropped):
        yield text("comparison_commands.dropped", lines=dropped)
    if unread := _lines(report.listed.unread):
        yield text("comparison_commands.unread", lines=unread)


def _read(partner: str, file: Path, given: datetime | None) -> PartnerList:
    try:
        with file.open("rb") as opened:
            content = opened.read(LARGEST + 1)
            written = datetime.fromtimestamp(os.fstat(opened.fileno()).st_mtime, UTC)
    except (OSError, ValueError) as error:
        why = type(error).__name__
        raise _wrong(text("comparison_commands.not_read", file=file, why=why)) from None
    at = written if given is None else min(given, written)
    try:
        listed = read(content, partner=partner, exported_at=at)
    except ListRefused as error:
        raise refused(str(file), error) from None
    _print_time(partner, at, _Export(given is not None, at == given))
    return listed


@dataclass(frozen=True, slots=True)
class _Export:
    """Where the time of an export comes from."""

    was_given: bool
    is_given: bool
    """Whether it is the given one; the file's own time is taken where it is earlier."""


def _print_time(partner: str, at: datetime, export: _Export) -> None:
    about = {"partner": partner, "at": f"{local(at):%H:%M %d/%m/%Y}"}
    if export.is_given:
        print_line(text("comparison_commands.time_given", **about))
    elif export.was_given:
        print_line(text("comparison_commands.time_of_file_is_earlier", **about))
    else:
        print_line(text("comparison_commands.time_of_file", **about))


def _moment(typed: str, day: date) -> datetime:
    """Return the time that was typed: of the day that is compared, or of the day with it."""
    parts = _TIME.fullmatch(typed.strip())
    try:
        if parts is None:
            raise ValueError
        moment = datetime.fromisoformat(f"{parts[1] or day}T{parts[2].zfill(5)}")
    except ValueError:
        raise _wrong(text("comparison_commands.exported_at_form")) from None
    moment = moment.replace(tzinfo=LOCAL)
    if moment.date() < day or moment > utc_now():
        at = f"{moment:%H:%M %d/%m/%Y}"
        raise _wrong(text("comparison_commands.exported_at_impossible", at=at))
    return moment


def _lines(lines: Sequence[int]) -> str:
    rest = ", ..." if len(lines) > MOST_LINES else ""
    return ", ".join(map(str, lines[:MOST_LINES])) + rest


def _wrong(why: str) -> typer.Exit:
    """Print why an option cannot be used; return the exception that ends the command with 2."""
    refuse(why)
    return typer.Exit(2)
