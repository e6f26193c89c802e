"""A disk that can be made full at will: a tmpfs of its own, shrunk to what is on it.

Mounting needs root. Where it is not permitted `mounted` is false, and the place is a plain folder
on the machine's own disk, which nobody fills.
"""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOM = 4 * 1024**3
"""Bytes when it is not full; memory is only used for what is written."""
TRIES = 100


class SmallDisk:
    """A context manager: mounted for the length of the block, unmounted with all that is on it."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.mounted = False

    def __enter__(self) -> "SmallDisk":
        self.place.mkdir(parents=True, exist_ok=True)
        self.mounted = os.geteuid() == 0 and _run(
            "mount", "-t", "tmpfs", "-o", f"size={ROOM},mode=0711", "tmpfs", str(self.place)
        )
        return self

    def __exit__(self, *_: object) -> None:
        if self.mounted:
            # Lazily: a process that is being ended may still hold a file open.
            _run("umount", "--lazy", str(self.place))
            self.mounted = False
        shutil.rmtree(self.place, ignore_errors=True)

    @contextlib.contextmanager
    def full(self) -> Iterator[None]:
        """No room left until the end of the block."""
        with self.left(0):
            yield

    @contextlib.contextmanager
    def left(self, room: int) -> Iterator[None]:
        """Only so many bytes left until the end of the block."""
        # A process that works there may write between the look and the change, which is refused.
        if not any(self._shrink(room) for _ in range(TRIES)):
            raise OSError(f"{self.place} cannot be made that small")
        try:
            yield
        finally:
            self._resize(ROOM)

    def _shrink(self, room: int) -> bool:
        found = os.statvfs(self.place)
        used = (found.f_blocks - found.f_bfree) * found.f_frsize
        return self._resize(max(used + room, found.f_frsize))  # 0 would mean: without limit

    def _resize(self, size: int) -> bool:
        return _run("mount", "-o", f"remount,size={size}", str(self.place))


def _run(*command: str) -> bool:
    program = shutil.which(command[0])
    if program is None:
        return False
    done = subprocess.run([program, *command[1:]], capture_output=True, check=False)
    return done.returncode == 0
