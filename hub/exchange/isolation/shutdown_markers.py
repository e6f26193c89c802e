"""Shutdown markers: files that say which work a stop ended, where the store cannot be told.

A stop while the store is away is no crash, but the store still shows the work as begun. So the
process leaves a file on its own machine, and the next start there tells the store. Nothing is
promised: a process on another machine, or after a disk that was full, finds no file and counts the
stop as a crash. So does a start that cannot read or remove the file: a file that stays would excuse
every later crash.
"""

import contextlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Marker:
    """A piece of work that a stop ended: its key, its number under that key, and the file."""

    key: str
    number: int
    path: Path

    def forget(self) -> None:
        """Remove the file. One that cannot be removed although it could be read stays."""
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)


class ShutdownMarkers:
    """One kind of work; a file for each piece of it."""

    def __init__(self, directory: Path | None, kind: str) -> None:
        """`directory`: the folder of the files; without it none are left."""
        self._directory = directory
        self._kind = kind

    def leave(self, key: str, number: int) -> Marker | None:
        """Mark that the work was stopped; where that cannot be written, nothing is."""
        if self._directory is None:
            return None
        path = self._directory / self._name(key, number)
        with contextlib.suppress(OSError):
            self._directory.mkdir(mode=0o700, exist_ok=True)
            path.write_text(f"{number} {key}", encoding="utf-8")
            path.chmod(0o600)
        return Marker(key, number, path)

    def left(self) -> list[Marker]:
        """Return what was marked by earlier processes and not forgotten."""
        left = []
        for path in self.files(f"{self._kind}-*"):
            number, _, key = _text_of(path).partition(" ")
            if number.isdecimal() and path.name == self._name(key, int(number)):
                left.append(Marker(key, int(number), path))
        return left

    def left_by_last_release(self, keys: Iterable[str] = ()) -> list[Marker]:
        """Return what release 0.2 marked; gone in 0.4.

        Its file of a query was `question-DESTINATION-DELIVERY-NUMBER`. Its file of a message was
        the SHA-256 of the key, and held the number: `keys` are those that may be meant.
        """
        if self._kind.startswith("query-"):
            former = f"question-{self._kind.removeprefix('query-')}-"
            return list(_former_queries(self.files(f"{former}*-*"), former))
        named = {sha256(key.encode()).hexdigest(): key for key in keys}
        return [
            Marker(named[path.name], int(_text_of(path)), path)
            for path in self.files("*")
            if path.name in named and _text_of(path).isdecimal()
        ]

    def files(self, pattern: str) -> list[Path]:
        """Return the files of a pattern, none from a folder in which nothing can be removed."""
        if self._directory is None or not os.access(self._directory, os.W_OK | os.X_OK):
            return []
        return sorted(self._directory.glob(pattern))

    def _name(self, key: str, number: int) -> str:
        return f"{self._kind}-{sha256(f'{number} {key}'.encode()).hexdigest()}"


def _former_queries(paths: Iterable[Path], prefix: str) -> Iterator[Marker]:
    for path in paths:
        delivery, _, number = path.name.removeprefix(prefix).partition("-")
        if delivery.isdecimal() and number.isdecimal():
            yield Marker(delivery, int(number), path)


def _text_of(path: Path) -> str:
    """Return what a file says, nothing where it cannot be read or has gone meanwhile."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
