"""The scanner: files that it drops into a hot folder enter the hub as `document.scanned`.

The file's name tells what it is: `<dossier number>__<component code>.<ending>`; its modification
time is the time of the scan. A file is taken when it did not change between two looks, and leaves
the folder (to `da-nhan`) only after the hub has it durably. One that cannot be taken goes to `loi`
beside a text that tells the officer what is wrong and what to do. Copies in `da-nhan` go after a
while, see `copies`. Should the hub die in between,
the file is taken again, under the same message id, and recognised.
"""

import math
import os
import re
import threading
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import structlog

from adapters.devices.scanner import copies
from adapters.devices.scanner.copies import REFUSED, TAKEN
from hub.messages import catalog
from hub.messages.envelope import decode, encode
from hub.messages.identifiers import derive_id
from hub.messages.invalid import InvalidMessage
from hub.messages.payloads import DocumentScanned
from hub.ports import Sink

CLEAR_EVERY = 3600.0
"""Seconds."""
MEDIA_TYPES = {
    ".pdf": "application/pdf",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
}
NAME = re.compile(r"^(?P<number>[0-9A-Z.]+-[0-9]{6,8}-[0-9]{4,7})__(?P<component>[\w.-]{1,60})$")
LONGEST_NOTE_NAME = 240
"""Bytes of a file's name that the note beside it begins with; file systems take 255."""
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Look:
    """What a file looked like: size in bytes and modification time in nanoseconds."""

    size: int
    mtime: int


class ScannerSource:
    """Watches one hot folder."""

    name = "scanner"
    emits = frozenset({"document.scanned"})

    def __init__(
        self,
        folder: Path,
        *,
        device: str = "scanner-1",
        poll: float = 1.0,
        keep: timedelta = timedelta(days=30),
    ) -> None:
        self.folder = folder
        self.device = device
        self.poll = poll
        """Seconds between two looks. Polling also works on network shares, where events do not."""
        self.keep = keep
        """How long its own copies of what was taken stay."""
        self._seen: dict[Path, Look] = {}
        self._cleared = -math.inf

    def run(self, sink: Sink, stop: threading.Event) -> None:
        """Take files until `stop`."""
        for name in (TAKEN, REFUSED):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        while not stop.is_set():
            self.look(sink)
            self._clear()
            stop.wait(self.poll)

    def _clear(self) -> None:
        """Remove old copies, once an hour."""
        if time.monotonic() - self._cleared > CLEAR_EVERY:
            self._cleared = time.monotonic()
            copies.remove_old(self.folder / TAKEN, age=self.keep)

    def look(self, sink: Sink) -> int:
        """Look once; take every file that has come to rest; return how many were taken.

        A file that cannot be read or moved stays where it is and stops no other one; then the last
        such OSError is raised when all have been looked at.
        """
        count = 0
        seen: dict[Path, Look] = {}
        failed: OSError | None = None
        for path in sorted(self.folder.iterdir()):
            if path.name.startswith(".") or path.suffix == ".part":
                continue
            try:
                if not path.is_file():
                    continue
                stat = path.stat()
                look = Look(stat.st_size, stat.st_mtime_ns)
                if self._seen.get(path) == look:
                    count += self.take(path, sink)
                else:
                    seen[path] = look
            except OSError as error:
                if os.path.lexists(path):  # else whoever put it there has taken it away again
                    failed = error
        self._seen = seen
        if failed is not None:
            raise failed
        return count

    def take(self, path: Path, sink: Sink) -> bool:
        """Hand one file to the hub; tell whether it was taken."""
        try:
            self._accept(path, sink)
        except InvalidMessage as error:
            self._refuse(path, error)
            return False
        path.rename(self._free(self.folder / TAKEN / path.name))
        return True

    def _accept(self, path: Path, sink: Sink) -> None:
        named = NAME.match(path.stem)
        media_type = MEDIA_TYPES.get(path.suffix.lower())
        if named is None or media_type is None:
            why = "the name is not <dossier number>__<component>.<pdf|jpg|png|tif>"
            raise InvalidMessage("number_malformed", where="file name", why=why)
        component = named["component"]
        with path.open("rb") as stream:
            file = sink.store_file(
                stream, name=path.name, media_type=media_type, component=component
            )
        at = datetime.fromtimestamp(path.stat().st_mtime, ZONE)
        try:
            payload = msgspec.convert(
                DocumentScanned(
                    number=named["number"], component=component, scanned_at=at, device=self.device
                ),
                DocumentScanned,
            )
        except msgspec.ValidationError as error:
            raise InvalidMessage("payload_invalid", where="file name", why=str(error)) from None
        message = catalog.compose(
            payload,
            time=at,
            source=self.device,
            id=derive_id("document.scanned", named["number"], component, file.sha256),
            attachments=[file],
        )
        # Composed here, so nobody has checked the file's name yet.
        sink.accept(decode(encode(message)))

    def _refuse(self, path: Path, error: InvalidMessage) -> None:
        place = self._free(self.folder / REFUSED / path.name)
        # A name may be bytes that are no text, and so long that nothing can be put behind it.
        told = path.name.encode("utf-8", "replace").decode()
        text = (
            f"Không nhận được tệp quét {told}.\n"
            f"Lý do: {error.why} ({error.code}).\n"
            "Cách xử lý: đặt lại tên tệp theo mẫu <mã hồ sơ>__<mã thành phần>.pdf rồi chép lại vào "
            "thư mục quét.\n"
        )
        beside = os.fsdecode(os.fsencode(place.name)[:LONGEST_NOTE_NAME])
        place.with_name(beside + ".txt").write_text(text, encoding="utf-8")
        path.rename(place)
        log.warning("message_parked", role=self.name, code=error.code, where=error.where)

    @staticmethod
    def _free(place: Path) -> Path:
        """Return `place`, or a numbered neighbour where a file of that name is already."""
        number, free = 1, place
        while free.exists():
            number += 1
            free = place.with_name(f"{place.stem}.{number}{place.suffix}")
        return free
