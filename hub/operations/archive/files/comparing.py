"""Reads an archive file back and compares it with the database, every byte of every row.

Only what was read from the disk, unsealed and found equal may be deleted, and only with every
stored file of the dossier: such a file counts as read back when the pieces have its hash. A dossier
that has changed since it was written is left out and stays in the database; a file that is not what
was written stops everything.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hub.operations.archive.files import sealing
from hub.operations.archive.files.layout import FilePart, RowsPart
from hub.operations.archive.files.reading import (
    ArchiveDamaged,
    ArchiveLine,
    FileReader,
    check_manifest,
    open_part,
)
from hub.operations.archive.files.sealing import SealBroken
from hub.operations.archive.run import batches
from hub.store.archive import index, rows
from hub.store.archive.files import ArchiveFile
from hub.store.engine.store import Store
from hub.texts import both


@dataclass(slots=True)
class ComparedRow:
    """One dossier as it was read back."""

    number: str
    place: int
    length: int
    sha256: str
    """Of its lines."""
    rows: int
    digest: str
    """sha256 of its rows: what the database must still have when they are deleted."""


@dataclass(slots=True)
class RowComparison:
    """What a comparison found."""

    equal: list[ComparedRow] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    """Dossiers that are not in the database as they were written."""


class _Read:
    """A dossier while its lines are read."""

    def __init__(self, line: ArchiveLine, part: RowsPart, key: bytes | None) -> None:
        self.number = part.dossier
        self.digest = "" if key is None else _digest(open_part(part, key))
        """sha256 of its rows; "" where it was erased and cannot be read any more."""
        self.whole = True
        """Whether every stored file that is there has its hash."""
        self.stored: set[str] = set()
        """Hashes of the stored files whose last piece was read."""
        self.rows = part.rows
        self._key, self._parts = key, part.parts
        self._place, self._length, self._count = line.place, 0, 0
        self._lines = hashlib.sha256()
        self._pieces = hashlib.sha256()
        self._add(line)

    def piece(self, line: ArchiveLine, part: FilePart) -> None:
        """Read a piece of a stored file."""
        self._add(line)
        if self._key is not None:
            self._pieces.update(open_part(part, self._key))
        if part.last:
            self.whole &= self._key is None or self._pieces.hexdigest() == part.sha256
            self.stored.add(part.sha256)
            self._pieces = hashlib.sha256()

    def follows(self, part: FilePart) -> bool:
        """Tell whether a piece is the next part of this dossier."""
        return part.dossier == self.number and part.part == self._count

    @property
    def complete(self) -> bool:
        """Whether all its lines were there."""
        return self._count == self._parts

    def entry(self) -> ComparedRow:
        """Return what is known of it when all its lines were read."""
        return ComparedRow(
            number=self.number,
            place=self._place,
            length=self._length,
            sha256=self._lines.hexdigest(),
            rows=self.rows,
            digest=self.digest,
        )

    def _add(self, line: ArchiveLine) -> None:
        self._lines.update(line.text)
        self._length += len(line.text)
        self._count += 1


def _digest(packed: bytes) -> str:
    found = hashlib.sha256()
    for piece in sealing.unpack(packed):
        found.update(piece)
    return found.hexdigest()


def compare(
    store: Store,
    folder: Path,
    file: ArchiveFile,
    *,
    keys: Mapping[str, bytes] | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> RowComparison:
    """Read a whole file back; raises ArchiveDamaged when it is not what was written.

    `keys`: those that are at hand; the others are asked for.
    """
    place = folder / file.name
    check_manifest(place, file.manifest_hash)
    compared = RowComparison()
    with FileReader(place) as reader:
        found = _dossiers(store, reader, keys or {})
        for page in batches.batches(found, lambda it: it.rows, most=batches.IN_MEMORY):
            _compare(store, page, compared)
            progress(len(page))
        if (reader.size, reader.sha256) != (file.size, file.sha256):
            raise ArchiveDamaged(both("archive.changed", file=place.name))
    return compared


def _dossiers(store: Store, reader: FileReader, keys: Mapping[str, bytes]) -> Iterator[_Read]:
    """Yield the dossiers of a file, each when all its lines were read."""
    current: _Read | None = None
    damaged = ArchiveDamaged(both("archive.changed", file=reader.place.name))
    try:
        for line in reader.lines():
            part = line.part
            if isinstance(part, RowsPart):
                if current is not None:
                    yield _finished(current, damaged)
                current = _Read(line, part, keys.get(part.dossier) or _key(store, part.dossier))
            elif current is None or not current.follows(part):
                raise damaged
            else:
                current.piece(line, part)
    except SealBroken:
        raise damaged from None
    if current is not None:
        yield _finished(current, damaged)


def _finished(read: _Read, damaged: ArchiveDamaged) -> _Read:
    if not read.complete:
        raise damaged
    return read


def _key(store: Store, number: str) -> bytes | None:
    with store.read() as tx:
        return index.keys(tx, [number]).get(number)


def _compare(store: Store, page: Sequence[_Read], compared: RowComparison) -> None:
    """Compare dossiers with what the database has of them: all their rows, all their files."""
    numbers = [read.number for read in page]
    with store.read() as tx:
        here = {it.number: (it.digest(), it.stored) for it in rows.load(tx, numbers)}
    for read in page:
        if read.whole and read.digest and (read.digest, read.stored) == here.get(read.number):
            compared.equal.append(read.entry())
        else:
            compared.changed.append(read.number)
