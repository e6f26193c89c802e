"""A picture of a camera: taken when a person says why, audited, kept for some days.

The audit says first who wants it and why, also where no picture comes. A picture is no message and
belongs to no dossier, so it lies in a folder of its own that only the hub's user reads, and the
timer erases it.
"""

import contextlib
import hashlib
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from hub.operations.signed_by import SignedBy
from hub.ports.devices import TakePicture
from hub.store.engine.file_rights import make_directory, make_file
from hub.store.engine.store import Store
from hub.store.evidence import audit

WANTED: Final = "camera.snapshot"
KEPT: Final = "camera.snapshot_kept"
SHOWN: Final = "camera.look"
_ENDING: Final = ".jpg"
_TIME: Final = "%Y%m%dT%H%M%SZ"
_MOST: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshots:
    """The cameras of an installation, and their pictures that are still there."""

    folder: Path
    days: int
    """How long a picture is kept."""
    camera: Callable[[str], TakePicture | None]
    """Returns what takes a picture of the camera of a name, None where there is none."""

    def listing(self, device: str) -> Sequence[tuple[str, datetime]]:
        """Return the newest pictures of a camera, each with its file's name and time."""
        named = re.compile(rf"{re.escape(device)}-(\d{{8}}T\d{{6}}Z)-[0-9a-f]{{16}}\.jpg")
        found = filter(None, (named.fullmatch(it.name) for it in self.folder.glob(f"*{_ENDING}")))
        times = [(it[0], datetime.strptime(it[1], _TIME).replace(tzinfo=UTC)) for it in found]
        return sorted(times, key=lambda it: it[1], reverse=True)[:_MOST]

    def file(self, device: str, name: str) -> Path | None:
        """Return a picture of a camera, None where it is not among those shown."""
        return self.folder / name if name in dict(self.listing(device)) else None


def keep_picture(store: Store, folder: Path, device: str, take: TakePicture, by: SignedBy) -> Path:
    """Take a picture and return its file; raises what `take` raises, after the audit.

    `by` has a reason; the caller has checked the right.
    """
    actor, reason, now = by["actor"], by["reason"], by["now"]
    with store.write() as tx:
        audit.record(tx, actor, WANTED, object=device, reason=reason, now=now)
    content = take()
    shown = hashlib.sha256(content).hexdigest()[:16]
    file = folder / f"{device}-{now.astimezone(UTC):{_TIME}}-{shown}{_ENDING}"
    make_directory(folder)
    _write(file, content)
    with store.write() as tx:
        audit.record(tx, actor, KEPT, object=file.name, reason=reason, now=now)
    return file


def _write(file: Path, content: bytes) -> None:
    part = file.with_suffix(".part")
    make_file(part)
    with part.open("wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())
    part.replace(file)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpiredSnapshots:
    """Erases pictures that are older than they may be; also what a process that died left half."""

    folder: Path
    days: int

    def erase(self, now: datetime) -> int:
        """Erase what is over; return how many files."""
        oldest = (now - timedelta(days=self.days)).timestamp()
        found = [*self.folder.glob(f"*{_ENDING}"), *self.folder.glob("*.part")]
        count = 0
        for file in found:
            with contextlib.suppress(FileNotFoundError):
                if file.stat().st_mtime < oldest:
                    file.unlink()
                    count += 1
        return count
