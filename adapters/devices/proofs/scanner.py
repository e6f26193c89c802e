"""Waits for a new sheet in a scan folder and reads it.

The hub may take the sheet meanwhile: what it has moved into `da-nhan` or `loi` counts as well. The
folder is polled: on a network share nothing tells of a new file.
"""

import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from adapters.devices.scanner.completeness import lack_of
from adapters.devices.scanner.copies import REFUSED, TAKEN
from adapters.devices.scanner.names import is_left_alone, read_stack
from hub.messages.invalid import InvalidMessage
from hub.ports.devices import ProofRequest, ProofResult
from hub.ports.page_readers import PageReader
from hub.rules.failures.error_summary import describe_error
from hub.texts import both

POLL_EVERY = 0.25
"""Seconds."""
Marks = tuple[int, int]
"""Inode and size: a sheet under an old name is new, too. Its time changes with a move."""


@dataclass(frozen=True, slots=True)
class FolderProof:
    """The proof of one scanner that writes into a folder."""

    folder: Path
    read_pages: PageReader

    def __call__(self, request: ProofRequest) -> ProofResult:
        before = {marks for _, marks in self._files()}
        end, pause = time.monotonic() + request.within.total_seconds(), threading.Event()
        while time.monotonic() < end:
            for path, marks in self._files():
                if marks not in before and (seen := self._read(path, request.into)):
                    return seen
            pause.wait(POLL_EVERY)
        seconds = round(request.within.total_seconds())
        return ProofResult(False, both("acceptance.no_sheet", folder=self.folder, seconds=seconds))

    def _files(self) -> Iterator[tuple[Path, Marks]]:
        for folder in (self.folder, self.folder / TAKEN, self.folder / REFUSED):
            try:
                for path in folder.iterdir():
                    if not is_left_alone(path.name) and read_stack(path.name) and path.is_file():
                        status = path.stat()
                        yield path, (status.st_ino, status.st_size)
            except OSError:
                continue  # it was moved, or the share is away for a moment: the next look tells

    def _read(self, path: Path, into: Path) -> ProofResult | None:
        """Return what a sheet is, None while it is being written or moved."""
        named = read_stack(path.name)
        copy = into / f"sheet{path.suffix.lower()}"
        try:
            with path.open("rb") as stream:
                if named is None or lack_of(stream, named.media_type):
                    return None
                stream.seek(0)
                with copy.open("wb") as kept:
                    shutil.copyfileobj(stream, kept)
        except OSError:
            return None
        return self._counted(path.name, copy, named.media_type)

    def _counted(self, name: str, copy: Path, media_type: str) -> ProofResult:
        parts = copy.parent / "parts"
        parts.mkdir(exist_ok=True)
        size = copy.stat().st_size
        try:
            stack = self.read_pages(copy, media_type, parts)
        except (InvalidMessage, OSError) as error:
            why = describe_error(error)[:200]
            return ProofResult(
                False, both("acceptance.sheet_unread", name=name, size=size, why=why)
            )
        finally:
            shutil.rmtree(parts, ignore_errors=True)
        sheet = both("acceptance.sheet", name=name, pages=stack.pages, blank=stack.blank, size=size)
        return ProofResult(stack.pages > stack.blank, sheet)
