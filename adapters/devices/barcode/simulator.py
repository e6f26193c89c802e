"""A barcode reader without light: a pseudo-terminal that sends codes like a serial reader."""

import os
import pty
import select
import tty
from pathlib import Path

from adapters.devices.barcode.source import BEEP


class BarcodeReader:
    """One simulated reader; `line` is the serial device that the hub opens."""

    def __init__(self) -> None:
        self._reader, self._hub = pty.openpty()
        # raw on both sides: an echoing line would read back its own beeps as codes
        tty.setraw(self._reader)
        tty.setraw(self._hub)
        self.line = Path(os.ttyname(self._hub))

    def scan(self, code: str, *, timeout: float = 10.0) -> bool:
        """Send a code and wait for the beep; False when it was refused or nobody answered."""
        return self.send(code.encode() + b"\r", timeout=timeout)

    def send(self, raw: bytes, *, timeout: float = 10.0) -> bool:
        """Send bytes as they are, and wait for the beep; see `scan`."""
        self.write(raw)
        if not select.select([self._reader], [], [], timeout)[0]:
            return False
        return os.read(self._reader, 1) == BEEP

    def write(self, raw: bytes) -> None:
        """Send bytes, and wait for nothing."""
        os.write(self._reader, raw)

    def close(self) -> None:
        """Unplug the reader."""
        os.close(self._reader)
        os.close(self._hub)
