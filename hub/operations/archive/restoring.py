"""Brings an archived dossier back into the store: the same rows under the same numbers.

Its stored files come first: rows that are there prove that their files are. Done twice, it is done
once. A dossier that is back has a legal hold, or the next run would archive it again; releasing the
hold says that it is not needed any more.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from hub.messages.envelope import Attachment
from hub.messages.invalid import InvalidMessage
from hub.operations.archive.config import Archive
from hub.operations.archive.files import sharing, verifying
from hub.operations.archive.files.layout import FilePart, RowsPart
from hub.operations.archive.files.reading import ArchiveDamaged, FileReader, open_rows, read_dossier
from hub.operations.archive.files.sealing import SealBroken
from hub.operations.archive.leading import leading
from hub.operations.signed_by import SignedBy
from hub.runtime.failpoints import Point, passing
from hub.store.archive import counts, files, holds, index, references, rows
from hub.store.archive.index import Archived
from hub.store.archive.rows import Rows
from hub.store.engine.store import Tx
from hub.store.evidence import audit
from hub.store.messages import blobs
from hub.texts import Explained, both

_COLUMNS = {table: list(names) for table, names in rows.COLUMNS.items()}


class NotRestored(Explained):
    """A dossier is not in the archive, or cannot be read there any more; says why."""


def restore(archive: Archive, number: str, by: SignedBy) -> bool:
    """Bring a dossier back; False when it is in the database already.

    Raises NotRestored, ArchiveDamaged (NotShared), and NotLeading while another process archives.
    """
    if not archive.folder.is_dir():  # the lock would make it
        sharing.check(archive.store, archive.folder)
    with leading(archive.store, archive.folder):
        with archive.store.read() as tx:
            found = index.get(tx, number)
            if found is None:
                if rows.load(tx, [number]):
                    return False
                raise NotRestored(both("archive.no_dossier", number=number))
            key = index.keys(tx, [number]).get(number)
            file = files.one(tx, found.file)
            place = archive.folder / file.name
        if key is None:
            at = f"{found.erased_at:%Y-%m-%d}"
            raise NotRestored(both("archive.erased", number=number, at=at))
        if not place.exists():  # this month alone, or is it another folder?
            sharing.check(archive.store, archive.folder)
        with FileReader(place) as reader:
            columns = reader.head.columns
        if columns != _COLUMNS:  # an older version wrote it, or somebody changed it
            verifying.check_file(archive.folder, file)
        back = _read(archive, place, found, key)
        passing(Point.RESTORE_AFTER_FILES)
        with archive.store.write() as tx:
            index.lock(tx, [number])
            if index.keys(tx, [number]).get(number) != key:
                raise NotRestored(both("archive.erased_just_now", number=number))
            rows.put_back(tx, back, columns)
            _register(tx, back, by)
            index.remove(tx, number)
            counts.record(tx, [back], back=True)
            _record_decision(tx, number, by)
    return True


def _record_decision(tx: Tx, number: str, by: SignedBy) -> None:
    """Hold the dossier back from the archive, and audit who restored it."""
    actor, why, now = by["actor"], by["reason"], by["now"]
    holds.place(tx, number, actor=actor, reason=f"restored: {why}", now=now)
    audit.record(tx, actor, "dossier.restore", object=number, reason=why, now=now)


def _read(archive: Archive, place: Path, found: Archived, key: bytes) -> Rows:
    """Return a dossier's rows; its stored files are stored again on the way."""
    _check(place, found)
    parts = read_dossier(place, at=found.place, length=found.length, key=key, number=found.number)
    back: Rows | None = None
    for part, plain in parts:
        if isinstance(part, RowsPart):
            back = _rows(place, found.number, plain)
        else:
            _store(archive, found.number, _Pieces(part, plain, parts), part.sha256)
    if back is None:
        raise ArchiveDamaged(both("archive.not_in_place", file=place.name, number=found.number))
    return back


def _rows(place: Path, number: str, packed: bytes) -> Rows:
    try:
        return rows.read_lines(number, open_rows(packed))
    except SealBroken:
        raise ArchiveDamaged(both("archive.part_changed", file=place.name, number=number)) from None


def _store(archive: Archive, number: str, pieces: "_Pieces", sha256: str) -> None:
    try:
        archive.files.write(pieces, sha256=sha256)
    except InvalidMessage as error:
        if error.code != "file_too_large":
            raise ArchiveDamaged(
                both("archive.stored_file_changed", number=number, sha256=sha256)
            ) from None
        limit = archive.files.limit // 1024 // 1024
        raise NotRestored(both("archive.file_too_large", number=number, limit=limit)) from None


def _check(place: Path, found: Archived) -> None:
    """Raise ArchiveDamaged unless the dossier's lines have their hash."""
    digest, left = hashlib.sha256(), found.length
    with place.open("rb") as file:
        file.seek(found.place)
        while left and (piece := file.read(min(left, 1024 * 1024))):
            digest.update(piece)
            left -= len(piece)
    if digest.hexdigest() != found.sha256:
        raise ArchiveDamaged(both("archive.part_changed", file=place.name, number=found.number))


class _Pieces:
    """The pieces of one stored file as a stream, in flat memory."""

    def __init__(
        self,
        first: FilePart,
        plain: bytes,
        parts: Iterator[tuple[RowsPart | FilePart, bytes]],
    ) -> None:
        self._last, self._plain, self._parts = first.last, plain, parts

    def read(self, _size: int = -1) -> bytes:
        """Return the next piece, b"" behind the last one."""
        piece, self._plain = self._plain, b""
        if not piece and not self._last:
            part, piece = next(self._parts)
            self._last = isinstance(part, RowsPart) or part.last
        return piece


def _register(tx: Tx, back: Rows, by: SignedBy) -> None:
    """Record the dossier's files as stored here again."""
    if back.erased:
        return
    columns = ("name", "media_type", "size", "sha256", "component")
    values = zip(*(back.column("dossier_files", name) for name in columns), strict=True)
    again = [Attachment(**dict(zip(columns, value, strict=True))) for value in values]
    blobs.register(tx, again, now=by["now"])
    references.keep(tx, {file.sha256 for file in again})
