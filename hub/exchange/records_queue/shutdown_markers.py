"""Stop notes: that a lone try was ended by a stop, left where the store cannot be told.

A stop while the store is away is no death of the message, but its mark stands in the store. So the
process leaves a note on its own machine, and whoever starts there next does not count that try.
Nothing is promised: a process on another machine, or after a disk that was full, finds no note and
counts the stop as an end.
"""

import contextlib
from hashlib import sha256
from pathlib import Path


class ShutdownMarkers:
    """A file for each message whose lone try was stopped: the number of that try."""

    def __init__(self, directory: Path | None) -> None:
        self._directory = directory

    def leave(self, key: str, number: int) -> None:
        """Note that the `number`-th try was stopped; where that cannot be written, nothing is."""
        if self._directory is not None:
            with contextlib.suppress(OSError):
                self._directory.mkdir(exist_ok=True)
                self._path(self._directory, key).write_text(str(number), encoding="ascii")

    def says(self, key: str, number: int) -> bool:
        """Tell whether the `number`-th try is known to have been stopped."""
        if self._directory is None:
            return False
        with contextlib.suppress(OSError):
            return self._path(self._directory, key).read_bytes() == b"%d" % number
        return False

    def forget(self, key: str) -> None:
        """Take the note away. Raises OSError: one that stays would excuse the next death."""
        if self._directory is not None:
            self._path(self._directory, key).unlink(missing_ok=True)

    @staticmethod
    def _path(directory: Path, key: str) -> Path:
        return directory / sha256(key.encode()).hexdigest()
