"""The option `--list PARTNER=FILE` of `hub reconcile`: reading the files, telling what was found.

A list that cannot be used ends the command with code 2, before anything is compared.
"""

import os
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.markup import escape

from hub.cli.context import console, one_of
from hub.messages import catalog
from hub.operations.list_problems import ListRefused
from hub.operations.list_reconciliation import ListReport
from hub.operations.partner_list import LARGEST, PartnerList, read

FromPartners = Annotated[
    list[str] | None,
    typer.Option(
        "--list",
        metavar="PARTNER=FILE.csv",
        help="The list of the day, exported at a partner (provincial or town_center).",
    ),
]
_MOST_TOLD = 20


def read_all(exported: Iterable[str]) -> list[PartnerList]:
    """Return the lists that the option names, all of them read, or end the command."""
    named: dict[str, str] = {}
    for option in exported:
        partner, _, file = option.partition("=")
        one_of("PARTNER in --list", partner, *sorted(catalog.PARTNERS))
        if not file or partner in named:
            console.print("[red]--list is PARTNER=FILE.csv, once for each partner[/]")
            raise typer.Exit(2)
        named[partner] = file
    return [_read(partner, Path(file)) for partner, file in named.items()]


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
    console.print(
        f"{listed.partner} list: {len(listed.statuses)} numbers, {len(report.findings)}"
        f" differences: {report.opened} tasks opened, {report.closed} closed; {report.unsure} not"
        " judged, because they are under way or went on after the file was written."
    )
    if listed.unread:
        lines = ", ".join(map(str, listed.unread[:_MOST_TOLD]))
        rest = ", ..." if len(listed.unread) > _MOST_TOLD else ""
        console.print(
            f"  Status not compared, it is not one of the national list (1 to 10): {lines}{rest}"
            " (line)."
        )


def _read(partner: str, file: Path) -> PartnerList:
    try:
        with file.open("rb") as opened:
            content = opened.read(LARGEST + 1)
            written = os.fstat(opened.fileno()).st_mtime
    except (OSError, ValueError) as error:
        console.print(f"[red]{escape(str(file))} cannot be read: {type(error).__name__}[/]")
        raise typer.Exit(2) from None
    try:
        return read(content, partner=partner, exported_at=datetime.fromtimestamp(written, UTC))
    except ListRefused as refused:
        refuse(str(file), refused)
