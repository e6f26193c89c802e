"""The scanner's own copies of what the hub has taken: kept for a while, then removed.

The hub has each of them durably before it stands here, so a copy is a convenience: an officer finds
yesterday's scan. It holds personal data, so it does not stay for ever.
"""

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import timedelta
from itertools import count as count_from
from pathlib import Path

UNPLACED = "?"
"""Stands for pages whose dossier nobody knew when the stack was taken."""
_CONTENT = ".ho-so"
"""What the name of the list of a stack's dossiers ends with."""
TAKEN, REFUSED = "da-nhan", "loi"
"""Folders in the scanner's folder: what the hub has, and what it refused."""
_LONGEST_STEM, _LONGEST_ENDING = 180, 40
"""Bytes of a name that its numbered neighbours keep; file systems take 255 for the whole."""


def remove_old(folder: Path, *, age: timedelta) -> int:
    """Remove the copies that have stood in `folder` for so long; return how many.

    By the time at which the hub moved a file there: a scan may be old when it comes.
    """
    now = time.time()
    count = 0
    for path in _files(folder):
        with suppress(FileNotFoundError):
            if arrived_at(path.stat(), now=now) < now - age.total_seconds():
                path.unlink()
                count += 1
    return count


def move_in(path: Path, place: Path) -> None:
    """Move a file to its place among the copies, its modification time that of the arrival."""
    path.rename(place)
    with suppress(OSError):  # whose file it is decides on that; the time of change tells it, too
        os.utime(place)


def arrived_at(status: os.stat_result, *, now: float) -> float:
    """Return when a file came among the copies, in seconds since 1970.

    Trap: what is called the time of change is on Windows the time of creation, on the scanner's
    clock. A time to come is of a wrong clock.
    """
    return max((it for it in (status.st_mtime, status.st_ctime) if it <= now), default=now)


def remove_of(folders: list[Path], number: str) -> int:
    """Remove every copy of a dossier's scans, the refused ones and their notes, too.

    A stack goes as a whole, also one with pages that nobody could place then: they may be of this
    dossier. The hub has the pages of the others.
    """
    count = 0
    for folder in folders:
        for path in list(_files(folder)):
            if path.name.startswith(f"{number}__") or not _numbers(path).isdisjoint(
                (number, UNPLACED)
            ):
                path.unlink(missing_ok=True)
                _list_of(path).unlink(missing_ok=True)  # last: after a crash it still tells
                count += 1
    return count


def list_dossiers(place: Path, numbers: Iterable[str]) -> None:
    """Write down beside a stack's copy, which comes to `place`, of which dossiers its pages are."""
    with _list_of(place).open("a", encoding="utf-8") as stream:
        stream.writelines(f"{number}\n" for number in sorted(numbers))


def _numbers(path: Path) -> set[str]:
    """Return of which dossiers the pages of a stack are; none for any other file."""
    try:
        return set(_list_of(path).read_text(encoding="utf-8").split())
    except FileNotFoundError:
        return set()


def _list_of(place: Path) -> Path:
    # Names that are too long for it may share a list: it then tells too much, not too little.
    return place.with_name(cut(place.name, _LONGEST_STEM + _LONGEST_ENDING) + _CONTENT)


def free_place(place: Path) -> Path:
    """Return `place`, or a numbered neighbour where a file of that name is already."""
    return next(free for free in numbered(place) if not os.path.lexists(free))


def numbered(place: Path) -> Iterator[Path]:
    """Return `place` and its numbered neighbours, without an end."""
    yield place
    stem, ending = cut(place.stem, _LONGEST_STEM), cut(place.suffix, _LONGEST_ENDING)
    for number in count_from(2):
        yield place.with_name(f"{stem}.{number}{ending}")


def cut(name: str, longest: int) -> str:
    """Return the first bytes of a file's name; it may be bytes that are no text."""
    return os.fsdecode(os.fsencode(name)[:longest])


def _files(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from (path for path in folder.iterdir() if path.is_file())
