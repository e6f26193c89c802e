"""Reads a stack of pages in a process of its own, few at once; its limits are the file's fault."""

import json
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hub.messages.invalid import InvalidMessage
from hub.messages.payloads import UnreadCause
from hub.page_reading import child
from hub.ports.page_readers import MOST_BYTES, SplitSegment, SplitStack
from hub.rules.papers.codes import PaperCode

LONGEST = 120.0
"""Seconds that one stack may take."""
AT_ONCE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class StackReader:
    """Reads stacks (`hub.ports.page_readers.PageReader`); threads share it."""

    most_bytes: int = MOST_BYTES
    longest: float = LONGEST
    _slots: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(AT_ONCE))

    def __call__(self, place: Path, media_type: str, into: Path) -> SplitStack:
        if (size := place.stat().st_size) > self.most_bytes:
            why = f"{size} bytes, the limit is {self.most_bytes}"
            raise InvalidMessage("file_too_large", where="file", why=why)
        with self._slots:
            found = self._read(place, media_type, into)
        if found.get("code"):
            raise InvalidMessage(str(found["code"]), where="file", why=str(found["why"]))
        return SplitStack(
            [_segment(it, into) for it in found["segments"]], found["pages"], found["blank"]
        )

    def _read(self, place: Path, media_type: str, into: Path) -> dict[str, Any]:
        command = [sys.executable, "-I", "-m", child.__name__]
        try:
            done = subprocess.run(
                [*command, str(place), media_type, str(into)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={},
                timeout=self.longest,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return {"code": "file_bomb", "why": f"not read within {self.longest:.0f} s"}
        if done.returncode == 0:
            found: dict[str, Any] = json.loads(done.stdout)
            return found
        # A library in C ended the process, or one of its limits did.
        return {"code": "file_bomb", "why": f"its reader ended with {done.returncode}"}


def _segment(row: dict[str, Any], into: Path) -> SplitSegment:
    code, cause, picture = row["code"], row["cause"], row["picture"]
    return SplitSegment(
        first=row["first"],
        pages=row["pages"],
        document=into / row["document"],
        code=PaperCode(*code) if code else None,
        cause=UnreadCause(cause) if cause else None,
        picture=into / picture if picture else None,
    )
