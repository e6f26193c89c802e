"""Uploads in the store: made, written part by part, made whole, ended. Blocks: for threads.

Every write of an upload's file, and what the database says of it, happens under a lock of that
file, which all processes on the file store share. What is told as received was synced before.
A request that takes the upload over raises its fence; the older one finds that out before it
writes the next piece, so what it wrote until then is kept, and nothing of it is written twice.
"""

import fcntl
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta

from hub.gateway import refused_files
from hub.gateway.partner_calls.refusals import RefusedCall
from hub.gateway.resumable import protocol
from hub.gateway.resumable.protocol import Checksum
from hub.messages.invalid import InvalidMessage
from hub.ports import Clock
from hub.runtime.failpoints import Point, passing
from hub.store.engine.store import Store
from hub.store.messages import uploads
from hub.store.messages.blobs import BlobStore, sha256_of
from hub.store.messages.uploads import KeptUpload, UploadLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploads:
    """The resumable uploads of one store."""

    store: Store
    files: BlobStore
    clock: Clock
    lasts: timedelta = timedelta(hours=24)
    """From the last part until an upload is removed."""
    most: UploadLimits = field(default_factory=lambda: UploadLimits(50, 4096 * 1024 * 1024))
    """What one client may have open."""

    def create(self, client: str, size: int, metadata: str) -> KeptUpload:
        """Make an upload; raises RefusedCall, InvalidMessage (`file_too_large`)."""
        if size > self.files.limit:
            why = f"over {self.files.limit} bytes"
            raise InvalidMessage("file_too_large", where="Upload-Length", why=why)
        now = self.clock()
        upload = KeptUpload(
            id=secrets.token_hex(16),
            client=client,
            size=size,
            received=0,
            fence=0,
            metadata=metadata,
            made_at=now,
            expires_at=now + self.lasts,
        )
        self.files.make_part(upload.id)
        try:
            with self.store.write() as tx:
                added = uploads.add(tx, upload, most=self.most)
        except BaseException:
            self.files.remove_part(upload.id)
            raise
        if not added:
            self.files.remove_part(upload.id)
            why = f"{self.most.uploads} uploads or {self.most.bytes} bytes at once"
            raise RefusedCall("uploads_exhausted", why=why)
        return upload

    def find(self, id: str, *, client: str) -> KeptUpload:
        """Return an upload, made whole where all of it is here; raises RefusedCall."""
        with self.store.read() as tx:
            upload = uploads.find(tx, id, client=client)
        if upload is None:
            raise _unknown()
        if upload.expires_at <= self.clock():
            raise _unknown(status=410)
        if upload.refused is not None:
            raise RefusedCall(upload.refused, where="file", why=upload.why or "")
        if upload.received == upload.size and not upload.is_ended:
            return self.finish(upload)
        return upload

    def take_over(self, upload: KeptUpload) -> "PartWriter":
        """Return the writer that alone may go on with an upload; raises RefusedCall."""
        with _locked(self.files, upload.id) as handle:
            with self.store.write() as tx:
                taken = uploads.take_over(tx, upload)
            if taken is None:
                raise _unknown()
            if taken.is_ended or os.fstat(handle).st_size < taken.received:
                raise _unknown()
        return PartWriter(self, taken)

    def end(self, id: str, *, client: str) -> None:
        """Remove an upload and its bytes; a stored file stays. Raises RefusedCall."""
        with self.store.read() as tx:
            if uploads.find(tx, id, client=client) is None:
                raise _unknown()
        with self.store.write() as tx:
            uploads.remove(tx, [id])
        self.files.remove_part(id)

    def finish(self, upload: KeptUpload) -> KeptUpload:
        """Make a whole upload a stored file; raises what its check raises, or RefusedCall."""
        if not self.files.part(upload.id).exists() and self._was_stored(upload):
            return self.find(upload.id, client=upload.client)
        with _locked(self.files, upload.id):
            with self.store.read() as tx:
                found = uploads.find(tx, upload.id, client=upload.client)
            if found is None:
                raise _unknown()
            if not found.is_ended:
                self._store(found)
        return self.find(upload.id, client=upload.client)

    def _store(self, upload: KeptUpload) -> None:
        place = self.files.part(upload.id)
        sha256 = sha256_of(place)
        try:
            announced = protocol.announced_of(upload.metadata)
            if announced not in {"", sha256}:
                raise InvalidMessage("file_hash_wrong", where="sha256", why="content differs")
            with self.store.write() as tx:
                uploads.name_content(tx, upload.id, sha256)
            claims = protocol.claims_of(upload.metadata)
            stored, _ = self.files.adopt(place, sha256, claims=claims)
        except InvalidMessage as refused:
            with self.store.write() as tx:
                uploads.end(tx, upload.id, refused=refused.code, why=refused.why, now=self.clock())
            self.files.remove_part(upload.id)
            refused_files.report(self.store, upload.client, refused, now=self.clock())
            raise
        passing(Point.BLOB_AFTER_WRITE)
        with self.store.write() as tx:
            uploads.end(tx, upload.id, sha256=stored, now=self.clock())

    def _was_stored(self, upload: KeptUpload) -> bool:
        """Tell whether a whole upload without bytes is a stored file, and write that down.

        Its process died between the move of the file and the row that tells of it.
        """
        if upload.sha256 is None or self.files.size_of(upload.sha256) is None:
            return False
        with self.store.write() as tx:
            uploads.end(tx, upload.id, sha256=upload.sha256, now=self.clock())
        return True


