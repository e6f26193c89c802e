"""The blob store: file bodies on disk, addressed by their sha256 (claim check).

`write` streams: memory stays flat whatever the size. A file is complete and synced before its name
appears, so a path that exists is always whole. Nothing is deleted here.
"""

import hashlib
import os
import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import sqlalchemy as sa

from hub.messages.envelope import Attachment
from hub.messages.invalid import InvalidMessage
from hub.store.engine import Tx, insert_for
from hub.store.prepared import Prepared, columns_of
from hub.store.tables import blobs

_CHUNK = 256 * 1024
_REGISTER = Prepared(
    lambda dialect: insert_for(dialect, blobs).on_conflict_do_nothing(),
    columns=columns_of(blobs),
)
_MEDIA_TYPE = Prepared(sa.select(blobs.c.media_type).where(blobs.c.sha256 == sa.bindparam("which")))


class BlobStore:
    """Files below one directory, two levels of folders by hash."""

    def __init__(self, directory: Path, *, limit: int = 200 * 1024 * 1024) -> None:
        self.directory = directory
        self.limit = limit
        """Largest file in bytes."""
        directory.mkdir(parents=True, exist_ok=True)

    def path(self, sha256: str) -> Path:
        """Return where the file is; raises InvalidMessage when it is not in the store."""
        place = self._place(sha256)
        if not place.is_file():
            raise InvalidMessage("file_missing", where=sha256[:64], why="not in the file store")
        return place

    def _place(self, sha256: str) -> Path:
        if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
            raise InvalidMessage("file_hash_wrong", where="sha256", why="not a sha256 in hex")
        return self.directory / sha256[:2] / sha256[2:4] / sha256

    def write(self, stream: BinaryIO, *, sha256: str = "") -> tuple[str, int]:
        """Store the stream and return (sha256, bytes).

        Raises InvalidMessage over the limit or when the content is not `sha256`; nothing stays.
        """
        digest, size = hashlib.sha256(), 0
        handle, name = tempfile.mkstemp(dir=self.directory, prefix=".in-")
        try:
            with os.fdopen(handle, "wb") as file:
                while chunk := stream.read(_CHUNK):
                    size += len(chunk)
                    if size > self.limit:
                        why = f"over {self.limit} bytes"
                        raise InvalidMessage("file_too_large", where="file", why=why)
                    digest.update(chunk)
                    file.write(chunk)
                file.flush()
                os.fdatasync(file.fileno())
            found = digest.hexdigest()
            if sha256 and found != sha256:
                raise InvalidMessage("file_hash_wrong", where="file", why="content differs")
            self._publish(Path(name), self._place(found))
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        return found, size

    def _publish(self, temporary: Path, place: Path) -> None:
        if place.exists():
            temporary.unlink()
            return
        place.parent.mkdir(parents=True, exist_ok=True)
        temporary.rename(place)
        # the rename itself must survive a power cut before anybody is told of the file
        folder = os.open(place.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def register(tx: Tx, files: Sequence[Attachment], *, now: datetime) -> None:
    """Record files that messages refer to; a second time changes nothing."""
    rows = [
        {"sha256": f.sha256, "size": f.size, "media_type": f.media_type, "created_at": now}
        for f in files
    ]
    if rows:
        _REGISTER.run_each(tx, rows)


def media_type_of(tx: Tx, sha256: str) -> str | None:
    """Return the media type under which a file was first stored, None when it never was."""
    row = _MEDIA_TYPE.one_or_none(tx, {"which": sha256})
    return row.media_type if row else None
