"""Reads a stack of pages in a process of its own, few at once; its limits are the file's fault."""

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hub.file_checks.apart import parsed_apart
from hub.file_checks.limits import MOST_SECONDS
from hub.messages.invalid import InvalidMessage
from hub.messages.payloads import UnreadCause
from hub.page_reading import child
from hub.ports.page_readers import MOST_BYTES, SplitSegment, SplitStack
from hub.rules.papers.codes import PaperCode

AT_ONCE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class StackReader:
    """Reads stacks (`hub.ports.page_readers.PageReader`); threads share it."""

    most_bytes: int = MOST_BYTES
    longest: float = 2 * MOST_SECONDS
    """Seconds to wait for its process, which ends itself before, by the count of pages."""
    _slots: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(AT_ONCE))

    def __call__(self, place: Path, media_type: str, into: Path) -> SplitStack:
        if (size := place.stat().st_size) > self.most_bytes:
            why = f"{size} bytes, the limit is {self.most_bytes}"
            raise InvalidMessage("file_too_large", where="file", why=why)
        with self._slots:
            found = parsed_apart(
                child.__name__, place, media_type, into, called="reader", longest=self.longest
            )
        if found.get("code"):
            raise InvalidMessage(str(found["code"]), where="file", why=str(found["why"]))
        return SplitStack(
            [_segment(it, into) for it in found["segments"]], found["pages"], found["blank"]
        )


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
