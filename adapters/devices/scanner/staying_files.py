"""What stays in the hot folder, and why: each file is reported once, and no file is given up.

A file that lies there for `REPORTED_AFTER` without a change gets a text in `loi` for the officer
and a line in the log; one that never comes to rest does so `RESTLESS_AFTER` its first sight. It
stays where it is: its program may go on, and then the file is taken. The text goes when the file
was taken, refused or removed. A file of the operating system gets a line in the log and no text,
because there is nothing for an officer to do. What a program writes is reported again when it rests
in another state; a folder and a file of the system are not.

Not promised: that a restart of the hub remembers what was reported; it reports again.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import structlog

from adapters.devices.scanner.copies import REFUSED
from adapters.devices.scanner.notes import Note, remove_note, words_of_note, write_note
from adapters.devices.scanner.rest import Marks
from hub.texts import text

REPORTED_AFTER = 60.0
"""Seconds for which a file lies there unchanged until the officer is told."""
RESTLESS_AFTER = 1800.0
"""Seconds after its first sight from which a file that still changes is told."""
log = structlog.get_logger()


class Kind(StrEnum):
    """Why a file stays in the hot folder."""

    UNFINISHED = "unfinished"
    WORKING_FILE = "working_file"
    """Another program writes it, or left it behind: `.part`, `~$...`, a copy of an editor."""
    SYSTEM_FILE = "system_file"
    """An operating system or file server made it: previews, settings, snapshots, a bin."""
    RESTLESS = "restless"
    """It has changed since it was first seen: it grows, or something touches it again and again."""
    FOLDER = "folder"
    LINK = "link"
    """It leads to another place, which may be anywhere."""
    PIPE = "pipe"
    SPECIAL = "special"
    """A socket or a device."""


_WRITTEN = frozenset({Kind.UNFINISHED, Kind.WORKING_FILE})
"""What a program writes: each state of it is reported."""


@dataclass(frozen=True, slots=True)
class _StayingFile:
    kind: Kind
    marks: Marks
    note: Note | None
    """The text, None without one."""

    def covers(self, marks: Marks, kind: Kind) -> bool:
        """Tell whether a file that looks like this now was reported with this."""
        return self.kind is kind and (self.marks == marks or kind not in _WRITTEN)


class StayingFiles:
    """What was reported of one hot folder and still holds."""

    def __init__(self, folder: Path, *, role: str) -> None:
        self._refused = folder / REFUSED
        self._role = role
        self._open: dict[Path, _StayingFile] = {}

    @property
    def counts(self) -> Mapping[Kind, int]:
        """How many files stay there, by why."""
        return Counter(it.kind for it in list(self._open.values()))

    def report(self, path: Path, marks: Marks, kind: Kind, *, why: str = "") -> None:
        """Report a file, unless that was done; `why` in place of the kind's own sentence.

        Raises OSError where the text cannot be written: then the next call tries again.
        """
        known = self._open.get(path)
        if known is not None:
            if known.covers(marks, kind):
                return
            self._end(path)
        note = None if kind is Kind.SYSTEM_FILE else self._write_note(path, kind, why)
        self._open[path] = _StayingFile(kind, marks, note)
        if kind is Kind.UNFINISHED:
            log.warning("scan_unfinished", role=self._role, detail=why)
        else:
            log.warning("scan_left_alone", role=self._role, kind=kind)

    def _write_note(self, path: Path, kind: Kind, why: str) -> Note:
        words = words_of_note(
            path.name,
            why=why or text(f"scans.why_{kind}"),
            what_to_do=text(f"scans.advice_{kind}"),
            headline=text(f"scans.kind_{kind}"),
        )
        others = {it.note.place for it in self._open.values() if it.note is not None}
        return write_note(self._refused / path.name, words, without=others)

    def has(self, path: Path) -> bool:
        """Tell whether something was reported of a file and still holds."""
        return path in self._open

    def end(self, name: str) -> None:
        """Forget the files of a name, and remove their texts: one was taken or refused."""
        for path in [path for path in self._open if path.name == name]:
            self._end(path)

    def keep_only(self, here: set[Path]) -> None:
        """End what was reported of files that are not there any more."""
        for path in [path for path in self._open if path not in here]:
            self._end(path)

    def _end(self, path: Path) -> None:
        note = self._open.pop(path).note
        if note is not None:
            remove_note(note)
