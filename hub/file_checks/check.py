"""The check before the file store: a file's type by its content, a parse, a virus scan.

Few files are parsed at once, each in a process of its own; the hub's memory stays flat whatever
the file is. Not promised: that a reader elsewhere finds nothing wrong with the file.
"""

import threading
from dataclasses import dataclass, field
from pathlib import Path

from hub.file_checks import child, office
from hub.file_checks.apart import parsed_apart
from hub.file_checks.clamd import Clamd
from hub.messages.invalid import InvalidMessage
from hub.ports.files import NO_CLAIMS, CheckedFile, FileClaims, ScannerAway
from hub.rules import file_types

AT_ONCE = 2
CLEANED = ".clean"
"""How the name of a cleaned copy ends, beside the file it was made of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentCheck:
    """Checks files; threads share it."""

    cleans: bool = False
    """Whether active content of a PDF is taken out, instead of refusing the file."""
    scanner: Clamd | None = None
    scanner_needed: bool = True
    """Whether a file that no scanner has seen is refused for now."""
    _slots: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(AT_ONCE))

    def __call__(self, place: Path, claims: FileClaims = NO_CLAIMS) -> CheckedFile:
        """Return what to store; raises InvalidMessage or ScannerAway."""
        with place.open("rb") as file:
            media_type = file_types.type_of(file.read(file_types.HEAD))
        if not media_type:
            raise _refused("file_type_refused", "none of PDF, JPEG, PNG, TIFF, XML, docx, xlsx")
        if lie := self.lie_of(place, claims):
            why = "the content is another"
            raise InvalidMessage("file_type_differs", where=lie, why=why)
        unscanned = self._scanned(place)
        cleaned = place.with_name(place.name + CLEANED)
        with self._slots:
            others = (cleaned,) if self.cleans else ()
            found = parsed_apart(child.__name__, place, media_type, *others, called="parser")
        if found.get("code"):
            cleaned.unlink(missing_ok=True)
            raise _refused(str(found["code"]), str(found["why"]))
        return CheckedFile(cleaned if found.get("cleaned") else None, unscanned)

    def lie_of(self, place: Path, claims: FileClaims) -> str:
        """Return which claim the content contradicts, `name` or `media_type`; "" for none."""
        with place.open("rb") as file:
            media_type = file_types.type_of(file.read(file_types.HEAD))
        if media_type == file_types.ZIP:
            media_type = office.media_type_of(place)
        return file_types.lie_of(media_type, name=claims.name, declared=claims.media_type)

    def scanner_trouble(self) -> str:
        """Return why the scanner does not answer, "" when it does or there is none."""
        try:
            if self.scanner is not None:
                self.scanner.version()
        except ScannerAway as away:
            return str(away)
        return ""

    def virus_in(self, place: Path) -> str:
        """Return what the scanner finds, "" for nothing and where there is no scanner."""
        return self.scanner.virus_in(place) if self.scanner else ""

    def _scanned(self, place: Path) -> str:
        """Return why the file was not scanned, "" when it is clean or nothing scans here."""
        try:
            virus = self.virus_in(place)
        except ScannerAway as away:
            if self.scanner_needed:
                raise
            return str(away)
        if virus:
            raise _refused("file_infected", virus)
        return ""


def _refused(code: str, why: str) -> InvalidMessage:
    return InvalidMessage(code, where="file", why=why)
