"""The pages of a PDF as pictures in grey, with a limit of pixels before anything is unpacked.

A page that a scanner made is one picture, which is unpacked as it is. Any other page is drawn, at
150 dots an inch, and at 300 where that is asked for.
"""

import io
import threading
from collections.abc import Iterator
from pathlib import Path

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
from PIL import Image

from hub.file_checks.pictures import MOST_PAGES, MOST_PIXELS
from hub.file_checks.verdicts import BOMB, BROKEN, LOCKED, Rejected

FULL_DPI = 300
_POINTS = 72
_UPRIGHT = 0.01
"""By how much a picture's matrix may be turned, or miss the page, and still be the page."""


_ONE_AT_A_TIME = threading.RLock()
"""PDFium is not made for several threads."""


class PagePicture:
    """One page; what it returns is in grey (mode L). Threads may each have one."""

    def __init__(self, page: pdfium.PdfPage) -> None:
        """Raises Rejected for more pixels than a page may have."""
        self._page = page
        self._scanned = _scanned_picture(page)
        width, height = page.get_size()
        self._inches = width / _POINTS
        self._pixels = self._scanned.get_px_size() if self._scanned else (0, 0)
        _check_pixels(int(width * FULL_DPI / _POINTS), int(height * FULL_DPI / _POINTS))
        self._jpeg = _jpeg_of(self._scanned)
        self._full: Image.Image | None = None

    def half(self) -> Image.Image:
        """Return the page at about 150 dots an inch."""
        if self._scanned is None:
            return self._drawn(FULL_DPI / 2)
        width, height = self._pixels
        times = 2 if width > FULL_DPI * 0.75 * self._inches else 1
        if self._jpeg:
            return _unpacked(self._jpeg, (width // times, height // times))
        return self.full().reduce(times) if times > 1 else self.full()

    def full(self) -> Image.Image:
        """Return the page as it was scanned, or at 300 dots an inch."""
        if self._full is None:
            if self._scanned is None:
                self._full = self._drawn(FULL_DPI)
            elif self._jpeg:
                self._full = _unpacked(self._jpeg, self._pixels)
            else:
                with _ONE_AT_A_TIME:
                    self._full = self._scanned.get_bitmap().to_pil().convert("L")
        return self._full

    def close(self) -> None:
        """Give back what the page holds."""
        with _ONE_AT_A_TIME:
            self._page.close()

    def _drawn(self, dpi: float) -> Image.Image:
        with _ONE_AT_A_TIME:
            drawn: Image.Image = self._page.render(scale=dpi / _POINTS, grayscale=True).to_pil()
            return drawn.convert("L")


def pages_of(place: Path) -> Iterator[PagePicture]:
    """Yield the pages of a PDF, in order, each to be closed. Raises Rejected."""
    document = _counted(place)
    for number in range(len(document)):
        with _ONE_AT_A_TIME:
            try:
                page = PagePicture(document[number])
            except pdfium.PdfiumError:
                raise Rejected(BROKEN, f"page {number + 1} cannot be opened") from None
        yield page


def count_pages(place: Path) -> int:
    """Return how many pages a PDF has. Raises Rejected, also for more than a stack may have."""
    return len(_counted(place))


def page_at(place: Path, number: int) -> PagePicture:
    """Return one page, from 0, of a PDF whose pages were read."""
    return PagePicture(_opened(place)[number])


def _counted(place: Path) -> pdfium.PdfDocument:
    document = _opened(place)
    if len(document) > MOST_PAGES:
        raise Rejected(BOMB, f"more than {MOST_PAGES} pages")
    if not len(document):
        raise Rejected(BROKEN, "the PDF has no page")
    return document


def _opened(place: Path) -> pdfium.PdfDocument:
    try:
        return pdfium.PdfDocument(place)
    except pdfium.PdfiumError as error:
        locked = "password" in str(error).lower()
        raise Rejected(LOCKED if locked else BROKEN, "the PDF cannot be opened") from None


def _scanned_picture(page: pdfium.PdfPage) -> pdfium.PdfImage | None:
    """Return the picture that is the whole page, upright; None where the page is anything else."""
    objects = list(page.get_objects(max_depth=1))
    pictures = [it for it in objects if it.type == pdfium_c.FPDF_PAGEOBJ_IMAGE]
    for it in pictures:
        _check_pixels(*it.get_px_size())
    if len(objects) != 1 or not pictures or page.get_rotation():
        return None
    (picture,) = pictures
    a, b, c, d, e, f = picture.get_matrix().get()
    width, height = page.get_size()
    turned = max(abs(b) / width, abs(c) / height, abs(e) / width, abs(f) / height)
    misses = max(abs(a / width - 1), abs(d / height - 1))
    return picture if max(turned, misses) < _UPRIGHT else None


def _jpeg_of(picture: pdfium.PdfImage | None) -> bytes:
    """Return the JPEG that a picture is, b"" where it is none."""
    if picture is None or picture.get_filters() != ["DCTDecode"]:
        return b""
    return bytes(picture.get_data(decode_simple=False))


def _unpacked(jpeg: bytes, size: tuple[int, int]) -> Image.Image:
    """Return a JPEG in grey at about a size: half of it costs a quarter."""
    with Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as picture:
        _check_pixels(*picture.size)  # its own head may tell another size than the PDF
        picture.draft("L", size)
        return picture.convert("L")


def _check_pixels(width: int, height: int) -> None:
    if width * height > MOST_PIXELS:
        raise Rejected(BOMB, f"{width} x {height} pixels, the limit is {MOST_PIXELS}")
