"""The file store of a simulated process: the real one; what a dead process began stays as it is."""

from collections.abc import Callable
from pathlib import Path

from hub.store.messages.blobs import BlobStore, Upload
from tests.simulation.crash.life import RequireAlive


class ProcessFiles(BlobStore):
    """Refuses its process when that is dead."""

    def __init__(self, directory: Path, *, limit: int, require_alive: RequireAlive) -> None:
        super().__init__(directory, limit=limit)
        self.require_alive = require_alive
        self.require_room: Callable[[], None] = lambda: None
        """Raises where a file finds no room on the disk."""

    def place(self, sha256: str) -> Path:
        """As `BlobStore.place`, through which every file is reached."""
        self.require_alive()
        return super().place(sha256)

    def begin(self) -> "ProcessUpload":
        """As `BlobStore.begin`."""
        self.require_alive()
        self.require_room()
        return ProcessUpload(self)


class ProcessUpload(Upload):
    """A file that a dead process neither finishes nor removes."""

    def __init__(self, store: ProcessFiles) -> None:
        super().__init__(store)
        self._require_alive = store.require_alive

    def write(self, part: bytes) -> None:
        """As `Upload.write`."""
        self._require_alive()
        super().write(part)

    def abandon(self) -> None:
        """As `Upload.abandon`; of a dead process the machine closes what it had open."""
        try:
            self._require_alive()
            super().abandon()
        finally:
            if self._handle >= 0:
                self._close()
