"""One run of the archive: finish what the last one left, erase, archive, remove files.

A file holds dossiers that were closed in one month. It is written, recorded, read back and
compared; only then its dossiers are deleted. Killed at any step, the next run goes on: a file that
was not complete is thrown away (nothing was deleted for it), one that was is compared once more.
"""

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from errno import EDQUOT, ENOSPC
from pathlib import Path
from threading import Event

from hub.failpoints import Point, passing
from hub.operations.archive import batches, comparing, deleting, erasing, sealing, sharing, writing
from hub.operations.archive.layout import ENDING, Head, Manifest
from hub.operations.archive.leading import NotLeading, Stopped, giving_way, leading
from hub.operations.archive.reading import ArchiveDamaged
from hub.operations.archive.report import Report
from hub.operations.archive.stored import missing
from hub.operations.by import By
from hub.records.calendar import local
from hub.rules.retention import whole_months, why_kept
from hub.store import audit
from hub.store.archive import candidates, files, index, pages, rows
from hub.store.archive.candidates import Place
from hub.store.archive.rows import Rows
from hub.store.blobs import BlobStore
from hub.store.engine import Store, is_full

PAGE = 100
"""Dossiers that are looked for at once; how many are read at once, their rows decide."""
MOST, LARGEST = 5_000, 1024 * 1024 * 1024
"""Dossiers and bytes after which a month goes on in another file: so long is what a kill can undo,
and so much room its copies need."""
NO_ROOM = "no room is left on the disk"


class NotPast(Exception):
    """The day before which dossiers should go has not come yet; says what to do."""


@dataclass(frozen=True, kw_only=True)
class Archive:
    """Where the archive is and how old dossiers have to be."""

    store: Store
    files: BlobStore
    folder: Path
    clock: Callable[[], datetime]
    after: timedelta
    """From the end of a dossier until it is archived."""
    personal: timedelta
    """From the end of a dossier until its personal data is erased, archived or not."""
    patience: timedelta = timedelta(minutes=10)
    """How long a run waits for deliveries that are late."""
    untouched: timedelta = timedelta(days=1)
    """How long nobody has stored a file anew before it may be removed."""
    stop: Event = field(default_factory=Event)
    waiting: Callable[[bool], None] = lambda _: None
    """Told whether deliveries are waited for."""
    progress: Callable[[str, int], None] = lambda *_: None
    """Told a step (`read`, `compared`, `archived`, `erased`) and of how many dossiers."""

    def cutoff(self) -> datetime:
        """Return before which a dossier must have been closed to be archived by now."""
        return whole_months(local(self.clock()), self.after)


def run(archive: Archive, by: By, *, before: datetime | None = None) -> Report:
    """Do everything that is due; raises NotLeading, ArchiveDamaged (NotShared), NotPast."""
    report, limit = Report(), _limit(archive, before)
    sharing.check(archive.store, archive.folder)  # ahead of the lock, which makes the folder
    with leading(archive.store, archive.folder):
        _Run(archive, by, report).all(limit)
    return report


def rehearse(archive: Archive, *, before: datetime | None = None) -> Report:
    """Return what `run` would archive and what stays, and why; nothing is written.

    Raises NotPast.
    """
    report = Report()
    for _, page in _pages(archive, _limit(archive, before), report):
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
        raise NotPast(
            f"--before {before:%Y-%m-%d} chưa tới, sẽ lưu trữ cả hồ sơ vừa kết thúc; chọn một ngày"
            " đã qua / lies in the future and would take what has only just ended; give a past day"
        )
    return before or archive.cutoff()


