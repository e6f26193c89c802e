"""Reads archive files: line by line from the disk, never more of it in memory than one line."""

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from errno import EIO
from pathlib import Path
from typing import BinaryIO, TypeVar

import msgspec

from hub.operations.archive.files import layout, sealing
from hub.operations.archive.files.layout import FileHead, FilePart, RowsPart
from hub.operations.archive.files.writing import manifest_of
from hub.texts import Explained, Text, both

T = TypeVar("T")


class ArchiveDamaged(Explained):
    """An archive file, or its manifest, is missing or not what was written; names it."""


class HalfDeleted(ArchiveDamaged):
    """A damaged archive file that alone has some of its dossiers; `file` is its name."""

    def __init__(self, text: Text, file: str) -> None:
        super().__init__(text)
        self.file = file


@dataclass(frozen=True, slots=True)
class ArchiveLine:
    """One line of a file: from which byte on, its bytes, and what they say."""

    place: int
    text: bytes
    part: RowsPart | FilePart


class FileReader:
    """Reads one archive file from its beginning; `sha256` is that of what was read so far."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.size = 0
        self._digest = hashlib.sha256()

    def __enter__(self) -> "FileReader":
        try:
            self._file: BinaryIO = self.place.open("rb")
        except FileNotFoundError:
            raise ArchiveDamaged(both("archive.missing", file=self.place.name)) from None
        _forget_cached(self._file)
        self.head: FileHead = self._decoded(layout.read_head, self._next())
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    @property
    def sha256(self) -> str:
        """The hash of everything that was read."""
        return self._digest.hexdigest()

    def lines(self) -> Iterator[ArchiveLine]:
        """Yield the lines behind the head."""
        while line := self._next():
            part = self._decoded(layout.read_part, line)
            yield ArchiveLine(self.size - len(line), line, part)

    def _next(self) -> bytes:
        try:
            line = self._file.readline()
        except OSError as error:
            if error.errno != EIO:  # a disk that is away is no damage
                raise
            raise self._unreadable(self.size) from None
        self._digest.update(line)
        self.size += len(line)
        return line

    def _decoded(self, decode: Callable[[bytes], T], line: bytes) -> T:
        try:
            return decode(line)
        except msgspec.MsgspecError:
            at = self.size - len(line)
            raise self._unreadable(at) from None

    def _unreadable(self, at: int) -> ArchiveDamaged:
        return ArchiveDamaged(both("archive.unreadable", file=self.place.name, at=at))


def read_dossier(
    place: Path, *, at: int, length: int, key: bytes, number: str
) -> Iterator[tuple[RowsPart | FilePart, bytes]]:
    """Yield each part of one dossier with what was sealed in it, the rows packed.

    Raises ArchiveDamaged.
    """
    damaged = ArchiveDamaged(both("archive.part_changed", file=place.name, number=number))
    try:
        with place.open("rb") as file:
            file.seek(at)
            end = at + length
            while file.tell() < end:
                part = layout.read_part(file.readline())
                if part.dossier != number:
                    raise damaged
                yield part, open_part(part, key)
    except FileNotFoundError:
        raise ArchiveDamaged(both("archive.missing", file=place.name)) from None
    except (msgspec.MsgspecError, sealing.SealBroken):
        raise damaged from None


def open_part(part: RowsPart | FilePart, key: bytes) -> bytes:
    """Return what is sealed in a part, the rows packed; raises SealBroken."""
    number = 0 if isinstance(part, RowsPart) else part.part
    return sealing.unseal(key, part.sealed, number=part.dossier, part=number)


def open_rows(packed: bytes) -> Iterator[bytes]:
    """Yield the rows of a dossier, a line each; raises SealBroken."""
    rest = b""
    for piece in sealing.unpack(packed):
        *lines, rest = (rest + piece).split(b"\n")
        yield from lines
    yield rest


def check_manifest(place: Path, expected: str | None) -> layout.Manifest:
    """Return the manifest of a file; raises ArchiveDamaged unless it has the expected hash."""
    path = manifest_of(place)
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        raise ArchiveDamaged(both("archive.missing", file=path.name)) from None
    if hashlib.sha256(text).hexdigest() != expected:
        raise ArchiveDamaged(both("archive.changed", file=path.name))
    try:
        return layout.read_manifest(text)
    except msgspec.MsgspecError:
        raise ArchiveDamaged(both("archive.manifest_unreadable", file=path.name)) from None


def _forget_cached(file: BinaryIO) -> None:
    """Have the file read from the disk, not from what the system still has in memory of it."""
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
