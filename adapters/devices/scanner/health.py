"""How a scanner's hot folder is: there, writable, and without files that stay.

Promises only what the folder shows. That the scanner is switched on, and that it writes into this
folder and no other, is proved by a sheet that is scanned.
"""

import os
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from adapters.devices.scanner.claims import CLAIMED
from adapters.devices.scanner.copies import REFUSED, TAKEN
from adapters.devices.scanner.names import MEDIA_TYPES, is_of_the_system
from adapters.devices.scanner.rest import is_file, what_is
from adapters.devices.scanner.scan_times import wrong_time
from adapters.devices.scanner.staying_files import REPORTED_AFTER, RESTLESS_AFTER
from hub.rules.devices.health import DeviceFinding
from hub.rules.failures.error_summary import describe_error

STAYS_AFTER = 2 * REPORTED_AFTER
"""Seconds after which a file in the hot folder is a finding: a scan is taken long before."""
_NAMED_ENDINGS = frozenset(MEDIA_TYPES) | {
    *(".part", ".partial", ".filepart", ".tmp", ".temp", ".download", ".crdownload"),
    *(".bak", ".lock", ".swp", ".bmp", ".gif", ".heic", ".webp", ".xps", ".zip", ".rar", ".7z"),
    *(".doc", ".docx", ".xls", ".xlsx", ".odt", ".rtf", ".txt", ".xml", ".ini", ".lnk"),
}
"""Endings that are told; any other text behind a dot may be a person's name."""


@dataclass(frozen=True, slots=True)
class ScannerFolder:
    """The hot folder of one scanner, as a device to check."""

    name: str
    folder: Path
    place: str = ""
    kind: str = "scanner"
    clock: Callable[[], float] = time.time
    """Seconds since 1970."""
    _first: dict[tuple[Path, int], float] = field(default_factory=dict, compare=False, repr=False)
    """When each file, by its inode, was first seen by a check."""

    def check(self) -> Sequence[DeviceFinding]:
        """Return what is wrong with the folder. File names may be personal: they are counted."""
        try:
            paths = list(self.folder.iterdir())
        except OSError as error:
            return [DeviceFinding("folder_away", f"{self.folder}: {describe_error(error)}")]
        if not os.access(self.folder, os.W_OK | os.X_OK):
            return [DeviceFinding("folder_not_writable", str(self.folder))]
        self._remember(paths)
        kinds = Counter(filter(None, map(self._stays, paths)))
        found = []
        if kinds:
            shown = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
            found.append(DeviceFinding("files_stay", f"{self.folder}: {shown}"))
        if wrong := wrong_time(self.folder):
            found.append(DeviceFinding("scanner_clock_wrong", f"{self.folder}: {wrong}"))
        return found

    def _remember(self, paths: Sequence[Path]) -> None:
        """Keep since when each file is there, and forget those that are gone."""
        now, here = self.clock(), {}
        for path in paths:
            with suppress(OSError):
                key = path, path.lstat().st_ino
                here[key] = self._first.get(key, now)
        self._first.clear()
        self._first.update(here)

    def _stays(self, path: Path) -> str:
        """Return what it is that stays in the folder; "" for what need not go, or came just now.

        An ending, `file` for any other, or what it is when it is no file. By the time of change,
        which no program sets; what never stops changing stays, too, by the checks before this one.
        """
        if path.name in (CLAIMED, TAKEN, REFUSED) or is_of_the_system(path.name):
            return ""
        try:
            status = path.lstat()
        except OSError:
            return ""  # taken meanwhile
        now = self.clock()
        there_for = now - self._first.get((path, status.st_ino), now)
        changing = now - status.st_ctime < STAYS_AFTER
        if changing and there_for < RESTLESS_AFTER:
            return ""
        if not is_file(status):
            return what_is(status)
        ending = path.suffix.lower()
        kind = ending if ending in _NAMED_ENDINGS else "file"
        return f"{kind} still changing" if changing else kind
