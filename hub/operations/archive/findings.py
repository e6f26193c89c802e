"""Raises tasks for what stops the archive or keeps dossiers from it until a person acts.

At most one of each; closed by the next run that shows that the cause is gone, but for a damaged
file that alone has some dossiers: later runs do not read it, so a person closes that. Where the
database has no room for the task itself, the log and the doctor tell.
"""

from contextlib import suppress

from hub.operations.archive.config import Archive
from hub.operations.archive.files.disk_room import NoRoom, needing_room
from hub.operations.archive.files.reading import ArchiveDamaged, HalfDeleted
from hub.operations.archive.report import ArchiveReport
from hub.rules.retention.ends import Kept
from hub.store.repair import tasks
from hub.store.schema.repair_tables import WARD_IT

STOPPED, FILE_MISSING = "archive_stopped", "archive_file_missing"
ROOM, DAMAGE, FILES = "disk", "file", "files"
"""What a task is about."""
_DESTINATION = "archive"
_ROOM = (
    "Giải phóng chỗ trên đĩa hoặc chuyển HUB_ARCHIVE_DIR sang đĩa khác "
    "(docs/runbook/archive.md), rồi hub archive run. Không mất gì, chưa xóa gì chưa đọc lại"
    " · Free room on that disk, or move HUB_ARCHIVE_DIR to another one "
    "(docs/runbook/archive.md), then hub archive run. Nothing is lost; nothing was deleted that was"
    " not read back"
)
_DAMAGE = (
    "Gắn đĩa hoặc chép lại tệp từ bản sao lưu, hub archive verify, rồi hub archive run"
    " · Mount the disk or put the file back from a copy, hub archive verify, then hub archive run"
)
_HALF = (
    "Chép lại tệp này từ bản sao lưu, hub archive verify, rồi hub tasks done; các lần chạy sau"
    " không đợi nó · Put this file back from a copy, hub archive verify, then hub tasks done;"
    " later runs do not wait for it"
)
_FILES = (
    "Xem thư mục files/ (đĩa chưa gắn?), chép lại tệp từ bản sao lưu, rồi hub archive run --again"
    " · Look at files/ (a disk that is not mounted?), put the files back from a backup, then"
    " hub archive run --again, which closes this"
)


def note(archive: Archive, report: ArchiveReport, *, again: bool) -> None:
    """Raise what a run has shown, close what it has shown to be gone.

    `again`: it looked at every dossier that is old enough.
    """
    missing = report.kept[Kept.FILE_MISSING]
    if report.no_room:
        _raise(archive, STOPPED, ROOM, detail=f"{report.stopped}: {archive.folder}", repair=_ROOM)
    if missing:
        examples = " ".join(report.examples[Kept.FILE_MISSING])
        detail = f"Hồ sơ thiếu tệp, chưa lưu trữ · {missing} dossiers stay, such as {examples}"
        _raise(archive, FILE_MISSING, FILES, detail=detail, repair=_FILES)
    if not report.stopped:
        _close(archive, STOPPED, ROOM)
        _close(archive, STOPPED, DAMAGE)
        if again and not missing:
            _close(archive, FILE_MISSING, FILES)


def note_damage(archive: Archive, error: ArchiveDamaged) -> None:
    """Raise that an archive file, or the folder, is not what it should be."""
    if isinstance(error, HalfDeleted):
        _raise(archive, STOPPED, error.file, detail=str(error), repair=_HALF)
    else:
        _raise(archive, STOPPED, DAMAGE, detail=str(error), repair=_DAMAGE)


def _raise(archive: Archive, kind: str, subject: str, *, detail: str, repair: str) -> None:
    found = tasks.Finding(
        kind=kind,
        subject=subject,
        destination=_DESTINATION,
        owner=WARD_IT,
        detail=detail,
        repair=repair,
    )
    if _open_number(archive, kind, subject) is not None:
        return
    with suppress(NoRoom), needing_room(), archive.store.write() as tx:
        tasks.open_once(tx, found, due_at=None, now=archive.clock())


def _close(archive: Archive, kind: str, subject: str) -> None:
    number = _open_number(archive, kind, subject)
    if number is not None:
        with suppress(tasks.NoSuchTask), archive.store.write() as tx:
            tasks.close_gone(tx, number, now=archive.clock())


def _open_number(archive: Archive, kind: str, subject: str) -> int | None:
    with archive.store.read() as tx:
        return tasks.open_number(tx, kind, subject, _DESTINATION)
