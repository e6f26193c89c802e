"""Notes for the officer: a text in `loi` that says what is wrong with a scan and what to do.

A note never replaces another file, and a file is removed as a note only while it still has the
note's words: a document may have any name, that of a note, too.
"""

import os
from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path

from adapters.devices.scanner.copies import cut, numbered
from adapters.devices.scanner.rest import is_file
from hub.texts import text

LONGEST_NAME = 240
"""Bytes of a file's name that the note's name begins with; file systems take 255."""

_SPECIFIC = frozenset(
    {
        "number_malformed",
        "payload_invalid",
        "file_too_large",
        "file_bomb",
        "file_locked",
        "file_active",
        "file_broken",
        "dossier_archived",
        "dossier_erased",
    }
)
"""Codes of refusals with an advice of their own."""


def advice_on(code: str) -> str:
    """Return what an officer does about a scan that was refused with a code."""
    return text(f"scans.on_{code}" if code in _SPECIFIC else "scans.other")


@dataclass(frozen=True, slots=True)
class Note:
    """A note that was written, and what for."""

    place: Path
    """Where the file that it belongs to is, or would be."""
    words: bytes

    @property
    def path(self) -> Path:
        """Where the note stands."""
        return path_of_note(self.place)

    def is_there(self) -> bool:
        """Tell whether the file at its path has its words."""
        try:
            status = self.path.lstat()
            same = is_file(status) and status.st_size == len(self.words)
            return same and self.path.read_bytes() == self.words
        except OSError:
            return False


def path_of_note(place: Path) -> Path:
    """Return where the note for a file at `place` stands."""
    # The name may be so long that nothing can be put behind it.
    return place.with_name(cut(place.name, LONGEST_NAME) + ".txt")


def words_of_note(name: str, *, why: str, what_to_do: str, headline: str) -> bytes:
    """Return what a note says about the file `name`."""
    shown = name.encode("utf-8", "replace").decode()
    words = text("scans.note", headline=headline, name=shown, why=why, advice=what_to_do)
    return f"{words}\n".encode()


def write_note(place: Path, words: bytes, *, without: Container[Path] = ()) -> Note:
    """Write a note for `place`, or for a neighbour where that or its note's path is in use.

    A note with these words is taken as it stands: it was written before a restart. `without` are
    places whose notes belong to other files. Raises OSError; then nothing was written.
    """
    notes = (
        Note(free, words)
        for free in numbered(place)
        if free not in without and not os.path.lexists(free)
    )
    return next(note for note in notes if _create(note) or note.is_there())


def remove_note(note: Note) -> None:
    """Remove a note again, where it still stands: the file was taken after all."""
    if note.is_there():
        note.path.unlink(missing_ok=True)


def _create(note: Note) -> bool:
    """Write a note where no file is; tell whether it was written."""
    try:
        with note.path.open("xb") as stream:
            try:
                stream.write(note.words)
                stream.flush()
            except OSError:
                note.path.unlink()  # half a note would be in the way of the next attempt
                raise
    except FileExistsError:
        return False
    return True
