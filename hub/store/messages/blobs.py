"""The blob store: file bodies on disk, addressed by their sha256 (claim check).

`write` and `Upload` stream: memory stays flat whatever the size, and each byte is written once. A
file is complete and synced before its name appears, so a path that exists is always whole. What
does not become whole is removed at once; what a killed process left, by `remove_leftovers`.
`remove` takes away only what nobody has touched for a while: to store a file that is here, to ask
for its size and to accept a message that names it touches it.

Where the store has a `check`, a file whose content it refuses is not stored. A file that nobody
could send again is kept nevertheless (`keep`), and what was found is noted before it can be seen.
"""

import contextlib
import fcntl
import hashlib
import os
import tempfile
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

import sqlalchemy as sa

from hub.messages.envelope import Attachment
from hub.messages.invalid import InvalidMessage
from hub.ports.files import NO_CLAIMS, FileCheck, FileClaims, FileNotes
from hub.store.engine.file_rights import make_directory
from hub.store.engine.store import Tx, insert_for
from hub.store.schema.tables.exchange import blobs
from hub.store.statements.compiled import Compiled, columns_of

_CHUNK = 256 * 1024
SYNCED_EACH = 8 * 1024 * 1024
"""Bytes of a file that are synced together. Trap: a database on the same disk commits by a sync,
which may wait for all that the system has not written yet; of a large file that takes seconds."""
_UNDER_WAY = ".in-"
"""How the names of files begin that are not whole yet."""
_RESUMABLE = ".tus-"
CLEANED = ".clean"
"""How the name of a cleaned copy ends, beside the file it is made of."""
_REGISTER = Compiled(
    lambda dialect: insert_for(dialect, blobs).on_conflict_do_nothing(),
    columns=columns_of(blobs, "unneeded_at"),
)
_MEDIA_TYPE = Compiled(sa.select(blobs.c.media_type).where(blobs.c.sha256 == sa.bindparam("which")))


class ReadableFile(Protocol):
    """What can be read piece by piece; b"" is its end."""

    def read(self, size: int = ..., /) -> bytes:
        """Return the next piece."""


