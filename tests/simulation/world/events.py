"""What happened in a story, in order: its table for a person and its hash for the replay."""

import hashlib
from typing import NamedTuple


class Happening(NamedTuple):
    """One line of a story."""

    at: float
    """Virtual seconds."""
    actor: str
    what: str


def short(number: str) -> str:
    """Return what tells a dossier from the others of its agency: its day and its place."""
    return number[-11:]


class Events:
    """The log of one story."""

    def __init__(self) -> None:
        self.all: list[Happening] = []
        self._hash = hashlib.sha256()

    def add(self, at: float, actor: str, what: str) -> None:
        """Write a line."""
        line = Happening(at, actor, what)
        self.all.append(line)
        self._hash.update(f"{at:.6f}\x1f{actor}\x1f{what}\n".encode())

    @property
    def digest(self) -> str:
        """The hash of all that happened: two runs of one seed have the same."""
        return self._hash.hexdigest()
