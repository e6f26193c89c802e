"""The process in which a stack is read: `python -m hub.page_reading.child PLACE TYPE INTO`.

It unpacks what strangers made, in C: so it is another process, with limits of memory, time and what
it may write. Its one line of output is JSON: {"segments": [...], "pages": ..., "blank": ...}, or
{"code": ..., "why": ...}.
"""

import json
import sys
from pathlib import Path
from typing import Any

from hub.file_checks.limits import limit_process

WRITES_TIMES, WRITES_BESIDE = 3, 64 * 1024 * 1024
"""How large a file it may write, and all papers together: so many times what it reads, and so many
bytes beside."""


def main(arguments: list[str]) -> dict[str, Any]:
    """Return what there is to know of the stack."""
    from hub.file_checks.verdicts import outcome_of

    place, media_type, into = Path(arguments[0]), arguments[1], Path(arguments[2])
    most = WRITES_TIMES * place.stat().st_size + WRITES_BESIDE
    limit_process(largest=most, yields=0)
    return outcome_of(lambda: _read(place, media_type, into, most))


def _read(place: Path, media_type: str, into: Path, most: int) -> dict[str, Any]:
    from hub.file_checks.limits import allow_pages
    from hub.page_reading.documents import as_pdf, write_segments
    from hub.page_reading.examining import examined
    from hub.page_reading.one_page import draw
    from hub.page_reading.pictures import count_pages
    from hub.rules.file_types import PDF
    from hub.rules.papers.segments import Segment, read_page, segments_of

    stack = place if media_type == PDF else as_pdf(place, media_type, into)
    allow_pages(count_pages(stack))
    pages, angles = [], {}
    for number, seen in enumerate(examined(stack)):
        pages.append(read_page([it.text for it in seen.codes], blank=seen.blank))
        angles[number] = next((it.orientation for it in seen.codes if it.is_qr), 0)
    segments = segments_of(pages)
    written = write_segments(stack, [it.pages for it in segments], angles, into, most=most)

    def described(segment: Segment, document: Path) -> dict[str, Any]:
        picture = into / f"{segment.pages[0]}.jpg"
        if segment.cause:  # a person has to look at it
            draw(stack, segment.pages[0], picture)
        return {
            "first": segment.pages[0] + 1,
            "pages": len(segment.pages),
            "document": document.name,
            "code": [segment.code.number, segment.code.component] if segment.code else None,
            "cause": segment.cause,
            "picture": picture.name if segment.cause else None,
        }

    return {
        "segments": [described(it, at) for it, at in zip(segments, written, strict=True)],
        "pages": len(pages),
        "blank": sum(page.blank for page in pages),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1:])))
