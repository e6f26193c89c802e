"""The archive of an installation and the scanner's copies: how long what is kept, and where.

A part of the composition root, light like `hub.bootstrap.installation`: a command that archives
needs no web server, no broker, no partner.
"""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from adapters.devices.scanner import copies
from adapters.devices.scanner.claims import CLAIMED
from hub.bootstrap.files.device_file import devices_of_settings
from hub.operations.archive.config import Archive
from hub.ports import Clock
from hub.rules.devices.reading import SCANNER
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
    """Remove the copies of a dossier's papers in every scan folder of this machine.

    Return how many. A refused stack tells no dossier: it goes by its age, as do the copies on
    workstations. Raises SettingsError for a file of devices without use; then nothing was removed.
    """
    scanners = (it for it in devices_of_settings(settings) if it.kind == SCANNER)
    roots = [settings.scans, *(Path(it.values["folder"]) for it in scanners)]
    folders = [root / name for root in roots for name in ("", copies.TAKEN, copies.REFUSED)]
    folders += (claimed for root in roots for claimed in (root / CLAIMED).glob("*"))
    return copies.remove_of(folders, number)
