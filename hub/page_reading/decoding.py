"""Finds the codes on a page: in a copy of half the size first, in full size only on a miss.

A QR code of 1.5 cm is read at 150 dots an inch, and there the search costs a quarter. A hit is a
code of ours that tells a component: whatever else stands beside it was seen at half size, too.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import zxingcpp
from PIL import Image

from hub.rules.papers import codes

_FORMATS: Any = (zxingcpp.BarcodeFormat.QRCode, zxingcpp.BarcodeFormat.Code128)
"""A tuple, as zxing-cpp wants it; its types still tell of the former form."""


@dataclass(frozen=True, slots=True)
class FoundCode:
    """A code on a page."""

    text: str
    is_qr: bool
    orientation: int
    """Degrees by which it is turned clockwise; of a Code 128 only quarters of a turn."""


def codes_on(half: Image.Image, full: Callable[[], Image.Image]) -> Sequence[FoundCode]:
    """Return the codes of a page in grey (mode L)."""
    found = _read(half)
    if any(_has_component(it.text) for it in found):
        return found
    return list(dict.fromkeys([*found, *_read(full())]))


def _has_component(text: str) -> bool:
    code = codes.parse(text)
    return code is not None and bool(code.component)


def _read(picture: Image.Image) -> list[FoundCode]:
    # Codes on paper are dark on light.
    options = {"formats": _FORMATS, "try_invert": False}
    return [
        FoundCode(it.text, it.format == zxingcpp.BarcodeFormat.QRCode, it.orientation)
        for it in zxingcpp.read_barcodes(picture, **options)
        if it.valid
    ]
