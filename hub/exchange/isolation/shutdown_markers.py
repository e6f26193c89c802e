"""Shutdown markers: files that say which work a stop ended, where the store cannot be told.

A stop while the store is away is no crash, but the store still shows the work as begun. So the
process leaves a file on its own machine, and the next start there tells the store. Nothing is
promised: a process on another machine, or after a disk that was full, finds no file and counts the
stop as a crash.
"""

import contextlib
from hashlib import sha256
from pathlib import Path


class ShutdownMarkers:
    """One kind of work; a file for each piece of it: its key, and its number under that key."""

    def __init__(self, directory: Path | None, kind: str) -> None:
        """`directory`: the folder of the files; without it none are left."""
        self._directory = directory
        self._kind = kind

    def leave(self, key: str, number: int) -> None:
        """Mark that the work was stopped; where that cannot be written, nothing is."""
        if self._directory is not None:
            with contextlib.suppress(OSError):
                self._directory.mkdir(mode=0o700, exist_ok=True)
                path = self._path(self._directory, key, number)
                path.write_text(f"{number} {key}", encoding="utf-8")
                path.chmod(0o600)

    def left(self) -> list[tuple[str, int]]:
        """Return what was marked by earlier processes and not forgotten: keys and numbers."""
        if self._directory is None or not self._directory.is_dir():
            return []
        left = []
        for path in sorted(self._directory.glob(f"{self._kind}-*")):
            number, _, key = path.read_text(encoding="utf-8", errors="replace").partition(" ")
            if number.isdecimal() and path == self._path(self._directory, key, int(number)):
                left.append((key, int(number)))
        return left

    def forget(self, key: str, number: int) -> None:
        """Take the file away. Raises OSError: one that stays would excuse the next crash."""
        if self._directory is not None:
            self._path(self._directory, key, number).unlink(missing_ok=True)

    def _path(self, directory: Path, key: str, number: int) -> Path:
        return directory / f"{self._kind}-{sha256(f'{number} {key}'.encode()).hexdigest()}"
