"""One run of the archive: finish what the last one left, erase, archive, remove files.

A file holds dossiers that were closed in one month. It is written, recorded, read back and
compared; only then its dossiers are deleted. Killed at any step, the next run goes on: a file that
was not complete is thrown away (nothing was deleted for it), one that was is compared once more.
"""

import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime

from hub.operations.archive import erasing, findings
from hub.operations.archive.config import Archive
from hub.operations.archive.files import comparing, sealing, sharing, writing
from hub.operations.archive.files.disk_room import NoRoom, needing_room
from hub.operations.archive.files.layout import ENDING, FileHead, Manifest
from hub.operations.archive.files.reading import ArchiveDamaged, HalfDeleted
from hub.operations.archive.leading import NotLeading, Stopped, giving_way, leading
from hub.operations.archive.run import deleting
from hub.operations.archive.run.report import ArchiveReport
from hub.operations.archive.run.selecting import Pages, select
from hub.operations.archive.run.unknown_files import remove_unknown
from hub.operations.signed_by import SignedBy
from hub.runtime.failpoints import Point, passing
from hub.store.archive import files, index, rows
from hub.store.archive.pages import free_pages
from hub.store.engine.store import Tx
from hub.store.evidence import audit
from hub.texts import Explained, both

MOST, LARGEST = 5_000, 1024 * 1024 * 1024
"""Dossiers and bytes after which a month goes on in another file: so long is what a kill can undo,
and so much room its copies need. Where little is free, half of that: so a nearly full disk, too,
takes what there is room for."""


class NotPast(Explained):
    """The day before which dossiers should go has not come yet; says what to do."""


def run(
    archive: Archive,
    by: SignedBy,
    *,
    before: datetime | None = None,
    again: bool = False,
    unknown_files: bool = True,
) -> ArchiveReport:
    """Do everything that is due; raises NotLeading, ArchiveDamaged (NotShared), NotPast.

    `again`: look also at what something kept this month. A `before` later than the usual one does.
    `unknown_files`: go through the whole folder of stored files for those that nobody knows. What a
    person has to settle becomes a task.
    """
    report, limit = ArchiveReport(), _limit(archive, before)
    try:
        sharing.check(archive.store, archive.folder)  # ahead of the lock, which makes the folder
        with _stopping(report), leading(archive.store, archive.folder):
            steps = _Run(archive, by, report, again=again or limit > archive.cutoff())
            steps.all(limit, unknown_files=unknown_files)
    except ArchiveDamaged as error:
        findings.raise_damage(archive, error)
        raise
    findings.raise_findings(archive, report, again=again)
    return report


def rehearse(archive: Archive, *, before: datetime | None = None) -> ArchiveReport:
    """Return what `run` would archive and what stays, and why; nothing is written.

    Raises NotPast.
    """
    report = ArchiveReport()
    for _, page in select(archive, report, before=_limit(archive, before), again=True):
        for found in page:
            report.archived += 1
            report.rows += len(found)
            report.bytes += sum(map(len, found.lines()))
            report.stored += len(set(found.column("dossier_files", "sha256")))
        archive.progress("read", len(page))
    return report


def _limit(archive: Archive, before: datetime | None) -> datetime:
    """Return before which a dossier must have been closed; one of yesterday would go unasked."""
    if before is not None and before > archive.clock():
        raise NotPast(both("archive.not_past", before=f"{before:%Y-%m-%d}"))
    return before or archive.cutoff()


@contextmanager
def _stopping(report: ArchiveReport) -> Iterator[None]:
    """Note in the report what stops the block, unless something else did before."""
    try:
        with needing_room():
            yield
    except (Stopped, NoRoom) as why:
        report.stopped = report.stopped or why.text
        report.no_room |= isinstance(why, NoRoom)


