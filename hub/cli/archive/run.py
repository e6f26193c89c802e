"""`hub archive run`: archive and erase what is old enough."""

from datetime import datetime
from typing import Annotated

import typer

from hub.cli.archive.opened import open_archive, refused, size, why_kept
from hub.cli.context import Actor, Day, Reason, by, here
from hub.cli.output.answer import print_line, put, show, warn
from hub.cli.output.listing import listing
from hub.operations.archive.config import Archive
from hub.operations.archive.run import archiving
from hub.operations.archive.run.report import ArchiveReport
from hub.store.archive.pages import free_pages
from hub.texts import text

app = typer.Typer()
KEPT = listing("kept", "reason dossiers *examples")
ANSWERS = {
    "run": (
        *("before", "dry_run", "archived", "rows", "bytes", "stored", "erased", "removed"),
        *("unknown", "changed", "stopped", "folder", "database_bytes", KEPT),
    )
}


@app.command("run")
def run_command(
    before: Day = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="dry_run")] = False,
    again: Annotated[bool, typer.Option("--again", help="again")] = False,
    reason: Reason = "",
    actor: Actor = "",
) -> None:
    """Archive and erase what is old enough, deliveries go first."""
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
    names = ("archived", "rows", "bytes", "stored", "erased", "removed", "unknown", "changed")
    counts = {name: getattr(report, name) for name in names}
    put(before=before, dry_run=dry_run, stopped=report.stopped, **counts)
    put(folder=None, database_bytes=None)
    about = {"before": f"{before:%d/%m/%Y}", "archived": report.archived, "rows": report.rows}
    about["size"] = size(report.bytes)
    if dry_run:
        print_line(text("archive_commands.would_archive", **about, stored=report.stored))
    else:
        print_line(
            text("archive_commands.ran", **about, erased=report.erased, removed=report.removed)
        )
    if report.unknown:
        warn(text("archive_commands.unknown_files", count=report.unknown))
    if report.changed:
        print_line(text("archive_commands.changed", count=report.changed))
    show(
        KEPT,
        [
            (why_kept(why), count, " ".join(report.examples[why][:3]))
            for why, count in report.kept.most_common()
        ],
    )
    if report.stopped:
        warn(text("archive_commands.stopped", why=report.stopped))


def _show_place(archive: Archive) -> None:
    used = free_pages.room(archive.store).size
    put(folder=archive.folder, database_bytes=used)
    print_line(text("archive_commands.place", folder=archive.folder, size=size(used)))
