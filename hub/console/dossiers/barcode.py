"""A dossier number as a bar code (Code 128), for the reader at the counter. SVG, pure.

Black on white in every colour scheme: a reader does not read light bars on dark.
"""

from itertools import groupby
from typing import Any

from markupsafe import Markup

HEIGHT, QUIET = 40, 10
"""Height, and the white margin on either side that a reader needs, in the width of a bar."""
_PICTURE = Markup(
    '<svg class="barcode" viewBox="0 0 {width} {height}" role="img" aria-label="{content}"'
    ' shape-rendering="crispEdges"><rect class="paper" width="{width}" height="{height}"></rect>'
    '<path d="{bars}"></path></svg>'
)


def barcode(content: str) -> Markup:
    """Return the bar code of printable ASCII; raises ValueError for anything else."""
    if not (content.isascii() and content.isprintable() and content):
        raise ValueError("a bar code holds printable ASCII")
    runs = _runs(content)
    bars, at = [], QUIET
    for dark, width in runs:
        if dark:
            bars.append(f"M{at} 0h{width}v{HEIGHT}h-{width}z")
        at += width
    return _PICTURE.format(width=at + QUIET, height=HEIGHT, content=content, bars="".join(bars))


def _runs(content: str) -> list[tuple[bool, int]]:
    """Return the bars and the gaps between them with their widths."""
    import zxingcpp  # only who shows a code pays for it

    made = zxingcpp.create_barcode(content, zxingcpp.BarcodeFormat.Code128)
    drawn: Any = made.to_image(scale=1, add_quiet_zones=False)  # its types hide the buffer
    image = memoryview(drawn)
    _, width = image.shape or (0, 0)
    dark = [image[0, column] < 128 for column in range(width)]
    return [(is_dark, len(list(run))) for is_dark, run in groupby(dark)]
