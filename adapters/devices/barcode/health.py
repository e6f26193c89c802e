"""How a barcode reader's serial line is: there, a device, and open to the hub.

The line is not opened: what a source reads must not go to the check. Whether a code arrives is
proved by a code that is read.
"""

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hub.rules.devices.health import DeviceFinding

BY_ID = Path("/dev/serial/by-id")
"""Where the system names serial devices by maker and serial number."""


@dataclass(frozen=True, slots=True)
class BarcodeLine:
    """The serial line of one reader, as a device to check."""

    name: str
    line: Path
    place: str = ""
    kind: str = "barcode_reader"
    by_id: Path = BY_ID

    def check(self) -> Sequence[DeviceFinding]:
        """Return what is wrong with the line."""
        try:
            status = self.line.stat()
        except OSError:
            others = self._others()
            if others:
                evidence = f"{self.line}; {', '.join(others)}"
                return [DeviceFinding("reader_named_otherwise", evidence)]
            return [DeviceFinding("reader_away", str(self.line))]
        if not stat.S_ISCHR(status.st_mode):
            return [DeviceFinding("line_is_no_device", str(self.line))]
        if not os.access(self.line, os.R_OK | os.W_OK):
            return [DeviceFinding("line_forbidden", str(self.line))]
        return []

    def _others(self) -> list[str]:
        """Return the serial devices that are plugged in now, by name."""
        try:
            return sorted(path.name for path in self.by_id.iterdir())
        except OSError:
            return []
