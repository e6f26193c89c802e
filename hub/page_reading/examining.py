"""Looks at every page of a stack: whether it is blank, and which codes are on it.

Two pages at once: unpacking and searching leave Python to the other thread. No more than a few are
open, so that memory does not grow with the stack.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from hub.page_reading.blankness import is_blank
from hub.page_reading.decoding import FoundCode, codes_on
from hub.page_reading.pictures import PagePicture, pages_of

THREADS, OPEN_PAGES = 2, 4


@dataclass(frozen=True, slots=True)
class SeenPage:
    """What is on a page."""

    codes: Sequence[FoundCode]
    blank: bool


def examined(stack: Path) -> Iterator[SeenPage]:
    """Yield what is on each page of a PDF, in order. Raises Rejected."""
    pages = pages_of(stack)
    with ThreadPoolExecutor(THREADS) as pool:
        while opened := list(islice(pages, OPEN_PAGES)):
            yield from pool.map(_examine, opened)
            for page in opened:
                page.close()


def _examine(page: PagePicture) -> SeenPage:
    half = page.half()
    if is_blank(half):
        return SeenPage((), blank=True)
    return SeenPage(codes_on(half, page.full), blank=False)