@dataclass(slots=True)
class PartWriter:
    """Writes one part of an upload, as it comes; used by one thread at a time."""

    uploads: Uploads
    upload: KeptUpload
    checksum: Checksum | None = None
    _place: int = field(init=False)

    def __post_init__(self) -> None:
        self._place = self.upload.received

    @property
    def received(self) -> int:
        """Bytes that are durable and told."""
        return self.upload.received

    def write(self, pieces: Sequence[bytes], *, last: bool = False) -> None:
        """Write pieces and make them durable; raises RefusedCall when another request writes now.

        With a checksum nothing is told before the `last` pieces have been checked.
        """
        size = sum(map(len, pieces))
        if self._place + size > self.upload.size:
            why = f"more than the {self.upload.size} bytes of Upload-Length"
            raise InvalidMessage("file_too_large", where="body", why=why)
        with _locked(self.uploads.files, self.upload.id) as handle:
            with self.uploads.store.read() as tx:
                fence = uploads.fence_of(tx, self.upload.id)
            if fence is None:
                raise _unknown()
            if fence != self.upload.fence:
                why = "a newer request writes this upload"
                raise RefusedCall("upload_taken_over", why=why, headers={"Connection": "close"})
            for piece in pieces:
                self._place += _write(handle, piece, self._place)
                if self.checksum is not None:
                    self.checksum.found.update(piece)
            if self.checksum is None or last:
                self._report(handle)

    def _report(self, handle: int) -> None:
        if self.checksum is not None:
            self.checksum.check()
        if self._place == self.upload.received:
            return
        os.fdatasync(handle)
        expires_at = self.uploads.clock() + self.uploads.lasts
        with self.uploads.store.write() as tx:
            known = uploads.record(tx, self.upload, received=self._place, expires_at=expires_at)
        if not known:
            raise _unknown()
        self.upload = replace(self.upload, received=self._place, expires_at=expires_at)


def _write(handle: int, piece: bytes, place: int) -> int:
    view, at = memoryview(piece), place
    while view:
        count = os.pwrite(handle, view, at)
        view, at = view[count:], at + count
    return len(piece)


@contextmanager
def _locked(files: BlobStore, id: str) -> Iterator[int]:
    """Lock an upload's file among all processes; raises RefusedCall where it is gone."""
    try:
        handle = os.open(files.part(id), os.O_RDWR)
    except FileNotFoundError:
        raise _unknown() from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield handle
    finally:
        os.close(handle)


def _unknown(status: int = 404) -> RefusedCall:
    return RefusedCall("upload_unknown", why="no such upload, or its time is over", status=status)
