"""Notes for the officer: a text in `loi` that says what is wrong with a scan and what to do."""

import os
from pathlib import Path

from hub.texts import text

LONGEST_NAME = 240
"""Bytes of a file's name that the note's name begins with; file systems take 255."""

_SPECIFIC = frozenset(
    {
        "number_malformed",
        "payload_invalid",
        "file_too_large",
        "dossier_archived",
        "dossier_erased",
    }
)
"""Codes of refusals with an advice of their own."""


def advice_on(code: str) -> str:
    """Return what an officer does about a scan that was refused with a code."""
    return text(f"scans.on_{code}" if code in _SPECIFIC else "scans.other")


def path_of_note(place: Path) -> Path:
    """Return where the note for a file at `place` stands."""
    # A name may be bytes that are no text, and so long that nothing can be put behind it.
    return place.with_name(os.fsdecode(os.fsencode(place.name)[:LONGEST_NAME]) + ".txt")


def write_note(place: Path, *, name: str, why: str, what_to_do: str, headline: str) -> None:
    """Write the note for the file that is, or would be, at `place`."""
    shown = name.encode("utf-8", "replace").decode()
    words = text("scans.note", headline=headline, name=shown, why=why, advice=what_to_do)
    path_of_note(place).write_text(f"{words}\n", encoding="utf-8")


def remove_note(place: Path) -> None:
    """Remove the note again, where there is one: the file was taken after all."""
    path_of_note(place).unlink(missing_ok=True)
