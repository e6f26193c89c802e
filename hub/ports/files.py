"""What stands before the file store: a check of the content, and a place for what it found."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


class ScannerAway(OSError):
    """The virus scanner does not answer: nothing is stored, and the same file may come again."""


@dataclass(frozen=True, slots=True)
class FileClaims:
    """What its sender says of a file; "" for no claim."""

    name: str = ""
    media_type: str = ""


NO_CLAIMS = FileClaims()


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """A file that may be stored."""

    cleaned: Path | None = None
    """The copy without active content that is to be stored instead of it."""
    unscanned: str = ""
    """Why no virus scanner has seen it, where one is wanted."""


class FileCheck(Protocol):
    """Decides by its content whether a file may be stored; threads share it."""

    def __call__(self, place: Path, claims: FileClaims) -> CheckedFile:
        """Raise InvalidMessage for a file that must not be stored, or ScannerAway."""

    def lie_of(self, place: Path, claims: FileClaims) -> str:
        """Return which claim the content of a file contradicts, `name` or `media_type`, "" for
        none."""

    def scanner_trouble(self) -> str:
        """Return why the wanted virus scanner does not answer, "" when it does or none is set."""

    def virus_in(self, place: Path) -> str:
        """Return what a scanner finds in a stored file, "" for nothing; raises ScannerAway."""


class FileNotes(Protocol):
    """Keeps what was found in a file that is stored nevertheless."""

    def __call__(self, sha256: str, code: str, why: str) -> None:
        """Durable when it returns; `code` is a fault code, `why` holds no personal data."""
