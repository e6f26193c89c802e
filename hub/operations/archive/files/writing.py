"""Writes one archive file: under a temporary name, synced, then named, with a manifest beside it.

Memory stays flat: a dossier at a time, a stored file piece by piece. A file that has its name is
whole. Nothing is deleted here.
"""

import hashlib
import math
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from hub.messages.invalid import InvalidMessage
from hub.operations.archive.files import layout, sealing
from hub.operations.archive.files.layout import FileHead, FilePart, Manifest, RowsPart
from hub.operations.archive.leading import Stopped
from hub.runtime.failpoints import Point, passing
from hub.store.archive.rows import Rows
from hub.store.messages.blobs import BlobStore, sync_folder
from hub.texts import both

MODE = 0o600


@dataclass(slots=True)
class _Counted:
    """What the manifest says."""

    dossiers: int = 0
    rows: int = 0
    tables: Counter[str] = field(default_factory=Counter)
    deliveries: dict[str, Counter[str]] = field(default_factory=dict)
    files: int = 0

    def add(self, rows: Rows) -> None:
        self.dossiers += 1
        self.rows += len(rows)
        self.tables.update({name: len(found) for name, found in rows.tables.items()})
        for destination, state in rows.deliveries():
            self.deliveries.setdefault(destination, Counter())[state] += 1


class FileWriter:
    """One archive file that is being written; used as a block, in which it is `finish`ed.

    A block that ends otherwise leaves no file behind.
    """

    def __init__(self, folder: Path, head: FileHead, *, files: BlobStore) -> None:
        self.place = folder / head.name
        self.head = head
        self._files = files
        self._temporary = folder / f".{head.name}.new"
        self._digest = hashlib.sha256()
        self._counted = _Counted()
        self.size = 0

    def __enter__(self) -> "FileWriter":
        if self.place.exists():
            raise FileExistsError(f"there is a file {self.place.name} that is not known here")
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        self._file = os.fdopen(os.open(self._temporary, flags, MODE), "wb")
        self._line(layout.encode(self.head))
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):  # without room, what was buffered cannot be written
            self._file.close()
        self._temporary.unlink(missing_ok=True)

    @property
    def dossiers(self) -> int:
        """How many dossiers were added."""
        return self._counted.dossiers

    def add(self, rows: Rows, key: bytes) -> None:
        """Write the rows of a dossier and its stored files; raises Stopped where one is gone."""
        number = rows.number
        stored = _stored(self._files, rows)
        parts = 1 + sum(_pieces(path) for _, path in stored)
        sealed = sealing.seal(key, sealing.pack(rows.text()), number=number, part=0)
        self._line(
            layout.encode(RowsPart(dossier=number, parts=parts, rows=len(rows), sealed=sealed))
        )
        part = 0
        for sha256, path in stored:
            for piece, last in _read(path):
                part += 1
                sealed = sealing.seal(key, piece, number=number, part=part)
                line = FilePart(dossier=number, part=part, sha256=sha256, last=last, sealed=sealed)
                self._line(layout.encode(line))
        self._counted.add(rows)
        self._counted.files += len(stored)

    def finish(self, previous: str) -> tuple[Manifest, str]:
        """Sync the file, give it its name and write its manifest; return that and its hash.

        `previous`: the hash of the manifest before.
        """
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        passing(Point.ARCHIVE_AFTER_WRITE)
        manifest = self._manifest(previous)
        text = layout.encode(manifest)
        _write(manifest_of(self.place), text)
        self._temporary.rename(self.place)
        sync_folder(self.place.parent)
        passing(Point.ARCHIVE_AFTER_RENAME)
        return manifest, hashlib.sha256(text).hexdigest()

    def _manifest(self, previous: str) -> Manifest:
        counted = self._counted
        return Manifest(
            seq=self.head.seq,
            name=self.head.name,
            month=self.head.month,
            made_at=self.head.made_at,
            size=self.size,
            sha256=self._digest.hexdigest(),
            dossiers=counted.dossiers,
            rows=counted.rows,
            tables=counted.tables,
            deliveries=counted.deliveries,
            files=counted.files,
            previous=previous,
        )

    def _line(self, line: bytes) -> None:
        for piece in (line, b"\n"):
            self._file.write(piece)
            self._digest.update(piece)
        self.size += len(line) + 1


def manifest_of(place: Path) -> Path:
    """Return where the manifest of an archive file is."""
    return place.with_name(place.name.removesuffix(layout.ENDING) + layout.MANIFEST)


def discard(place: Path) -> None:
    """Remove what there is of a file that was never complete."""
    for path in (place.with_name(f".{place.name}.new"), manifest_of(place), place):
        path.unlink(missing_ok=True)
    sync_folder(place.parent)


def set_aside(place: Path) -> None:
    """Rename a damaged file and its manifest, so that they are neither used nor lost."""
    for path in (place, manifest_of(place)):
        if path.exists():
            path.rename(path.with_name(f"{path.name}.damaged"))
    sync_folder(place.parent)


def _write(place: Path, text: bytes) -> None:
    temporary = place.with_name(f".{place.name}.new")
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, MODE), "wb") as it:
            it.write(text)
            it.flush()
            os.fsync(it.fileno())
        temporary.rename(place)
    finally:
        temporary.unlink(missing_ok=True)


def _stored(files: BlobStore, rows: Rows) -> list[tuple[str, Path]]:
    """Return hash and place of each stored file of a dossier; raises Stopped where one is gone.

    They were there when the dossier was chosen: a disk was unmounted since.
    """
    try:
        return [(it, files.path(it)) for it in sorted(rows.stored)]
    except (InvalidMessage, OSError):
        raise Stopped(both("archive.stored_file_gone")) from None


def _pieces(path: Path) -> int:
    """Return in how many pieces a file is written; raises Stopped where it is gone."""
    try:
        return max(1, math.ceil(path.stat().st_size / layout.PIECE))
    except OSError:
        raise Stopped(both("archive.stored_file_gone")) from None


def _read(path: Path) -> Iterator[tuple[bytes, bool]]:
    """Yield the pieces of a file, and whether each is the last one; an empty file has one.

    Raises Stopped where the file is gone or cannot be read.
    """
    try:
        with path.open("rb") as file:
            following = file.read(layout.PIECE)
            while True:
                piece, following = following, file.read(layout.PIECE)
                yield piece, not following
                if not following:
                    return
    except OSError:
        raise Stopped(both("archive.stored_file_gone")) from None