class _Run:
    """The steps of a run, each safe to do again."""

    def __init__(
        self, archive: Archive, by: SignedBy, report: ArchiveReport, *, again: bool
    ) -> None:
        self.archive, self.by, self.report, self.again = archive, by, report, again
        self.give_way = giving_way(
            archive.store,
            clock=archive.clock,
            stop=archive.stop,
            patience=archive.patience,
            waiting=archive.waiting,
        )

    def all(self, before: datetime, *, unknown_files: bool) -> None:
        """Do every step; what stops it is in the report."""
        try:
            with _stopping(self.report):
                damage = self._finish_the_last()
                self._erase()
                self._make_room()  # ahead of the first file: else a full disk would stay full
                if damage:
                    raise damage
                self._archive(before)
                if unknown_files:
                    self._remove_unknown()
        finally:
            self._audit(before)

    def _finish_the_last(self) -> ArchiveDamaged | None:
        """Finish the files that the last run left; return what is wrong with one of them.

        A damaged one is ended or set aside, so that it stops no erasing, and no later run.
        """
        damage = None
        with self.archive.store.read() as tx:
            left = files.unfinished(tx)
        for file in left:
            if file.sha256 is None:
                writing.discard(self.archive.folder / file.name)
                with self.archive.store.write() as tx:
                    files.discard(tx, file.seq)
            else:
                try:
                    self._compare_and_delete(file, {})
                except ArchiveDamaged as error:
                    damage = error
        return damage

    def _erase(self) -> None:
        for count in erasing.erase_due(
            self.archive, give_way=self.give_way, again=self.again, keep=self.report.keep
        ):
            self.report.erased += count
            self.archive.progress("erased", count)

    def _archive(self, before: datetime) -> None:
        left = Pages(select(self.archive, self.report, before=before, again=self.again))
        while left.month:
            self._write_file(left)

    def _write_file(self, left: Pages) -> None:
        """Write one file, of the pages of a month that come next; take its dossiers out."""
        archive, now = self.archive, self.archive.clock()
        month = left.month
        name = f"{month}-{now:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}{ENDING}"
        with archive.store.write() as tx:
            seq = files.begin(tx, name=name, month=month, now=now)
            previous = files.last_manifest(tx)
        passing(Point.ARCHIVE_AFTER_BEGIN)
        head = FileHead(seq=seq, name=name, month=month, made_at=now, columns=rows.COLUMNS)
        keys: dict[str, bytes] = {}
        with writing.FileWriter(archive.folder, head, files=archive.files) as writer:
            largest = min(LARGEST, shutil.disk_usage(archive.folder).free // 2)
            while left.month == month and writer.dossiers < MOST:
                self.give_way()
                keys |= self._add(writer, left, largest)
                if writer.size >= largest:
                    break
            manifest, manifest_hash = writer.finish(previous)
        made = self._record(manifest, manifest_hash)
        passing(Point.ARCHIVE_AFTER_RECORD)
        self._compare_and_delete(made, keys)
        passing(Point.ARCHIVE_BEFORE_FILES)
        self._make_room()

    def _record(self, manifest: Manifest, manifest_hash: str) -> files.ArchiveFile:
        """Record that a file is complete; raises NotLeading, and leaves no file, when another
        process has archived meanwhile: the session that held the lock may have been cut."""
        archive, seq = self.archive, manifest.seq
        try:
            with archive.store.write() as tx:
                files.complete(
                    tx,
                    seq,
                    size=manifest.size,
                    sha256=manifest.sha256,
                    manifest_hash=manifest_hash,
                    previous_hash=manifest.previous,
                    dossiers=manifest.dossiers,
                    rows=manifest.rows,
                )
                return files.one(tx, seq)
        except files.FileMoved:
            writing.discard(archive.folder / manifest.name)
            with suppress(files.FileMoved), archive.store.write() as tx:
                files.discard(tx, seq)
            raise NotLeading from None

    def _add(self, writer: writing.FileWriter, left: Pages, largest: int) -> dict[str, bytes]:
        """Write the next page, or as much of it as makes the file that large; return the keys."""
        month, page = left.month, left.next_page()
        with self.archive.store.write() as tx:
            # Erased since it was read: sealed with a key that stays, its data would be back.
            unerased = rows.lock_unerased(tx, [found.number for found in page])
            page = [it for it in page if it.erased or it.number in unerased]
            fresh = {found.number: sealing.new_key() for found in page}
            keys = index.make_keys(tx, fresh, now=self.archive.clock())
        count = 0
        for found in page:
            writer.add(found, keys[found.number])
            count += 1
            if writer.size >= largest:
                break
        left.put_back(month, page[count:])
        self.archive.progress("read", count)
        return keys

    def _compare_and_delete(self, file: files.ArchiveFile, keys: Mapping[str, bytes]) -> None:
        """Compare a complete file with the database and delete what is equal."""
        archive, report = self.archive, self.report
        progress = lambda count: archive.progress("compared", count)  # noqa: E731
        try:
            found = comparing.compare(
                archive.store, archive.folder, file, keys=keys, progress=progress
            )
        except ArchiveDamaged as error:
            raise self._set_aside(file, error) from None
        passing(Point.ARCHIVE_AFTER_COMPARE)
        for count in deleting.delete(
            archive.store, file, found.equal, now=archive.clock, give_way=self.give_way
        ):
            report.archived += count
            archive.progress("archived", count)
        with archive.store.write() as tx:
            there = index.of_file(tx, file.seq)
            self._end(tx, file, f"{there} dossiers, manifest {file.manifest_hash}")
        report.rows += sum(entry.rows for entry in found.equal)
        report.files.append(file.name)
        report.bytes += file.size or 0
        report.changed += max(0, (file.dossiers or 0) - there)

    def _end(self, tx: Tx, file: files.ArchiveFile, what: str) -> None:
        """Record that nothing more is deleted for a file."""
        now = self.archive.clock()
        files.end(tx, file.seq, now=now)
        audit.record(tx, self.by["actor"], "archive.file", object=file.name, reason=what, now=now)

    def _set_aside(self, file: files.ArchiveFile, error: ArchiveDamaged) -> ArchiveDamaged:
        """Put a damaged file out of the way of the next run; return what to say.

        When nothing was deleted for it, it is renamed. Else it stays a part of the archive, has to
        come back from a copy, and `verify` goes on naming it; nothing more is deleted for it.
        """
        with self.archive.store.write() as tx:
            there = index.of_file(tx, file.seq)
            if there:
                self._end(tx, file, f"{there} dossiers, damaged: nothing more is deleted for it")
                left = (file.dossiers or 0) - there
                return HalfDeleted(
                    both("archive.half_deleted", why=error.text, there=there, left=left),
                    file.name,
                )
            files.discard(tx, file.seq)
        writing.set_aside(self.archive.folder / file.name)
        return ArchiveDamaged(both("archive.nothing_deleted", why=error.text))

    def _make_room(self) -> None:
        """Remove stored files that nobody needs any more, and give SQLite's free pages back.

        Also for what an earlier run left that was stopped.
        """
        archive = self.archive
        self.report.removed += erasing.remove_files(
            archive.store, archive.files, untouched=archive.untouched, give_way=self.give_way
        )
        free_pages.give_back(archive.store, give_way=self.give_way)

    def _remove_unknown(self) -> None:
        archive = self.archive
        found = remove_unknown(archive.store, archive.files, give_way=self.give_way)
        self.report.removed += found.removed
        self.report.unknown = found.left

    def _audit(self, before: datetime) -> None:
        """Leave an audit row of a run that did something."""
        report, by = self.report, self.by
        if not (report.archived or report.erased or report.removed):
            return
        what = (
            f"{by['reason']}: before {before:%Y-%m-%d} {report.archived} archived,"
            f" {report.erased} erased, {report.removed} files removed"
        )
        with self.archive.store.write() as tx:
            audit.record(
                tx,
                by["actor"],
                "archive.run",
                object="archive",
                reason=what,
                now=self.archive.clock(),
            )
