"""The process in which one file is parsed: `python -m hub.file_checks.child PLACE TYPE [CLEAN_TO]`.

It parses what strangers made, in C: so it is another process, with limits of memory, time and
what it may write, and its death says something about the file alone. Its one line of output is
JSON: {"media_type": ..., "cleaned": true}, or {"code": ..., "why": ...}.
"""

import json
import sys
from pathlib import Path

from hub.file_checks.limits import limit_process

_BEHIND = 16 * 1024 * 1024
"""Bytes by which a cleaned copy may be larger."""


def main(arguments: list[str]) -> dict[str, object]:
    """Return what is to be told about the file."""
    from hub.file_checks.verdicts import outcome_of

    place, media_type = Path(arguments[0]), arguments[1]
    clean_to = Path(arguments[2]) if len(arguments) > 2 else None
    limit_process(largest=place.stat().st_size + _BEHIND if clean_to else 0)
    return outcome_of(lambda: _check(place, media_type, clean_to))


def _check(place: Path, media_type: str, clean_to: Path | None) -> dict[str, object]:
    from hub.rules.file_types import PDF, XML, ZIP

    if media_type == PDF:
        from hub.file_checks import pdf

        return {"media_type": PDF, "cleaned": pdf.check(place, clean_to=clean_to)}
    if media_type == XML:
        from hub.file_checks import xml

        xml.check(place)
    elif media_type == ZIP:
        from hub.file_checks import office

        media_type = office.check(place)
    else:
        from hub.file_checks import pictures

        pictures.check(place, media_type)
    return {"media_type": media_type, "cleaned": False}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1:])))
