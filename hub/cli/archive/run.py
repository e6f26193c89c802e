"""`hub archive run`: archive and erase what is old enough."""

from datetime import datetime
from typing import Annotated

import typer
from rich.table import Table

from hub.cli.archive.opened import WHY, open_archive, refused, size
from hub.cli.context import Actor, Day, Reason, by, console, here
from hub.operations.archive import archiving
from hub.operations.archive.config import Archive
from hub.operations.archive.report import ArchiveReport
from hub.store.archive import pages

app = typer.Typer()


@app.command("run")
def run_command(
    before: Day = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only tell what would go and what stays, and why.")
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Look again at what was kept when last looked at.")
    ] = False,
    reason: Reason = "",
    actor: Actor = "",
) -> None:
    """Archive and erase what is old enough, deliveries go first.

    --before: what was closed before that day, a past one, whatever HUB_ARCHIVE_AFTER_DAYS says.
    What something keeps is looked at once a month, or now with --again; --dry-run names it all.
    """
    with open_archive() as (archive, progress):
        limit = here(before) or archive.cutoff()
        with progress, refused():
            if dry_run:
                report = archiving.rehearse(archive, before=limit)
            else:
                who = by(reason or "hub archive run", actor)
                report = archiving.run(archive, who, before=limit, again=again)
        _show(report, limit, dry_run=dry_run)
        if not dry_run:
            _show_place(archive)
    raise typer.Exit(1 if report.stopped else 0)


def _show(report: ArchiveReport, before: datetime, *, dry_run: bool) -> None:
    verb = "would be archived" if dry_run else "archived"
    console.print(
        f"Before {before:%d/%m/%Y}: {report.archived} dossiers {verb}, {report.rows} rows,"
        f" {size(report.bytes)}{' before compression' if dry_run else ''}."
    )
    if dry_run:
        console.print(f"{report.stored} stored files belong to them.")
    else:
        console.print(f"{report.erased} erased, {report.removed} stored files removed.")
    if report.unknown:
        console.print(
            f"[yellow]{report.unknown} tệp trong files/ mà cơ sở dữ liệu này không biết, nhiều hơn"
            " số tệp nó biết: không xóa · stored files that this database does not know, more than"
            " it knows: none was removed. Is files/ that of another database?[/]"
        )
    if report.changed:
        console.print(f"{report.changed} changed meanwhile and stay.")
    if report.kept:
        table = Table("stays because", "dossiers", "for example")
        for why, count in report.kept.most_common():
            table.add_row(WHY[why], str(count), " ".join(report.examples[why][:3]))
        console.print(table)
    if report.stopped:
        text = f"Stopped: {report.stopped}. Nothing is half done; run it again to go on."
        console.print(f"[yellow]{text}[/]")


def _show_place(archive: Archive) -> None:
    used = size(pages.room(archive.store).size)
    console.print(f"The archive is in {archive.folder}; the database has {used}.")
