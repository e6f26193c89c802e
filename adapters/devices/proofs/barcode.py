"""Waits for a code of a barcode reader.

The line is read directly, so no hub may listen to it meanwhile: each would get a part of the bytes.
What was read is compared and forgotten; a person may hold an identity card under the reader.
"""

import os
import select
import termios
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from adapters.devices.barcode.framing import Framing
from adapters.devices.barcode.source import BEEP, PAUSE, REFUSED, open_line
from hub.ports.devices import ProofRequest, ProofResult
from hub.rules.failures.error_summary import describe_error
from hub.texts import both


@dataclass(frozen=True, slots=True)
class BarcodeProof:
    """The proof of one reader."""

    line: Path

    def __call__(self, request: ProofRequest) -> ProofResult:
        try:
            handle = open_line(self.line)
        except (OSError, termios.error) as error:
            return ProofResult(False, both("acceptance.device_failed", why=describe_error(error)))
        try:
            termios.tcflush(handle, termios.TCIFLUSH)  # a code of before the question is no proof
            return _first_code(handle, request)
        except (OSError, termios.error) as error:
            return ProofResult(False, both("acceptance.device_failed", why=describe_error(error)))
        finally:
            os.close(handle)


def _first_code(handle: int, request: ProofRequest) -> ProofResult:
    for code in _codes(handle, request.within.total_seconds()):
        same = code == request.code.encode()
        os.write(handle, BEEP if same else REFUSED)
        if same:
            return ProofResult(True, both("acceptance.same_code", length=len(code)))
        return ProofResult(False, both("acceptance.other_code", length=len(code)))
    seconds = round(request.within.total_seconds())
    return ProofResult(False, both("acceptance.nothing_came", seconds=seconds))


def _codes(handle: int, seconds: float) -> Iterator[bytes]:
    framing, end = Framing(), time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if select.select([handle], [], [], min(left, PAUSE) if framing.waits else left)[0]:
            chunk = os.read(handle, 4096)
            if not chunk:
                raise OSError("the barcode reader was unplugged")
            yield from framing.feed(chunk)
        else:
            yield from framing.quiet(time.monotonic())
