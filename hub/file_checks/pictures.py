"""Parses pictures by Pillow: JPEG, PNG and TIFF, with a limit of pixels before anything unpacks.

A JPEG is decoded at an eighth of its size, which reads the whole of it; of a TIFF every page's
head is read and the first page decoded.
"""

import warnings
from pathlib import Path

from PIL import Image

from hub.file_checks.verdicts import BOMB, BROKEN, Rejected

MOST_PIXELS = 100_000_000
"""Of one page: A3 at 600 dots an inch has 70 million."""
MOST_PAGES = 2_000
DEFAULT_DPI = 300
"""Of a picture that does not tell its own."""
FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/tiff": "TIFF"}
_NOT_READ = (OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, EOFError)
"""What Pillow raises for a picture that is not well formed."""


def check(place: Path, media_type: str) -> None:
    """Raise Rejected for what is no whole picture of the type."""
    Image.MAX_IMAGE_PIXELS = None  # the limit is ours, and is asked before
    warnings.simplefilter("ignore")  # what Pillow warns of it raises later, or reads anyway
    name = FORMATS[media_type]
    try:
        with Image.open(place, formats=[name]) as picture:
            _check_size(picture)
            if name == "TIFF":
                _check_pages(picture)
            elif name == "JPEG":
                picture.draft("L", (picture.width // 8, picture.height // 8))
            picture.load()
        if name == "PNG":
            with Image.open(place, formats=[name]) as picture:
                picture.verify()
    except _NOT_READ as error:
        raise Rejected(BROKEN, f"the picture cannot be read ({type(error).__name__})") from None


def _check_pages(picture: Image.Image) -> None:
    pages = 0
    while True:
        try:
            picture.seek(pages)
        except EOFError:
            break
        _check_size(picture)
        pages += 1
        if pages > MOST_PAGES:
            raise Rejected(BOMB, f"more than {MOST_PAGES} pages")
    picture.seek(0)


def _check_size(picture: Image.Image) -> None:
    if picture.width * picture.height > MOST_PIXELS:
        why = f"{picture.width} x {picture.height} pixels, the limit is {MOST_PIXELS}"
        raise Rejected(BOMB, why)
