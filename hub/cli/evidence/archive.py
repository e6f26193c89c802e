"""Commands of retention: archive what has ended, check it, bring it back, erase, hold."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Annotated

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from hub.bootstrap.retention import forget_scans, make_archive
from hub.cli.context import Actor, Day, Reason, by, console, here, opened, settings
from hub.operations.archive import archiving, erasing, holding, leading, restoring
from hub.operations.archive.config import Archive
from hub.operations.archive.files import sharing, verifying
from hub.operations.archive.files.reading import ArchiveDamaged
from hub.operations.archive.report import ArchiveReport
from hub.records.deadlines.calendar import local
from hub.rules.retention.ends import Kept
from hub.runtime.clock import utc_now
from hub.store.archive import holds, pages

app = typer.Typer(no_args_is_help=True, help="Archive what has ended; erase personal data.")
Number = Annotated[str, typer.Argument(help="Number of the dossier (mã hồ sơ).")]
WHY = {
    Kept.NOT_CLOSED: "chưa kết thúc · not closed yet",
    Kept.TOO_YOUNG: "chưa đủ thời hạn · something happened since",
    Kept.LEGAL_HOLD: "đang giữ lại · legal hold (hub archive release)",
    Kept.DELIVERY_OPEN: "chưa gửi xong · a delivery is open",
    Kept.DELIVERY_AMBIGUOUS: "chưa rõ kết quả gửi · ambiguous (hub resolve)",
    Kept.DELIVERY_DEAD: "không gửi được · dead (hub stuck)",
    Kept.MESSAGE_WAITS: "thông điệp chờ xử lý · a message is not handled",
    Kept.MESSAGE_PARKED: "thông điệp để riêng · parked (hub stuck; hub unpark, or --drop)",
    Kept.STEP_MISSING: "thiếu bước của thị xã · a step of the town is missing",
    Kept.TASK_OPEN: "còn việc phải làm · a task is open (hub tasks)",
    Kept.FILE_MISSING: "thiếu hoặc hỏng tệp trong files/ · a stored file is missing or damaged",
}


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
    with _archive() as (archive, progress):
        limit = here(before) or archive.cutoff()
        with progress, _told():
            if dry_run:
                report = archiving.rehearse(archive, before=limit)
            else:
                who = by(reason or "hub archive run", actor)
                report = archiving.run(archive, who, before=limit, again=again)
        _show(report, limit, dry_run=dry_run)
        if not dry_run:
            _show_place(archive)
    raise typer.Exit(1 if report.stopped else 0)


@app.command()
def verify() -> None:
    """Check every archive file against its manifest and the chain of manifests."""
    with _archive() as (archive, _), console.status("…") as status:
        found = verifying.verify(archive.store, archive.folder, progress=status.update)
    for problem in found.problems:
        console.print(f"[red]✗[/] {problem}", highlight=False)
    if found.problems:
        console.print("Chép lại tệp từ bản sao lưu / put the file back from a copy of the archive.")
        raise typer.Exit(1)
    console.print(
        f"[green]✓[/] {found.files} files, {found.dossiers} dossiers, {_size(found.bytes)}:"
        " the chain is whole."
    )
    console.print(f"  last manifest {found.head or '-'}", style="dim")


@app.command()
def restore(dossier: Number, reason: Reason, actor: Actor = "") -> None:
    """Bring an archived dossier back into the database; it gets a legal hold until released."""
    with _archive() as (archive, _), _told():
        done = restoring.restore(archive, dossier, by(reason, actor))
    console.print(
        f"[green]✓[/] {dossier} is back. When it is not needed any more: hub archive release."
        if done
        else f"{dossier} is in the database already."
    )


@app.command()
def erase(
    dossier: Number,
    reason: Reason,
    actor: Actor = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask: it cannot be undone.")] = False,
) -> None:
    """Erase the personal data of a dossier that has ended, everywhere; its evidence stays."""
    if not yes:
        question = f"{dossier}: xóa hẳn dữ liệu cá nhân, không lấy lại được / erase for good?"
        typer.confirm(question, abort=True)
    with _archive() as (archive, _), _told():
        done = erasing.erase_one(archive.store, dossier, by(reason, actor))
        removed = 0
        # Else the next run removes them.
        with suppress(leading.NotLeading), leading.leading(archive.store, archive.folder):
            removed = erasing.remove_files(
                archive.store, archive.files, untouched=archive.untouched, give_way=lambda: None
            )
    removed += forget_scans(settings(), dossier)
    console.print(
        f"[green]✓[/] {dossier}: erased, {removed} files removed."
        if done
        else f"{dossier} was erased before."
    )


@app.command()
def hold(dossier: Number, reason: Reason, actor: Actor = "") -> None:
    """Keep a dossier from being archived or erased (legal hold)."""
    with opened() as store, _told():
        done = holding.hold(store, dossier, by(reason, actor))
    console.print(f"[green]✓[/] {dossier} is held." if done else f"{dossier} was held before.")


@app.command()
def release(dossier: Number, reason: Reason, actor: Actor = "") -> None:
    """Release a dossier that was held or restored."""
    with opened() as store:
        done = holding.release(store, dossier, by(reason, actor))
    if not done:
        console.print(f"[red]{dossier} has no hold.[/]")
        raise typer.Exit(1)
    console.print(f"[green]✓[/] {dossier} is released.")


@app.command("holds")
def holds_command() -> None:
    """List the dossiers that are held."""
    with opened() as store, store.read() as tx:
        found = holds.all_of(tx)
    table = Table("dossier", "since", "by", "reason")
    for row in found:
        since = f"{local(row.placed_at):%d/%m/%Y %H:%M}"
        table.add_row(row.number, since, row.placed_by, row.reason)
    console.print(table if found else "Nothing is held.")


@app.command()
def compact() -> None:
    """SQLite, the hub stopped: make the file anew once, so that it gives free room back later."""
    with opened() as store:
        if store.name != "sqlite":
            console.print("PostgreSQL uses free room again by itself (autovacuum).")
            return
        before = pages.room(store).size
        with console.status("VACUUM …"):
            pages.compact(store)
        console.print(f"[green]✓[/] {_size(before)} → {_size(pages.room(store).size)}")


@contextmanager
def _archive() -> Iterator[tuple[Archive, Progress]]:
    """Open the archive of the installation, and a progress bar that it moves."""
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    )
    task = bar.add_task("…")
    counts: dict[str, int] = {}

    def describe(waits: str = "") -> None:
        words = ", ".join(f"{count} {step}" for step, count in counts.items())
        bar.update(task, description=f"{words or '…'}{waits}")

    def progress(step: str, count: int) -> None:
        counts[step] = counts.get(step, 0) + count
        describe()

    def waiting(late: bool) -> None:
        if late:
            describe(" · nhường cho việc gửi / deliveries go first")

    with opened() as store:
        yield (
            make_archive(settings(), store, clock=utc_now, progress=progress, waiting=waiting),
            bar,
        )


@contextmanager
def _told() -> Iterator[None]:
    """Tell in a line why something was not done, and end with code 1."""
    try:
        yield
    except leading.NotLeading:
        why = "một tiến trình khác đang lưu trữ / another process archives just now; try again"
    except sharing.NotShared as error:
        why = str(error)
    except ArchiveDamaged as error:
        why = f"{error}; chép lại từ bản sao lưu / put it back from a copy, then hub archive verify"
    except erasing.NotErased as error:
        unknown = "không có hồ sơ này / there is no such dossier"
        why = f"{error.number}: {WHY[error.why] if error.why else unknown}"
    except (archiving.NotPast, restoring.NotRestored, holding.NoSuchDossier) as error:
        why = str(error)
    except OSError as error:  # a disk that is not mounted, not ours, or does not answer
        why = f"{error.strerror or error}: {error.filename or 'HUB_ARCHIVE_DIR'}"
    else:
        return
    console.print(f"[red]Chưa làm / Not done:[/] {why}", highlight=False, soft_wrap=True)
    raise typer.Exit(1)


def _show(report: ArchiveReport, before: datetime, *, dry_run: bool) -> None:
    verb = "would be archived" if dry_run else "archived"
    console.print(
        f"Before {before:%d/%m/%Y}: {report.archived} dossiers {verb}, {report.rows} rows,"
        f" {_size(report.bytes)}{' before compression' if dry_run else ''}."
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
    size = _size(pages.room(archive.store).size)
    console.print(f"The archive is in {archive.folder}; the database has {size}.")


def _size(count: int) -> str:
    return f"{count / 2**20:,.1f} MiB"
