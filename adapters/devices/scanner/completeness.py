"""Whether the bytes of a scan are a whole document: the end of its format must be there.

A scanner may make an empty file, or one of its final size full of zeros, and write the pages
minutes later; size and times then say nothing. So the end that each format has is looked for: the
`%%EOF` of a PDF, the end marker of a JPEG, the last chunk of a PNG, every directory and every strip
of a TIFF. Only these places are read, whatever the size. That the pages inside are well formed is
not checked, and a page of a TIFF that is not compressed and half written passes for one whose lower
part is black; the rest before a scan is taken has to tell those.
"""

import os
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

HEAD, TAIL = 1024, 2048
"""Bytes read at each end. Readers of PDF look for both marks within 1,024."""
DIRECTORIES = 10_000
"""Pages of a TIFF that are followed; a file with more of them goes round in a circle."""
MOST_ENTRIES = 4_096
"""Entries of one directory of a TIFF; scanners write some twenty."""
MOST_STRIPS, MOST_ZEROS = 200_000, 256 * 1024 * 1024
"""Strips of one file, and bytes of them that are read in search of one that is not zero: without
an end to both a file that lies holds up every scan behind it, or takes all memory."""
TOO_MUCH = "the TIFF tells of more parts than a scan has"
_PLACES = {273: 279, 324: 325}
"""Tags of a TIFF: where strips (tiles) begin, and how long each is."""
_COMPRESSION, _NOT_COMPRESSED = 259, (1,)
_WANTED = frozenset({*_PLACES, *_PLACES.values(), _COMPRESSION})
_WIDTHS = {3: "H", 4: "I", 16: "Q"}
"""Types of a TIFF's whole numbers, as the struct module writes them."""


@dataclass(slots=True)
class _Left:
    """How much more of one TIFF is looked at."""

    strips: int = MOST_STRIPS
    zeros: int = MOST_ZEROS


class _TooMuch(Exception):
    """A TIFF tells of more than is looked at."""


def lack_of(stream: BinaryIO, media_type: str) -> str:
    """Return what the document still lacks, "" when it is whole; the stream's place is changed."""
    size = stream.seek(0, os.SEEK_END)
    if size == 0:
        return "the file is empty"
    stream.seek(0)
    head = stream.read(HEAD)
    stream.seek(max(0, size - TAIL))
    tail = stream.read(TAIL)
    if not head.strip(b"\0"):
        return "the file begins with nothing but zeros"
    return _CHECKS[media_type](stream, size, head, tail)


def _pdf(_stream: BinaryIO, size: int, head: bytes, tail: bytes) -> str:
    if b"%PDF-" not in head:
        return "the content is no PDF (no %PDF- at its beginning)"
    if b"%%EOF" not in tail[-HEAD:]:
        return "the end of the PDF is not there (%%EOF)"
    # A file for the web has its first %%EOF near the beginning, and says how long it will be.
    linear = re.search(rb"/Linearized\b.{0,200}?/L\s+(\d{1,15})", head, re.DOTALL)
    if linear and int(linear[1]) > size:
        return f"the PDF says that it has {int(linear[1])} bytes, {size} are there"
    return ""


def _jpeg(_stream: BinaryIO, _size: int, head: bytes, tail: bytes) -> str:
    if not head.startswith(b"\xff\xd8"):
        return "the content is no JPEG"
    # Cameras put data of their own behind the end, so it need not be the last byte.
    return "" if b"\xff\xd9" in tail else "the end of the JPEG is not there"


def _png(_stream: BinaryIO, _size: int, head: bytes, tail: bytes) -> str:
    if not head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "the content is no PNG"
    return "" if b"IEND\xae\x42\x60\x82" in tail else "the end of the PNG is not there (IEND)"


def _tiff(stream: BinaryIO, size: int, head: bytes, _tail: bytes) -> str:
    try:
        return _lack_of_tiff(stream, size, head)
    except _TooMuch:
        return TOO_MUCH


