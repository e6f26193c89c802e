"""Cuts a stack of scanned pages into segments, and gives each its own code. Pure.

A page with a code of ours begins a segment, unless the page before it belongs to one with the same
code; pages without a code follow. The first code never counts for the whole stack: what comes
before it is a segment without a code. A segment that tells not exactly one dossier and component
waits for a person, with what is known of it. Blank pages are left out.

A code of somebody else is looked at where no code of ours is on the page. The code of a citizen's
identity card is content. Of any other nobody knows whether it is content or the cover sheet of
another office, so its segment waits for a person, too.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from hub.messages.payloads import UnreadCause
from hub.rules.papers import codes
from hub.rules.papers.codes import PaperCode

_IDENTITY_CARD = re.compile(r"[0-9]{12}\|[0-9]{0,12}\|[^|]+\|[0-9]{8}\|.*", re.DOTALL)
"""Number, former number, name, day of birth and more, as the QR code of a card (CCCD) has them."""


@dataclass(frozen=True, slots=True)
class ReadPage:
    """What was seen on a page."""

    codes: frozenset[PaperCode] = field(default_factory=frozenset)
    """Codes of ours."""
    foreign: bool = False
    """Whether a code of somebody else, and none of ours, is on it."""
    blank: bool = False


@dataclass(frozen=True, slots=True)
class Segment:
    """Pages that belong together."""

    pages: tuple[int, ...]
    """Their places in the stack, from 0."""
    code: PaperCode | None
    """What its code tells; only a proposal where there is a cause."""
    cause: UnreadCause | None = None
    """Why a person has to say where it belongs, None where it is known."""


def read_page(texts: Sequence[str], *, blank: bool) -> ReadPage:
    """Return what a page tells by the contents of its codes. A page with any code is not blank."""
    read = {text: codes.parse(text) for text in texts}
    ours = {code for code in read.values() if code is not None}
    # A Code 128 beside the QR code tells the same dossier and less.
    complete = {code.number for code in ours if code.component}
    ours = {code for code in ours if code.component or code.number not in complete}
    others = [text for text, code in read.items() if code is None]
    foreign = not ours and any(not _IDENTITY_CARD.fullmatch(text) for text in others)
    return ReadPage(frozenset(ours), foreign, blank and not texts)


def segments_of(pages: Sequence[ReadPage]) -> list[Segment]:
    """Return the segments of a stack, in its order; of a stack of blank pages the whole stack."""
    groups: list[list[int]] = []
    current: frozenset[PaperCode] = frozenset()
    for place, page in enumerate(pages):
        if page.blank:
            continue
        if not groups or (page.codes and page.codes != current):
            groups.append([])
            current = page.codes
        groups[-1].append(place)
    if pages and not groups:
        return [Segment(tuple(range(len(pages))), None, UnreadCause.BLANK)]
    return [_segment(group, pages) for group in groups]


def _segment(group: Sequence[int], pages: Sequence[ReadPage]) -> Segment:
    found = pages[group[0]].codes
    code = next(iter(found)) if len(found) == 1 else None
    return Segment(tuple(group), code, _cause(code, found, [pages[place] for place in group]))


def _cause(
    code: PaperCode | None, found: frozenset[PaperCode], pages: Sequence[ReadPage]
) -> UnreadCause | None:
    if len(found) > 1:
        return UnreadCause.TWO_CODES
    if any(page.foreign for page in pages):
        return UnreadCause.FOREIGN_CODE
    if code is None:
        return UnreadCause.NO_CODE
    return None if code.component else UnreadCause.NO_COMPONENT
