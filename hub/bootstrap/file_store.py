"""The file store by the settings, the check before it, and where it keeps what that found."""

from dataclasses import dataclass
from pathlib import Path

from hub.file_checks.check import ContentCheck
from hub.file_checks.clamd import Clamd
from hub.ports import Clock
from hub.ports.files import FileCheck
from hub.settings import Settings
from hub.store.engine.store import Store
from hub.store.messages import file_findings
from hub.store.messages.blobs import BlobStore
from hub.store.messages.file_findings import FileFinding


def make_file_store(settings: Settings, store: Store, clock: Clock) -> BlobStore:
    """Return where the hub keeps files."""
    return BlobStore(
        Path(settings.data_dir) / "files",
        limit=settings.file_limit_mb * 1024 * 1024,
        check=make_file_check(settings),
        note=FileNoting(store, clock),
    )


def make_file_check(settings: Settings) -> FileCheck | None:
    """Return what every file has to pass, None where the settings want no check."""
    if settings.file_check == "off":
        return None
    return ContentCheck(
        cleans=settings.file_active == "clean",
        scanner=Clamd(settings.virus_scanner_url) if settings.virus_scanner_url else None,
        scanner_needed=settings.virus_scanner_away == "refuse",
    )


@dataclass(frozen=True, slots=True)
class FileNoting:
    """Keeps in the store what was found in a file that is kept nevertheless."""

    store: Store
    clock: Clock

    def __call__(self, sha256: str, code: str, why: str) -> None:
        """Durable when it returns."""
        with self.store.write() as tx:
            file_findings.record(tx, FileFinding(sha256, code, why, self.clock()))
