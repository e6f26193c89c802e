"""The barcode reader: codes that it sends over a serial line enter the hub as `barcode.scanned`.

The station that the reader stands at tells what a scan means. A code that is no dossier number is
logged and dropped: the officer hears no confirmation beep (BEL), which the reader gets only after
the hub has the scan durably. A reader that is unplugged is waited for; the log says once that it is
away and once that it is back.
"""

import os
import select
import termios
import threading
import time
import tty
from collections.abc import Callable
from pathlib import Path

import msgspec
import structlog

from adapters.devices.barcode.acceptance_codes import AcceptanceCodes
from adapters.devices.barcode.framing import LONGEST, Framing
from hub.messages import catalog
from hub.messages.invalid import InvalidMessage
from hub.messages.payloads import BarcodeScanned, Station
from hub.ports import Clock, Sink
from hub.rules.failures.error_summary import describe_error

BEEP, REFUSED = b"\x07", b"\x15"
POLL_EVERY = 0.25
"""Seconds between two looks at whether to stop, and at whether an unplugged reader is back."""
PAUSE = 0.05
"""Seconds between two looks while a code has begun."""
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


def _answer(handle: int, sign: bytes) -> None:
    """Have the reader beep. One that takes nothing off the line stays silent, and reads on: a write
    would wait for it for ever."""
    if select.select([], [handle], [], 0)[1]:
        os.write(handle, sign)


class BarcodeSource:
    """Listens to one serial reader."""

    emits = frozenset({"barcode.scanned"})

    def __init__(
        self,
        line: Path,
        *,
        station: Station,
        clock: Clock,
        device: str = "barcode-1",
        name: str = "barcode",
        acceptance: AcceptanceCodes | None = None,
    ) -> None:
        self.name = name
        self.line = line
        """The serial device. `/dev/serial/by-id/...` keeps its name wherever it is plugged in."""
        self.station = station
        self.clock = clock
        self.device = device
        self.acceptance = acceptance
        """Where codes of an acceptance go; None where nobody waits for them."""
        self.trouble = ""

    def run(
        self, sink: Sink, stop: threading.Event, beat: Callable[[], None] = lambda: None
    ) -> None:
        """Read codes until `stop`, and while the reader is away wait for it."""
        while not stop.is_set():
            beat()
            try:
                handle = open_line(self.line)
            except (OSError, termios.error) as error:
                self._lost(describe_error(error))
                stop.wait(POLL_EVERY)
                continue
            if self.trouble:
                self.trouble = ""
                log.info("device_back", role=self.name)
            try:
                self._listen(handle, sink, stop, beat)
            except OSError as error:
                self._lost(describe_error(error))
                stop.wait(POLL_EVERY)
            finally:
                os.close(handle)

    def _listen(
        self, handle: int, sink: Sink, stop: threading.Event, beat: Callable[[], None]
    ) -> None:
        framing = Framing()
        while not stop.is_set():
            beat()
            wait = PAUSE if framing.waits else POLL_EVERY
            if select.select([handle], [], [], wait)[0]:
                chunk = os.read(handle, 4096)
                if not chunk:
                    raise OSError("the barcode reader was unplugged")
                codes = framing.feed(chunk)
            else:
                codes = framing.quiet(time.monotonic())
            for code in codes:
                taken = self._is_of_acceptance(code) or self.submit(code, sink)
                _answer(handle, BEEP if taken else REFUSED)

    def _lost(self, cause: str) -> None:
        if not self.trouble:
            log.error("device_lost", role=self.name, error=cause)
        self.trouble = cause

    def _is_of_acceptance(self, code: bytes) -> bool:
        """Tell whether a code is one of an acceptance, and was kept for it."""
        try:
            return self.acceptance is not None and self.acceptance.keep(code)
        except OSError:
            return False  # the walk says that nothing came

    def submit(self, code: bytes, sink: Sink) -> bool:
        """Hand one code to the hub; tell whether it was taken."""
        at = self.clock()
        try:
            payload = msgspec.convert(
                {
                    "maHoSo": code[: LONGEST + 1].decode("ascii", "replace").strip(),
                    "viTri": self.station,
                    "thoiDiem": at,
                    "thietBi": self.device,
                },
                BarcodeScanned,
            )
            sink.accept(catalog.compose(payload, time=at, source=self.device))
        except (InvalidMessage, msgspec.ValidationError) as error:
            # Not what was read: somebody may hold an identity card under the reader.
            cause = describe_error(error)
            log.warning("message_parked", role=self.name, code="number_malformed", where=cause)
            return False
        return True
