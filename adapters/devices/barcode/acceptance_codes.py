"""Codes of an acceptance that the hub's own source has read.

While a hub listens to a reader, nobody else may read its line: each would get a part of the bytes.
So the source keeps such a code in a file, and the walk, another process of the same machine, waits
for it there. Such a code is no dossier's, and says nothing about a person.
"""

import re
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hub.ports.devices import ProofRequest, ProofResult
from hub.texts import both

POLL_EVERY: Final = 0.25
"""Seconds."""
_CODE: Final = re.compile(rb"KT-[0-9A-F]{8}")


@dataclass(frozen=True, slots=True)
class AcceptanceCodes:
    """The last code of an acceptance that came from one reader."""

    file: Path

    def keep(self, code: bytes) -> bool:
        """Keep a code of an acceptance; return whether it is one. Raises OSError."""
        if not _CODE.fullmatch(code):
            return False
        self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = self.file.with_suffix(".part")
        part.write_bytes(code)
        part.replace(self.file)
        return True

    def last(self) -> str:
        """Return the last one, "" where none came yet."""
        try:
            return self.file.read_bytes().decode("ascii", "replace")
        except OSError:
            return ""


@dataclass(frozen=True, slots=True)
class ListenedProof:
    """The proof of a reader to which a hub on this machine listens."""

    codes: AcceptanceCodes

    def __call__(self, request: ProofRequest) -> ProofResult:
        end, pause = time.monotonic() + request.within.total_seconds(), threading.Event()
        before = self.codes.last()
        while time.monotonic() < end:
            last = self.codes.last()
            if last == request.code:
                return ProofResult(True, both("acceptance.same_code", length=len(last)))
            if last != before:
                return ProofResult(False, both("acceptance.other_code", length=len(last)))
            pause.wait(POLL_EVERY)
        seconds = round(request.within.total_seconds())
        return ProofResult(False, both("acceptance.nothing_came", seconds=seconds))
