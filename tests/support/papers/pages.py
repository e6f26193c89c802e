"""Pages as a scanner gives them, drawn from a seed: text, codes, and what happens to paper."""

import io
import random
from collections.abc import Sequence
from pathlib import Path

import img2pdf
import zxingcpp
from PIL import Image, ImageDraw

A4_INCHES = (8.27, 11.69)
INK, WHITE = 25, 255


def sheet(seed: int, *, dpi: int = 300, lines: int = 40) -> Image.Image:
    """Return an A4 page in grey with lines of made-up words."""
    numbers = random.Random(seed)
    width, height = (round(side * dpi) for side in A4_INCHES)
    page = Image.new("L", (width, height), WHITE)
    pen = ImageDraw.Draw(page)
    for line in range(lines):
        words = " ".join("".join(numbers.choices("aăâbcdđeêghikl", k=5)) for _ in range(9))
        at = (round(0.7 * dpi), round((1.6 + line * 0.23) * dpi))
        pen.text(at, words, fill=INK, font_size=round(0.13 * dpi))
    return page


def blank_sheet(seed: int, *, dpi: int = 300) -> Image.Image:
    """Return an empty page with the dirt of a scanner's glass."""
    numbers = random.Random(seed)
    page = sheet(seed, dpi=dpi, lines=0)
    for _ in range(40):
        page.putpixel((numbers.randrange(page.width), numbers.randrange(page.height)), INK)
    return page


def with_qr(page: Image.Image, text: str, *, cm: float = 2.0, dpi: int = 300) -> Image.Image:
    """Return a page with a QR code of so many centimetres at its upper right."""
    side = round(cm / 2.54 * dpi)
    return _with_code(page, text, zxingcpp.BarcodeFormat.QRCode, (side, side), dpi, right=True)


def with_code128(page: Image.Image, text: str, *, cm: float = 9.0, dpi: int = 300) -> Image.Image:
    """Return a page with a Code 128 of so many centimetres at its upper left."""
    size = (round(cm / 2.54 * dpi), round(0.5 * dpi))
    return _with_code(page, text, zxingcpp.BarcodeFormat.Code128, size, dpi, right=False)


def _with_code(
    page: Image.Image,
    text: str,
    kind: zxingcpp.BarcodeFormat,
    size: tuple[int, int],
    dpi: int,
    *,
    right: bool,
) -> Image.Image:
    made = memoryview(
        zxingcpp.create_barcode(text, kind).to_image(scale=1, add_quiet_zones=False)  # type: ignore[arg-type]
    )
    height, width = made.shape or (0, 0)
    drawn = Image.frombytes("L", (width, height), made.tobytes())
    drawn = drawn.resize(size, Image.Resampling.NEAREST)
    out, margin = page.copy(), round(0.5 * dpi)
    left = page.width - margin - size[0] - round(0.3 * dpi) if right else margin
    out.paste(drawn, (left, margin))
    return out


def turned(page: Image.Image, degrees: float) -> Image.Image:
    """Return a page that lies crooked, clockwise; the paper grows, so nothing is cut."""
    return page.rotate(-degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=WHITE)


def jpeg(page: Image.Image, *, dpi: int = 300) -> bytes:
    """Return a page as scanners pack it."""
    packed = io.BytesIO()
    page.save(packed, "JPEG", quality=75, dpi=(dpi, dpi))
    return packed.getvalue()


def write_pdf(pages: Sequence[Image.Image], place: Path) -> Path:
    """Write a stack as scanners do: a picture a page."""
    place.write_bytes(img2pdf.convert([jpeg(page) for page in pages]))
    return place