class _Run:
    """The steps of a run, each safe to do again."""

    def __init__(self, archive: Archive, by: By, report: Report) -> None:
        self.archive, self.by, self.report = archive, by, report
        self.give_way = giving_way(
            archive.store,
            clock=archive.clock,
            stop=archive.stop,
            patience=archive.patience,
            waiting=archive.waiting,
        )

    def all(self, before: datetime) -> None:
        """Do every step; what stops it is in the report."""
        archive, report = self.archive, self.report
        try:
            self._finish_the_last()
            self._erase()
            self._archive(before)
            self._remove_files()
            if report.archived or report.erased:
                pages.give_back(archive.store, give_way=self.give_way)
        except Stopped as why:
            report.stopped = str(why)
        except Exception as error:
            if not _without_room(error):
                raise
            report.stopped = NO_ROOM
        finally:
            self._note(before)

    def _finish_the_last(self) -> None:
        with self.archive.store.read() as tx:
            left = files.unfinished(tx)
        for file in left:
            if file.sha256 is None:
                writing.discard(self.archive.folder / file.name)
                with self.archive.store.write() as tx:
                    files.discard(tx, file.seq)
            else:
                self._take_out(file, {})

    def _erase(self) -> None:
        before = self.archive.clock() - self.archive.personal
        for count in erasing.erase_due(
            self.archive.store, before=before, clock=self.archive.clock, give_way=self.give_way
        ):
            self.report.erased += count
            self.archive.progress("erased", count)

    def _archive(self, before: datetime) -> None:
        left = _Ahead(_pages(self.archive, before, self.report))
        while left.month:
            self._write_file(left)

    def _write_file(self, left: "_Ahead") -> None:
        """Write one file, of the pages of a month that come next; take its dossiers out."""
        archive, now = self.archive, self.archive.clock()
        month = left.month
        name = f"{month}-{now:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}{ENDING}"
        with archive.store.write() as tx:
            seq = files.begin(tx, name=name, month=month, now=now)
            previous = files.last_manifest(tx)
        passing(Point.ARCHIVE_AFTER_BEGIN)
        head = Head(seq=seq, name=name, month=month, made_at=now, columns=rows.COLUMNS)
        keys: dict[str, bytes] = {}
        with writing.FileWriter(archive.folder, head, files=archive.files) as writer:
            while left.month == month and writer.dossiers < MOST and writer.size < LARGEST:
                self.give_way()
                keys |= self._add(writer, left.take())
            manifest, manifest_hash = writer.finish(previous)
        made = self._record(manifest, manifest_hash)
        passing(Point.ARCHIVE_AFTER_RECORD)
        self._take_out(made, keys)

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

    def _add(self, writer: writing.FileWriter, page: list[Rows]) -> dict[str, bytes]:
        with self.archive.store.write() as tx:
            # Erased since it was read: sealed with a key that stays, its data would be back.
            unerased = rows.lock_unerased(tx, [found.number for found in page])
            page = [it for it in page if it.erased or it.number in unerased]
            fresh = {found.number: sealing.new_key() for found in page}
            keys = index.make_keys(tx, fresh, now=self.archive.clock())
        for found in page:
            writer.add(found, keys[found.number])
        self.archive.progress("read", len(page))
        return keys

    def _take_out(self, file: files.ArchiveFile, keys: Mapping[str, bytes]) -> None:
        """Compare a complete file with the database and delete what is equal."""
        archive, report = self.archive, self.report
        told = lambda count: archive.progress("compared", count)  # noqa: E731
        try:
            found = comparing.compare(archive.store, archive.folder, file, keys=keys, progress=told)
        except ArchiveDamaged as error:
            raise self._set_aside(file, error) from None
        passing(Point.ARCHIVE_AFTER_COMPARE)
        gone = 0
        for count in deleting.delete(
            archive.store, file, found.equal, now=archive.clock, give_way=self.give_way
        ):
            gone += count
            archive.progress("archived", count)
        with archive.store.write() as tx:
            there = index.of_file(tx, file.seq)
            files.end(tx, file.seq, now=archive.clock())
            what = f"{there} dossiers, manifest {file.manifest_hash}"
            audit.record(
                tx,
                self.by["actor"],
                "archive.file",
                object=file.name,
                reason=what,
                now=archive.clock(),
            )
        report.archived += gone
        report.rows += sum(entry.rows for entry in found.equal)
        report.files.append(file.name)
        report.bytes += file.size or 0
        report.changed += max(0, (file.dossiers or 0) - there)

    def _set_aside(self, file: files.ArchiveFile, error: ArchiveDamaged) -> ArchiveDamaged:
        """Keep a damaged file out of the way when nothing was deleted for it; return what to say.

        The next run writes its dossiers anew. Else it has to come back from a copy.
        """
        with self.archive.store.write() as tx:
            if index.of_file(tx, file.seq):
                return error
            files.discard(tx, file.seq)
        writing.set_aside(self.archive.folder / file.name)
        return ArchiveDamaged(f"{error}; nothing was deleted for it, the next run writes it anew")

    def _remove_files(self) -> None:
        passing(Point.ARCHIVE_BEFORE_FILES)
        archive = self.archive
        self.report.removed += erasing.remove_files(
            archive.store, archive.files, untouched=archive.untouched, give_way=self.give_way
        )

    def _note(self, before: datetime) -> None:
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


Page = tuple[str, list[Rows]]
"""A month, and dossiers that were closed in it and may go."""


class _Ahead:
    """Pages of which the next one's month is known; one that was taken is not kept in memory."""

    def __init__(self, pages: Iterator[Page]) -> None:
        self._pages = pages
        self._next: Page | None = None

    @property
    def month(self) -> str:
        """The month of the next page, "" behind the last one."""
        self._next = self._next or next(self._pages, None)
        return self._next[0] if self._next else ""

    def take(self) -> list[Rows]:
        """Return the next page, whose month was asked for."""
        page, self._next = self._next, None
        return page[1] if page else []


def _pages(archive: Archive, before: datetime, report: Report) -> Iterator[Page]:
    """Yield the dossiers that may go, oldest first; those that stay are counted in the report."""
    place = Place()
    while True:
        with archive.store.read() as tx:
            found = candidates.closed(tx, before=before, after=place, limit=PAGE)
            if not found:
                return
            place = found[-1]
            sizes = rows.sizes(tx, [one.number for one in found])
        for numbers in batches.batches(sizes, sizes.__getitem__, most=batches.IN_MEMORY):
            months = _by_month(archive, before, report, numbers)
            for month in sorted(months):
                yield month, months.pop(month)


def _by_month(
    archive: Archive, before: datetime, report: Report, numbers: list[str]
) -> dict[str, list[Rows]]:
    """Return those of the dossiers that may go, by the month in which they were closed."""
    with archive.store.read() as tx:
        held = candidates.on_hold(tx, numbers)
        loaded = rows.load(tx, numbers)
    months: dict[str, list[Rows]] = {}
    for here in loaded:
        standing = candidates.standing(here, on_hold=here.number in held)
        why = why_kept(standing, before=before) or missing(archive.files, here)
        if why is None:
            months.setdefault(f"{local(standing.status_at):%Y-%m}", []).append(here)
        else:
            report.keep(here.number, why)
    return months


def _without_room(error: Exception) -> bool:
    """Tell whether a disk, or the database's, is full."""
    if isinstance(error, OSError):
        return error.errno in (ENOSPC, EDQUOT)
    return is_full(error)
