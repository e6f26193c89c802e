"""What reads scanned pages: a stack goes in, segments with their codes come out."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from hub.messages.payloads import UnreadCause
from hub.rules.papers.codes import PaperCode

MOST_BYTES = 200 * 1024 * 1024
"""Of a stack; by default the file store takes no larger files either."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitSegment:
    """Pages of a stack that belong together, as files of their own."""

    first: int
    """Their first page in the stack, from 1."""
    pages: int
    document: Path
    """A PDF of them: the picture of each as it was scanned."""
    code: PaperCode | None
    cause: UnreadCause | None
    """Why a person has to say where it belongs, None where its code says it."""
    picture: Path | None
    """A JPEG of its first page, where a person has to look at it."""


@dataclass(frozen=True, slots=True)
class SplitStack:
    """What a stack of pages is made of."""

    segments: Sequence[SplitSegment]
    pages: int
    blank: int
    """Pages that were left out, because nothing is on them."""


class PageReader(Protocol):
    """Reads stacks; threads share it."""

    def __call__(self, place: Path, media_type: str, into: Path) -> SplitStack:
        """Write the segments of a PDF, JPEG, PNG or TIFF into an empty folder.

        The same file gives the same files, byte by byte. Raises InvalidMessage for a file that
        cannot be read: broken, locked, too large, or made to exhaust its reader.
        """
