"""The picture of one page of a stored paper, for a person who has to look at it.

The paper is a stranger's: it is drawn in a process of its own, with the limits of a reader of
stacks, few at once: `python -m hub.page_reading.one_page PLACE TYPE INTO NUMBER`. The picture is
`page.jpg` of the folder; the one line of output is JSON: {} or {"code": ..., "why": ...}.
"""

import json
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any, Final

from hub.file_checks.apart import LONGEST, parsed_apart
from hub.file_checks.limits import limit_process
from hub.messages.invalid import InvalidMessage

PREVIEW: Final = (1000, 1400)
"""Pixels of a picture that a person looks at."""
QUALITY: Final = 60
AT_ONCE: Final = 2
_PICTURE, _LARGEST = "page.jpg", 64 * 1024 * 1024
_slots = threading.Semaphore(AT_ONCE)


def picture_of_page(
    place: Path, media_type: str, number: int, *, longest: float = LONGEST
) -> bytes:
    """Return a JPEG of a page, from 1, of a PDF. Raises InvalidMessage; threads share it."""
    with tempfile.TemporaryDirectory(prefix="page-") as folder, _slots:
        found = parsed_apart(
            __name__, place, media_type, folder, str(number), called="drawer", longest=longest
        )
        if found.get("code"):
            raise InvalidMessage(str(found["code"]), where="file", why=str(found["why"]))
        return (Path(folder) / _PICTURE).read_bytes()


def draw(stack: Path, index: int, place: Path) -> None:
    """Write a JPEG of a page, from 0, of a PDF. Raises IndexError where there is none."""
    from hub.page_reading.pictures import page_at

    page = page_at(stack, index).half()
    page.thumbnail(PREVIEW)
    page.save(place, quality=QUALITY)


def main(arguments: list[str]) -> dict[str, Any]:
    """Draw the page and write it."""
    from hub.file_checks.verdicts import outcome_of

    limit_process(largest=_LARGEST, yields=0)
    return outcome_of(lambda: _drawn(Path(arguments[0]), Path(arguments[2]), int(arguments[3])))


def _drawn(place: Path, into: Path, number: int) -> dict[str, Any]:
    from hub.file_checks.verdicts import BROKEN, Rejected

    try:
        draw(place, number - 1, into / _PICTURE)
    except IndexError:
        raise Rejected(BROKEN, f"there is no page {number}") from None
    return {}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1:])))
