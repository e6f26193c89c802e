"""The archive of an installation and the scanner's copies: how long what is kept, and where.

A part of the composition root, light like `hub.bootstrap.installation`: a command that archives
needs no web server, no broker, no partner.
"""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from adapters.devices.scanner import copies
from adapters.devices.scanner.claims import CLAIMED
from hub.operations.archive.config import Archive
from hub.ports import Clock
from hub.settings import Settings
from hub.store.engine.store import Store
from hub.store.messages.blobs import BlobStore


def make_archive(
    settings: Settings,
    store: Store,
    *,
    clock: Clock,
    progress: Callable[[str, int], None] = lambda *_: None,
    waiting: Callable[[bool], None] = lambda _: None,
) -> Archive:
    """Return the archive that the settings describe."""
    limit = settings.file_limit_mb * 1024 * 1024
    return Archive(
        store=store,
        files=BlobStore(Path(settings.data_dir) / "files", limit=limit),
        folder=settings.archive_folder,
        clock=clock,
        after=timedelta(days=settings.archive_after_days),
        personal=timedelta(days=settings.personal_days),
        progress=progress,
        waiting=waiting,
    )


def forget_scans(settings: Settings, number: str) -> int:
    """Remove the scanner's own copies of a dossier's papers; return how many."""
    folders = [settings.scans / name for name in ("", copies.TAKEN, copies.REFUSED)]
    folders += (settings.scans / CLAIMED).glob("*")
    return copies.remove_of(folders, number)