def _lack_of_tiff(stream: BinaryIO, size: int, head: bytes) -> str:
    order = {b"II": "<", b"MM": ">"}.get(head[:2])
    version = struct.unpack(f"{order}H", head[2:4])[0] if order and len(head) >= 16 else 0
    if order is None or version not in {42, 43}:
        return "the content is no TIFF"
    count, entry, place = ("H", 12, "I") if version == 42 else ("Q", 20, "Q")
    begin = 4 if version == 42 else 8
    (at,) = struct.unpack_from(f"{order}{place}", head, begin)
    if not at:
        return "the TIFF has no page yet"
    left = _Left()
    for _ in range(DIRECTORIES):
        width = struct.calcsize(f"={count}")
        entries = _read(stream, at, f"{order}{count}", size)
        if entries is None or not entries[0]:
            return "a page of the TIFF is not there"
        if entries[0] > MOST_ENTRIES:
            raise _TooMuch
        directory = at + width
        after = directory + entries[0] * entry
        following = _read(stream, after, f"{order}{place}", size)
        if following is None:
            return "a page of the TIFF is not there"
        stream.seek(directory)
        if not _has_strips(stream, stream.read(entries[0] * entry), order, entry, size, left):
            return "a part of a page of the TIFF is not there"
        at = following[0]
        if not at:
            return ""
    return "the pages of the TIFF have no end"


def _has_strips(
    stream: BinaryIO, raw: bytes, order: str, entry: int, size: int, left: _Left
) -> bool:
    """Tell whether a directory names strips (or tiles), and all of them lie inside the file."""
    count = "I" if entry == 12 else "Q"
    values: dict[int, tuple[int, ...]] = {}
    for start in range(0, len(raw), entry):
        tag, kind, number = struct.unpack_from(f"{order}HH{count}", raw, start)
        if kind not in _WIDTHS or tag not in _WANTED:
            continue
        left.strips -= number
        if left.strips < 0:
            raise _TooMuch
        shape = f"{order}{number}{_WIDTHS[kind]}"
        room = start + entry - (4 if entry == 12 else 8)
        if struct.calcsize(shape) > size:
            return False
        if struct.calcsize(shape) <= start + entry - room:
            values[tag] = struct.unpack_from(shape, raw, room)
        else:
            (at,) = struct.unpack_from(f"{order}{count}", raw, room)
            found = _read(stream, at, shape, size)
            if found is None:
                return False
            values[tag] = found
    return any(
        bool(values.get(tag))
        and len(values[tag]) == len(values.get(lengths, ()))
        and all(
            begin and length and begin + length <= size
            for begin, length in zip(values[tag], values[lengths], strict=True)
        )
        and _is_written(stream, values[tag], values[lengths], values.get(_COMPRESSION), left)
        for tag, lengths in _PLACES.items()
    )


def _is_written(
    stream: BinaryIO,
    begins: tuple[int, ...],
    lengths: tuple[int, ...],
    compression: tuple[int, ...] | None,
    left: _Left,
) -> bool:
    """Tell whether the strips hold something: their room may have been reserved only.

    Of a page that is compressed the last one is never all zeros. Of another one the lower part may
    be, but not the whole of it.
    """
    strips = list(zip(begins, lengths, strict=True))
    if compression not in (None, _NOT_COMPRESSED):
        strips = strips[-1:]
    return any(not _is_zeros(stream, begin, length, left) for begin, length in strips)


def _is_zeros(stream: BinaryIO, begin: int, length: int, left: _Left) -> bool:
    stream.seek(begin)
    while length:
        if left.zeros < 0:
            raise _TooMuch
        piece = stream.read(min(length, 64 * 1024))
        if not piece or piece.strip(b"\0"):
            return not piece
        length -= len(piece)
        left.zeros -= len(piece)
    return True


def _read(stream: BinaryIO, at: int, shape: str, size: int) -> tuple[int, ...] | None:
    length = struct.calcsize(shape)
    if at + length > size:
        return None
    stream.seek(at)
    raw = stream.read(length)
    return struct.unpack(shape, raw) if len(raw) == length else None


_CHECKS: dict[str, Callable[[BinaryIO, int, bytes, bytes], str]] = {
    "application/pdf": _pdf,
    "image/jpeg": _jpeg,
    "image/png": _png,
    "image/tiff": _tiff,
}