class BlobStore:
    """Files below one directory, two levels of folders by hash."""

    def __init__(
        self,
        directory: Path,
        *,
        limit: int = 200 * 1024 * 1024,
        check: FileCheck | None = None,
        note: FileNotes = lambda _sha256, _code, _why: None,
    ) -> None:
        self.directory = directory
        self.limit = limit
        """Largest file in bytes."""
        self.check = check
        """Decides by its content whether a file may be stored; None: every file may."""
        self.note = note
        make_directory(directory)

    def path(self, sha256: str) -> Path:
        """Return where the file is; raises InvalidMessage when it is not in the store."""
        place = self.place(sha256)
        if not place.is_file():
            raise InvalidMessage("file_missing", where=sha256[:64], why="not in the file store")
        return place

    def size_of(self, sha256: str) -> int | None:
        """Touch a stored file; return its size in bytes, None when it is not in the store."""
        place = self.place(sha256)
        try:
            os.utime(place)
            return place.stat().st_size
        except FileNotFoundError:
            return None

    def remove(self, sha256: str, *, untouched: timedelta) -> bool:
        """Remove a file that nobody has touched for so long; False when somebody has.

        It is moved aside before its time is read: a touch comes either before the move, and the
        file is put back, or after it, and the sender finds nothing and stores it anew.
        """
        self.put_back(sha256)
        place, aside = self.place(sha256), self._aside(sha256)
        oldest = time.time() - untouched.total_seconds()
        try:
            if place.stat().st_mtime > oldest:
                return False
            place.rename(aside)
        except FileNotFoundError:
            return True
        if aside.stat().st_mtime > oldest:
            aside.rename(place)
            return False
        aside.unlink()
        return True

    def put_back(self, sha256: str) -> None:
        """Put back what a process that died had moved aside: it may have been touched before.

        Like `remove`, for one process at a time.
        """
        aside = self._aside(sha256)
        with contextlib.suppress(FileNotFoundError, FileExistsError):
            os.link(aside, self.place(sha256))
        aside.unlink(missing_ok=True)

    def _aside(self, sha256: str) -> Path:
        return self.directory / f".out-{sha256}"

    def place(self, sha256: str) -> Path:
        """Return where the file is or would be; raises InvalidMessage for what is no sha256."""
        if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
            raise InvalidMessage("file_hash_wrong", where="sha256", why="not a sha256 in hex")
        return self.directory / sha256[:2] / sha256[2:4] / sha256

    def write(
        self,
        stream: ReadableFile,
        *,
        sha256: str = "",
        claims: FileClaims = NO_CLAIMS,
        keep: bool = False,
    ) -> tuple[str, int]:
        """Store the stream and return (sha256, bytes).

        Raises InvalidMessage over the limit or when the content is not `sha256`, and what the
        check raises; nothing stays then. `keep`: what the check refuses is kept and noted.
        """
        upload = self.begin()
        try:
            while chunk := stream.read(_CHUNK):
                upload.write(chunk)
            return upload.finish(sha256=sha256, claims=claims, keep=keep)
        finally:
            upload.abandon()

    def adopt(
        self, place: Path, sha256: str, *, claims: FileClaims = NO_CLAIMS, keep: bool = False
    ) -> tuple[str, int]:
        """Move a whole, synced file of this directory into the store; return (sha256, bytes).

        The sha256 is another one than given where the check cleaned the file. Raises what the
        check raises; the file stays where it was then.
        """
        unscanned = ""
        if self.check is not None:
            try:
                checked = self.check(place, claims)
            except InvalidMessage as refused:
                if not keep:
                    raise
                self.note(sha256, refused.code, refused.why)
            else:
                unscanned = checked.unscanned
                if checked.cleaned is not None and keep:  # its giver knows it by this sha256
                    checked.cleaned.unlink()
                    self.note(sha256, "file_active", "kept as it was given")
                elif checked.cleaned is not None:
                    sha256 = _replace(place, checked.cleaned)
        if unscanned:
            self.note(sha256, "scanner_away", unscanned)
        size = place.stat().st_size
        _publish(place, self.place(sha256))
        return sha256, size

    def part(self, id: str) -> Path:
        """Return where the bytes of a resumable upload are until it is whole."""
        return self.directory / f"{_RESUMABLE}{id}"

    def make_part(self, id: str) -> None:
        """Make the file of a resumable upload; its name survives a power cut."""
        os.close(os.open(self.part(id), os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        sync_folder(self.directory)

    def remove_part(self, id: str) -> None:
        """Remove the bytes of a resumable upload, where there are any."""
        place = self.part(id)
        place.unlink(missing_ok=True)
        place.with_name(place.name + CLEANED).unlink(missing_ok=True)

    def parts_untouched_since(self, moment: float) -> list[str]:
        """Return the ids of resumable uploads whose bytes nobody has written since a time."""
        found = []
        for place in self.directory.glob(f"{_RESUMABLE}*"):
            with contextlib.suppress(FileNotFoundError):
                if place.suffix != CLEANED and place.stat().st_mtime < moment:
                    found.append(place.name.removeprefix(_RESUMABLE))
        return sorted(found)

    def begin(self) -> "Upload":
        """Begin a file that comes in parts; end it by `finish` or `abandon`."""
        return Upload(self)

    def remove_leftovers(self) -> int:
        """Remove what processes that were killed had not finished; return how many files.

        What another process is writing just now is locked by it, and left alone.
        """
        count = 0
        for place in self.directory.glob(f"{_UNDER_WAY}*"):
            if place.suffix == CLEANED:
                continue
            with contextlib.suppress(OSError), place.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                place.unlink()
                count += 1
        for place in self.directory.glob(f".*{CLEANED}"):  # goes with the file it was made of
            if not place.with_name(place.name.removesuffix(CLEANED)).exists():
                place.unlink(missing_ok=True)
        return count


class Upload:
    """A file on its way into the store; used by one thread at a time."""

    def __init__(self, store: BlobStore) -> None:
        self._store = store
        self._digest = hashlib.sha256()
        self._size = self._unsynced = 0
        self._handle, self._place = _locked(store.directory)

    def write(self, part: bytes) -> None:
        """Append a part; raises InvalidMessage (`file_too_large`) over the store's limit."""
        self._size += len(part)
        if self._size > self._store.limit:
            why = f"over {self._store.limit} bytes"
            raise InvalidMessage("file_too_large", where="file", why=why)
        self._digest.update(part)
        view = memoryview(part)
        while view:
            view = view[os.write(self._handle, view) :]
        self._unsynced += len(part)
        if self._unsynced >= SYNCED_EACH:
            os.fdatasync(self._handle)
            self._unsynced = 0

    def finish(
        self, *, sha256: str = "", claims: FileClaims = NO_CLAIMS, keep: bool = False
    ) -> tuple[str, int]:
        """Store what was written and return (sha256, bytes), see `BlobStore.adopt`.

        Raises InvalidMessage when the content is not `sha256`, and what the check raises.
        """
        found = self._digest.hexdigest()
        if sha256 and found != sha256:
            raise InvalidMessage("file_hash_wrong", where="file", why="content differs")
        os.fdatasync(self._handle)
        stored = self._store.adopt(self._place, found, claims=claims, keep=keep)
        self._close()
        return stored

    def abandon(self) -> None:
        """Remove what is not finished; does nothing to what is, and may be called twice."""
        if self._handle >= 0:
            self._place.unlink(missing_ok=True)
            self._close()

    def _close(self) -> None:
        handle, self._handle = self._handle, -1
        os.close(handle)


def _locked(directory: Path) -> tuple[int, Path]:
    """Return a new file, locked for as long as this process has it open."""
    while True:
        handle, name = tempfile.mkstemp(dir=directory, prefix=_UNDER_WAY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            taken = os.fstat(handle).st_nlink == 0
        except BlockingIOError:
            taken = True  # by `remove_leftovers`, in the moment between the two calls
        if not taken:
            return handle, Path(name)
        os.close(handle)


def sha256_of(place: Path) -> str:
    """Return the sha256 of a file, read piece by piece."""
    with place.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _replace(place: Path, cleaned: Path) -> str:
    """Put the synced, cleaned copy in the place of its file; return its sha256."""
    with cleaned.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        os.fdatasync(file)
    cleaned.replace(place)
    return sha256


def _publish(temporary: Path, place: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.utime(place)
        temporary.unlink()
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    temporary.rename(place)
    # the rename itself must survive a power cut before anybody is told of the file
    sync_folder(place.parent)


def sync_folder(folder: Path) -> None:
    """Make names that were given or taken away in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


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
