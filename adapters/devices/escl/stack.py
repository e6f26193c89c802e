"""Writes scanned pages as one PDF: each JPEG as the scanner made it, nothing is packed anew.

The file appears whole, under its own name, or not at all: a hot folder may be watched by others.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

_POINTS: Final = 72
_SIZES: Final = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
"""Markers of a JPEG that tell its size."""
_ALONE: Final = frozenset({0x01, *range(0xD0, 0xD9)})
"""Markers that nothing follows."""
_COLORS: Final = {1: b"/DeviceGray", 3: b"/DeviceRGB"}


class NotJpeg(Exception):
    """A page is no JPEG in grey or colour, though the scanner called it one."""


class TooLarge(Exception):
    """The pages are more bytes than a stack may have."""


@dataclass(frozen=True, slots=True)
class _Size:
    width: int
    height: int
    color: bytes


def write_stack(pages: Iterable[bytes], place: Path, *, dpi: int, most: int) -> int:
    """Write the pages as a PDF to `place`; return how many.

    Raises NotJpeg, TooLarge for more than `most` bytes, and what `pages` does.

    While it is written its name ends in `.part`; then nothing takes it.
    """
    part = place.with_name(f"{place.name}.part")
    try:
        with part.open("xb") as stream:
            count = _write(_bounded(pages, most), stream, dpi)
            stream.flush()
            os.fsync(stream.fileno())
        part.rename(place)
    finally:
        part.unlink(missing_ok=True)
    return count


def _bounded(pages: Iterable[bytes], most: int) -> Iterator[bytes]:
    size = 0
    for page in pages:
        size += len(page)
        if size > most:
            raise TooLarge(f"more than {most} bytes")
        yield page


def _write(pages: Iterable[bytes], stream: BinaryIO, dpi: int) -> int:
    places: dict[int, int] = {}

    def put(number: int, content: bytes) -> None:
        places[number] = stream.tell()
        stream.write(b"%d 0 obj\n%s\nendobj\n" % (number, content))

    stream.write(b"%PDF-1.4\n")
    count = 0
    for jpeg in pages:
        first = 3 + 3 * count
        _put_page(put, first, jpeg, dpi)
        count += 1
    kids = b" ".join(b"%d 0 R" % (3 + 3 * nth) for nth in range(count))
    put(1, b"<< /Type /Catalog /Pages 2 0 R >>")
    put(2, b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, count))
    table = stream.tell()
    stream.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1))
    stream.writelines(b"%010d 00000 n \n" % places[number] for number in sorted(places))
    stream.write(b"trailer << /Size %d /Root 1 0 R >>\n" % (len(places) + 1))
    stream.write(b"startxref\n%d\n%%%%EOF\n" % table)
    return count


def _put_page(put: Callable[[int, bytes], None], first: int, jpeg: bytes, dpi: int) -> None:
    size = _size_of(jpeg)
    wide, high = (side * _POINTS / dpi for side in (size.width, size.height))
    shown = b"q %.3f 0 0 %.3f 0 0 cm /P Do Q" % (wide, high)
    put(
        first,
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %.3f %.3f] /Contents %d 0 R"
        b" /Resources << /XObject << /P %d 0 R >> >> >>" % (wide, high, first + 1, first + 2),
    )
    put(first + 1, b"<< /Length %d >>\nstream\n%s\nendstream" % (len(shown), shown))
    put(
        first + 2,
        b"<< /Type /XObject /Subtype /Image /Width %d /Height %d /BitsPerComponent 8"
        b" /ColorSpace %s /Filter /DCTDecode /Length %d >>\nstream\n%s\nendstream"
        % (size.width, size.height, size.color, len(jpeg), jpeg),
    )


def _size_of(jpeg: bytes) -> _Size:
    """Return what the head of a JPEG says. Raises NotJpeg."""
    at = 2
    while jpeg[:2] == b"\xff\xd8" and at + 9 < len(jpeg) and jpeg[at] == 0xFF:
        marker = jpeg[at + 1]
        if marker in _SIZES:
            height, width = (int.from_bytes(jpeg[at + n : at + n + 2]) for n in (5, 7))
            color = _COLORS.get(jpeg[at + 9])
            if color is None or not width or not height:
                break
            return _Size(width, height, color)
        if marker == 0xFF or marker in _ALONE:
            at += 1 if marker == 0xFF else 2
        else:
            at += 2 + int.from_bytes(jpeg[at + 2 : at + 4])
    raise NotJpeg
