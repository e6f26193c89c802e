"""The files of spooled events: on the disk before an event names them, removed after the answer.

A file is written beside its place, synced, and then renamed to its sha256. What a crash leaves
half written is removed at the next start.
"""

import hashlib
import os
import secrets
import time
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from hub.edge.spool.database import SpoolDatabase

FOLDER = "files"
_PART = ".part"
PIECE = 256 * 1024
"""Bytes read at once."""
UNNAMED_SECONDS = 24 * 3600
"""After which a file goes that no event came to name."""


SENT_SECONDS = 600
"""After which a file goes whose events the hub has."""


class SpoolFiles:
    """The folder of one spool."""

    def __init__(self, directory: Path, database: SpoolDatabase) -> None:
        self.folder = directory / FOLDER
        self.folder.mkdir(mode=0o700, exist_ok=True)
        self._database = database

    def remove_leftovers(self) -> int:
        """Remove what a crash left, and files that no event names; return how many."""
        kept = {row["sha256"] for row in self._database.all("SELECT sha256 FROM files")}
        count = 0
        for path in self.folder.iterdir():
            if path.name not in kept:
                path.unlink(missing_ok=True)
                count += 1
        return count

    def path(self, sha256: str) -> Path:
        """Return where a file is."""
        return self.folder / sha256

    def write(self, stream: BinaryIO, *, name: str, media_type: str, most: int) -> tuple[str, int]:
        """Store a file durably and return (sha256, bytes). Raises OSError over `most` bytes."""
        part = self.folder / f"{secrets.token_hex(8)}{_PART}"
        try:
            sha256, size = _copy(stream, part, most)
            with self._database.write() as tx:
                part.replace(self.path(sha256))
                tx.execute(
                    "INSERT INTO files (sha256, size, name, media_type, put_at)"
                    " VALUES (?, ?, ?, ?, ?)"
                    " ON CONFLICT (sha256) DO UPDATE SET put_at = excluded.put_at",
                    (sha256, size, name, media_type, time.time()),
                )
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)
        return sha256, size

    def size_of(self, sha256: str) -> int | None:
        """Return the size of a stored file, None where it is not there."""
        rows = self._database.all("SELECT size FROM files WHERE sha256 = ?", sha256)
        return rows[0]["size"] if rows and self.path(sha256).exists() else None

    def remove_unneeded(self) -> None:
        """Remove files whose events have gone, and old ones that no event came to name.

        Not at once: a file that was just put again is named by an event in a moment.
        """
        now = time.time()
        with self._database.write() as tx:
            rows = tx.execute(
                "SELECT sha256 FROM files WHERE (put_at < ? OR stored_sha256 <> '' AND put_at < ?)"
                " AND sha256 NOT IN (SELECT sha256 FROM event_files)",
                (now - UNNAMED_SECONDS, now - SENT_SECONDS),
            ).fetchall()
            for row in rows:
                tx.execute("DELETE FROM files WHERE sha256 = ?", (row["sha256"],))
                # Within: what is put meanwhile waits for this transaction, and is not removed.
                self.path(row["sha256"]).unlink(missing_ok=True)


def _copy(stream: BinaryIO, place: Path, most: int) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with place.open("xb") as part:
        while piece := stream.read(PIECE):
            size += len(piece)
            if size > most:
                raise OSError(f"the spool has room for {most} bytes only")
            digest.update(piece)
            part.write(piece)
        part.flush()
        os.fsync(part.fileno())
    return digest.hexdigest(), size
