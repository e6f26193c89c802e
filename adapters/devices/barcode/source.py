"""The barcode reader: codes that it sends over a serial line enter the hub as `barcode.scanned`.

A reader set to serial mode sends one code a line (CR or LF). The station that it stands at tells
what a scan means. A line that is no dossier number is logged and dropped: the officer hears no
confirmation beep (BEL), which the reader gets only after the hub has the scan durably.
"""

import os
import select
import termios
import threading
import tty
from pathlib import Path

import msgspec
import structlog

from hub.messages import catalog
from hub.messages.invalid import InvalidMessage
from hub.messages.payloads import BarcodeScanned, Station
from hub.ports import Clock, Sink
from hub.rules.causes import cause_of

LONGEST = 100
"""Bytes of a code; longer ones are noise on the line."""
BEEP, REFUSED = b"\x07", b"\x15"
log = structlog.get_logger()


def open_line(line: Path) -> int:
    """Open a serial line for bytes as they come, and return the handle.

    Trap: the system begins with a line for people. It would send every code back to the reader,
    which may take it for an order, and take a control character in a code for the end of the line.
    """
    handle = os.open(line, os.O_RDWR | os.O_NOCTTY)
    if os.isatty(handle):
        tty.setraw(handle, termios.TCSANOW)  # what was read before we came stays
    return handle


class BarcodeSource:
    """Listens to one serial reader."""

    name = "barcode"
    emits = frozenset({"barcode.scanned"})

    def __init__(
        self, line: Path, *, station: Station, clock: Clock, device: str = "barcode-1"
    ) -> None:
        self.line = line
        """The serial device, e.g. /dev/ttyACM0."""
        self.station = station
        self.clock = clock
        self.device = device

    def run(self, sink: Sink, stop: threading.Event) -> None:
        """Read codes until `stop`; a reader that is unplugged is an error, the caller restarts."""
        handle = open_line(self.line)
        try:
            pending = b""
            while not stop.is_set():
                if not select.select([handle], [], [], 0.25)[0]:
                    continue
                chunk = os.read(handle, 4096)
                if not chunk:
                    raise OSError("the barcode reader was unplugged")
                *codes, pending = (pending + chunk).replace(b"\r", b"\n").split(b"\n")
                pending = pending[-LONGEST:]
                for code in filter(None, codes):
                    os.write(handle, BEEP if self.take(code, sink) else REFUSED)
        finally:
            os.close(handle)

    def take(self, code: bytes, sink: Sink) -> bool:
        """Hand one code to the hub; tell whether it was taken."""
        at = self.clock()
        try:
            payload = msgspec.convert(
                {
                    "maHoSo": code[:LONGEST].decode("ascii", "replace").strip(),
                    "viTri": self.station,
                    "thoiDiem": at,
                    "thietBi": self.device,
                },
                BarcodeScanned,
            )
            sink.accept(catalog.compose(payload, time=at, source=self.device))
        except (InvalidMessage, msgspec.ValidationError) as error:
            # Not what was read: somebody may hold an identity card under the reader.
            cause = cause_of(error)
            log.warning("message_parked", role=self.name, code="number_malformed", where=cause)
            return False
        return True
