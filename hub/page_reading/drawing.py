"""Draws a QR code with the characters of a terminal, for a reader that is held to the screen."""

from typing import cast

import zxingcpp

_BLOCKS = {(0, 0): "█", (0, 1): "▀", (1, 0): "▄", (1, 1): " "}
"""Two rows of modules a line, drawn in light: a terminal is dark."""


def terminal_code(content: str) -> list[str]:
    """Return the lines of a QR code with its quiet zone."""
    image = zxingcpp.create_barcode(content, zxingcpp.BarcodeFormat.QRCode).to_image()
    # It lends its bytes, which its types do not say.
    pixels = cast("list[list[int]]", memoryview(cast("bytes", image)).tolist())
    rows = [[int(pixel == 0) for pixel in row] for row in pixels]
    if len(rows) % 2:
        rows.append([0] * len(rows[0]))
    return [
        "".join(_BLOCKS[pair] for pair in zip(upper, lower, strict=True))
        for upper, lower in zip(rows[::2], rows[1::2], strict=True)
    ]
