"""Tells whether nothing is on a page; in doubt, something is.

Dirt, the grain of paper and print that shines through from the other side are no content; a single
line of handwriting is. The margin is not looked at: scanners leave shadows there.
"""

from PIL import Image, ImageFilter

WIDTH = 827
"""Pixels to which a page is reduced: 100 dots an inch on A4."""
MARGIN = 0.04
DARKER = 48
"""Grey levels by which ink is darker than the paper, which is the most frequent grey."""
DIRT = 5_000
"""Dark pixels, single ones included, above which a page is not blank."""
SPECKS = 12
"""Dark pixels that a blank page may have, after single ones were filtered out."""


def is_blank(grey: Image.Image) -> bool:
    """Tell whether nothing is on a page in grey (mode L)."""
    small = grey.reduce(max(1, grey.width // WIDTH))
    across, down = int(small.width * MARGIN), int(small.height * MARGIN)
    inner = small.crop((across, down, small.width - across, small.height - down))
    # Nearly every page is decided without the filter, which costs more than all the rest.
    return _dark(inner) <= DIRT and _dark(inner.filter(ImageFilter.MedianFilter(3))) <= SPECKS


def _dark(grey: Image.Image) -> int:
    """Return how many pixels are darker than the paper."""
    counts = grey.histogram()
    paper = max(range(256), key=counts.__getitem__)
    return sum(counts[: max(0, paper - DARKER)])
