"""Tells whether nothing is on a page; in doubt, something is.

Dirt, the grain of paper and print that shines through from the other side are no content; a single
line of handwriting is. The margin is not looked at: scanners leave shadows there. A page that is
mostly dark (a cover, a small card on a black lid) is never blank: on it the writing is what is
light.
"""

from PIL import Image, ImageFilter

WIDTH = 827
"""Pixels to which a page is reduced: 100 dots an inch on A4."""
MARGIN = 0.04
DARKER = 48
"""Grey levels by which ink differs from the paper, which is the most frequent grey."""
LIGHT = 128
"""The least grey level that is paper; what is darker is content."""
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
    return _written(inner) <= DIRT and _written(inner.filter(ImageFilter.MedianFilter(3))) <= SPECKS


def _written(grey: Image.Image) -> int:
    """Return how many pixels are no paper: darker than it, or lighter."""
    counts = grey.histogram()
    paper = max(range(256), key=counts.__getitem__)
    if paper < LIGHT:
        return sum(counts)
    return sum(counts[: paper - DARKER]) + sum(counts[paper + DARKER :])
