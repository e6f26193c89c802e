"""Whether the stored files of a dossier are on the disk, whole, before the dossier is archived.

A folder that is not mounted, or a damaged disk, would else have dossiers leave without their papers
and have the papers removed when the disk is back.
"""

import hashlib

from hub.messages.invalid import InvalidMessage
from hub.rules.retention.ends import KeepReason
from hub.store.archive.rows import Rows
from hub.store.messages.blobs import BlobStore


def missing(files: BlobStore, here: Rows) -> KeepReason | None:
    """Return `Kept.FILE_MISSING` unless every stored file of a dossier has its hash."""
    for sha256 in here.stored:
        try:
            with files.path(sha256).open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except (InvalidMessage, OSError):  # not there, or the disk does not read it
            return KeepReason.FILE_MISSING
        if found != sha256:
            return KeepReason.FILE_MISSING
    return None
