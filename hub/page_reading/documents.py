"""Makes the PDF of each segment without a loss: the picture of a page is never packed anew.

A crooked page is straightened by turning it where it is shown, quarters by the page's own
rotation, the rest by its matrix, on paper that grows so that no corner is cut. The same stack gives
the same bytes.
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import img2pdf
import pikepdf
from PIL import Image

from hub.file_checks import pictures
from hub.file_checks.verdicts import BOMB, BROKEN, LOCKED, Rejected

LEAST_SKEW = 1
"""Degrees; what the search for codes tells is not finer."""
_ALPHA = ("RGBA", "LA", "PA", "La", "RGBa")


def as_pdf(place: Path, media_type: str, into: Path) -> Path:
    """Return a picture as a PDF with a page for each of its pages. Raises Rejected."""
    pictures.check(place, media_type)
    made = into / "stack.pdf"
    source = _without_alpha(place, into)
    try:
        with made.open("wb") as stream:
            img2pdf.convert(
                str(source),
                outputstream=stream,
                nodate=True,
                rotation=img2pdf.Rotation.ifvalid,
            )
    except (img2pdf.ImageOpenError, img2pdf.PdfTooLargeError, ValueError, OSError) as error:
        why = f"no PDF can be made of the picture ({type(error).__name__})"
        raise Rejected(BROKEN, why) from None
    return made


def _without_alpha(place: Path, into: Path) -> Path:
    """Return a picture as it is, or on white where it can be seen through."""
    with Image.open(place, formats=list(pictures.FORMATS.values())) as picture:
        if picture.mode not in _ALPHA and "transparency" not in picture.info:
            return place
        dpi = picture.info.get("dpi", (pictures.DEFAULT_DPI, pictures.DEFAULT_DPI))
        layer = picture.convert("RGBA")
    sheet = Image.new("RGB", layer.size, "white")
    sheet.paste(layer, mask=layer.getchannel("A"))
    opaque = into / "opaque.png"
    sheet.save(opaque, dpi=dpi)
    return opaque


def write_segments(
    stack: Path,
    segments: Sequence[Sequence[int]],
    angles: Mapping[int, int],
    into: Path,
    *,
    most: int,
) -> list[Path]:
    """Write the PDF of each segment, a list of places from 0; return where they are.

    `angles`: degrees clockwise by which pages are turned. Raises Rejected, also for more than
    `most` bytes together: what the pages of a PDF share goes into each segment.
    """
    written: list[Path] = []
    try:
        with pikepdf.open(stack) as source:
            for pages in segments:
                written.append(_write(source, pages, angles, into / f"{pages[0]}.pdf"))
                most -= written[-1].stat().st_size
                if most < 0:
                    raise Rejected(BOMB, "its papers are many times as large as the stack")
            return written
    except pikepdf.PasswordError:
        raise Rejected(LOCKED, "the PDF needs a password") from None
    except pikepdf.PdfError as error:
        raise Rejected(BROKEN, f"the PDF cannot be cut ({type(error).__name__})") from None


def _write(
    source: pikepdf.Pdf, pages: Sequence[int], angles: Mapping[int, int], place: Path
) -> Path:
    if pages[-1] >= len(source.pages):
        raise Rejected(BOMB, "two readers count different pages")
    with pikepdf.new() as document:
        for number in pages:
            document.pages.append(source.pages[number])
            if angle := angles.get(number, 0):
                _straighten(document.pages[-1], angle)
        document.save(place, deterministic_id=True)
    return place


def _straighten(page: pikepdf.Page, angle: int) -> None:
    quarter = round(angle / 90) * 90
    if quarter % 360:
        page.rotate(-quarter % 360, relative=True)
    skew = angle - quarter
    if abs(skew) < LEAST_SKEW:
        return
    left, bottom, right, top = (float(it) for it in page.mediabox)
    middle = ((left + right) / 2, (bottom + top) / 2)
    cos, sin = math.cos(math.radians(skew)), math.sin(math.radians(skew))
    # Counter-clockwise about the middle of the page.
    across = middle[0] - cos * middle[0] + sin * middle[1]
    up = middle[1] - sin * middle[0] - cos * middle[1]
    matrix = f"q {cos:.6f} {sin:.6f} {-sin:.6f} {cos:.6f} {across:.4f} {up:.4f} cm\n"
    page.contents_add(matrix.encode(), prepend=True)
    page.contents_add(b"\nQ")
    width, height = right - left, top - bottom
    wide = (width * cos + height * abs(sin)) / 2
    high = (width * abs(sin) + height * cos) / 2
    box = [middle[0] - wide, middle[1] - high, middle[0] + wide, middle[1] + high]
    page.mediabox = page.cropbox = pikepdf.Array([round(it, 3) for it in box])
