"""Whether a file in the hot folder has come to rest: nothing of it changed for a while.

Four marks are compared, because a writer may keep each of them: the size (it was reserved before
the bytes came), the modification time (set back by the program that copies), the time of change,
which no program sets, and the inode. The clock is an argument.
"""

import os
import stat
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

_KINDS = {
    stat.S_IFREG: "file",
    stat.S_IFDIR: "folder",
    stat.S_IFLNK: "link",
    stat.S_IFIFO: "pipe",
}


@dataclass(frozen=True, slots=True)
class Marks:
    """How a file stands there; times in nanoseconds."""

    inode: int
    size: int
    modified: int
    changed: int

    def same_content(self, other: "Marks") -> bool:
        """Tell whether the bytes are the same; a change of name sets the time of change."""
        return (self.inode, self.size, self.modified) == (other.inode, other.size, other.modified)


def is_file(status: os.stat_result) -> bool:
    """Tell whether it is a file: no folder, no link, no line to another program."""
    return stat.S_ISREG(status.st_mode)


def what_is(status: os.stat_result) -> str:
    """Return in a word what stands there: `file`, `folder`, `link`, `pipe`, or `special`.

    `special`: a socket or a device.
    """
    return _KINDS.get(stat.S_IFMT(status.st_mode), "special")


def marks_of(status: os.stat_result) -> Marks:
    """Return the marks of a file or a folder."""
    return Marks(status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


class AtRest:
    """Remembers since when each file looks as it does."""

    def __init__(self, rest: timedelta) -> None:
        self._rest = rest.total_seconds()
        self._since: dict[Path, tuple[Marks, float]] = {}
        self._first: dict[Path, float] = {}
        self._here: set[Path] = set()

    def rested(self, path: Path, marks: Marks, now: float) -> bool:
        """Tell whether the file was seen like this before, and for long enough."""
        self._here.add(path)
        self._first.setdefault(path, now)
        known = self._since.get(path)
        if known is None or known[0] != marks:
            self._since[path] = marks, now
            return False
        return now - known[1] >= self._rest

    def since(self, path: Path) -> float:
        """Return from when on it looked as it does now; by the clock of `rested`."""
        return self._since[path][1]

    def first_seen(self, path: Path) -> float:
        """Return from when on it was there at each look; by the clock of `rested`."""
        return self._first[path]

    def forget(self, path: Path) -> None:
        """Forget a file: what comes under its name is another one."""
        self._since.pop(path, None)
        self._first.pop(path, None)

    def end_poll(self) -> set[Path]:
        """Forget the files that were not there at this look; return those that were."""
        here, self._here = self._here, set()
        self._since = {path: known for path, known in self._since.items() if path in here}
        self._first = {path: first for path, first in self._first.items() if path in here}
        return here
