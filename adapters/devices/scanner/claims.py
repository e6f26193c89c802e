"""Takes a scan out of its writer's hands before it is read: moved first, then read.

A file that is read under its own name can be replaced by a rescan before it is moved, and then the
rescan is moved away unread. Here the name changes first, into a folder of its own inside
`dang-nhan`. So a program that writes under the old name makes a new file, and the inode that is
read is the one that is moved on. What stands in `dang-nhan` when the hub starts, or is still
written to, is looked at like every other file.
"""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

CLAIMED = "dang-nhan"
"""Folder in the hot folder for files that are being taken, each in a folder of its own."""


def claim(path: Path, folder: Path, *, inode: int) -> Path:
    """Move a file of the hot folder `folder` into `dang-nhan`; return where it is now."""
    if path.parent.parent == folder / CLAIMED:
        return path
    number = 0
    while True:
        own = folder / CLAIMED / f"{inode}.{number}"
        try:
            own.mkdir()
            break
        except FileExistsError:
            number += 1
    place = own / path.name
    try:
        return path.rename(place)
    except OSError:
        own.rmdir()
        raise


def claimed(folder: Path) -> Iterator[Path]:
    """Return what is in `dang-nhan`, the emptied folders removed."""
    for own in sorted((folder / CLAIMED).iterdir()):
        with suppress(NotADirectoryError):
            files = sorted(own.iterdir())
            yield from files
            if not files:
                own.rmdir()


def end_claim(path: Path) -> None:
    """Remove the folder of a file that has been moved on."""
    with suppress(OSError):
        path.parent.rmdir()
