"""The address of a device's one-time codes as a QR code, for the phone's camera. SVG, pure.

Black on white in every colour scheme: a phone does not read light on dark.
"""

from itertools import groupby
from typing import Any

from markupsafe import Markup

_PICTURE = Markup(
    '<svg class="qr-code" viewBox="0 0 {size} {size}" role="img" aria-label="{label}"'
    ' shape-rendering="crispEdges"><rect class="paper" width="{size}" height="{size}"></rect>'
    '<path d="{dark}"></path></svg>'
)


def qr_code(content: str, *, label: str = "QR") -> Markup:
    """Return the QR code of a text, with its quiet zone."""
    import zxingcpp  # only who shows a code pays for it

    made = zxingcpp.create_barcode(content, zxingcpp.BarcodeFormat.QRCode)
    drawn: Any = made.to_image(scale=1, add_quiet_zones=True)  # its types hide the buffer
    image = memoryview(drawn)
    height, width = image.shape or (0, 0)
    dark = []
    for row in range(height):
        at = 0
        for is_dark, run in groupby(image[row, column] < 128 for column in range(width)):
            length = len(list(run))
            if is_dark:
                dark.append(f"M{at} {row}h{length}v1h-{length}z")
            at += length
    return _PICTURE.format(size=max(height, width), label=label, dark="".join(dark))
