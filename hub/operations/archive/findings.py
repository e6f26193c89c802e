"""Raises tasks for what stops the archive or keeps dossiers from it until a person acts.

At most one of each; closed by the next run that shows that the cause is gone, but for a damaged
file that alone has some dossiers: later runs do not read it, so a person closes that. Where the
database has no room for the task itself, the log and the doctor tell.
"""

from contextlib import suppress

from hub.operations.archive.config import Archive
from hub.operations.archive.files.disk_room import NoRoom, needing_room
from hub.operations.archive.files.reading import ArchiveDamaged, HalfDeleted
from hub.operations.archive.run.report import ArchiveReport
from hub.rules.owners import WARD_IT
from hub.rules.retention.ends import KeepReason
from hub.store.repair import tasks
from hub.texts import Text, both

STOPPED, FILE_MISSING = "archive_stopped", "archive_file_missing"
ROOM, DAMAGE, FILES = "disk", "file", "files"
"""What a task is about."""
_DESTINATION = "archive"


def raise_findings(archive: Archive, report: ArchiveReport, *, again: bool) -> None:
    """Raise what a run has shown, close what it has shown to be gone.

    `again`: it looked at every dossier that is old enough.
    """
    missing = report.kept[KeepReason.FILE_MISSING]
    if report.no_room:
        detail = both("archive_tasks.stopped", why=report.stopped, place=archive.folder)
        _raise(archive, STOPPED, ROOM, detail, both("archive_tasks.room_repair"))
    if missing:
        examples = " ".join(report.examples[KeepReason.FILE_MISSING])
        detail = both("archive_tasks.files", count=missing, examples=examples)
        _raise(archive, FILE_MISSING, FILES, detail, both("archive_tasks.files_repair"))
    if not report.stopped:
        _close(archive, STOPPED, ROOM)
        _close(archive, STOPPED, DAMAGE)
        if again and not missing:
            _close(archive, FILE_MISSING, FILES)


def raise_damage(archive: Archive, error: ArchiveDamaged) -> None:
    """Raise that an archive file, or the folder, is not what it should be."""
    if isinstance(error, HalfDeleted):
        _raise(archive, STOPPED, error.file, error.text, both("archive_tasks.half_repair"))
    else:
        _raise(archive, STOPPED, DAMAGE, error.text, both("archive_tasks.damage_repair"))


def _raise(archive: Archive, kind: str, subject: str, detail: Text, repair: Text) -> None:
    found = tasks.TaskFinding(
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
