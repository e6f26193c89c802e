"""Removes resumable uploads whose time is over, and bytes of uploads that nobody knows any more.

The row goes first: a request that is still writing finds it gone and ends. Should the process die
then, the bytes are found without a row, and removed when nobody has touched them for an hour.
"""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.store.engine.store import Store
from hub.store.messages import uploads
from hub.store.messages.blobs import BlobStore

AT_ONCE = 200
UNKNOWN_FOR = timedelta(hours=1)
"""An upload's file is made a moment before its row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpiredUploads:
    """The uploads of one store."""

    store: Store
    files: BlobStore

    def remove(self, now: datetime) -> int:
        """Remove what is over; return how many uploads."""
        count = 0
        while True:
            with self.store.read() as tx:
                ids = uploads.expired(tx, now, limit=AT_ONCE)
            if not ids:
                break
            with self.store.write() as tx:
                count += uploads.remove(tx, ids)
            for id in ids:
                self.files.remove_part(id)
        self._remove_unknown()
        return count

    def _remove_unknown(self) -> None:
        oldest = time.time() - UNKNOWN_FOR.total_seconds()
        parts = self.files.parts_untouched_since(oldest)
        for start in range(0, len(parts), AT_ONCE):
            page = parts[start : start + AT_ONCE]
            with self.store.read() as tx:
                known = uploads.known(tx, page)
            for id in set(page) - known:
                self.files.remove_part(id)
