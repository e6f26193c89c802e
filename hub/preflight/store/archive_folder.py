"""Whether archive files can be kept: their folder, its disk, and that the newest file is there.

Nothing is said where nothing is archived. A folder in the network may not answer at all: it is
waited for a few seconds, never for ever. What the rate of its disk is, nobody samples: archive
files come by the month.
"""

import queue
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from hub.preflight.check import Check
from hub.preflight.store.reading import reading
from hub.rules.retention.disk_forecast import FULL
from hub.settings import Settings
from hub.store.archive import files
from hub.texts import text

SUBJECT = "archive folder"
WITHIN = 5.0
"""Seconds after which a folder that does not answer is a finding."""


def archive_folder(settings: Settings) -> Iterator[Check]:
    """Look at the folder, where this machine archives or has archived."""
    with reading(settings) as tx:
        newest = "" if tx is None else files.newest(tx)
        shared = tx is not None and tx.dialect.name != "sqlite"
    place, data = settings.archive_folder, Path(settings.data_dir)
    # Of several machines with one database some may have nothing to do with its archive.
    ours = not shared or bool(settings.archive_dir) or place.exists()
    if settings.archive == "on" or (newest and ours):
        yield _in_time(lambda: check_folder(place, newest=newest, data=data), place)


def check_folder(place: Path, *, newest: str, data: Path) -> Check:
    """Return the finding on a folder; `newest` is the file that has to be in it, "" for none."""
    try:
        if not newest and not place.exists():
            return _ready(place, data)
        if newest and not (place / newest).exists():
            return _wrong(text("checks.archive_file_missing", file=newest, place=place))
        return _ready(place, data)
    except OSError as error:
        return _wrong(text("checks.archive_unusable", place=place, why=error.strerror))


def _ready(place: Path, data: Path) -> Check:
    """Return the finding on a folder that is as it should be, but for its disk.

    One that is not there yet is made by the first run, in the nearest folder that is there.
    """
    nearest = next(it for it in (place, *place.absolute().parents) if it.exists())
    with tempfile.TemporaryFile(dir=nearest):  # has no name, where the file system can do that
        usage = shutil.disk_usage(nearest)
    detail = text("checks.archive_writable", place=place)
    if nearest != place:
        detail = text("checks.archive_to_be_made", place=place)
    if nearest.stat().st_dev == data.stat().st_dev:
        return Check(SUBJECT, True, text("checks.archive_same_disk", detail=detail))
    total = usage.used + usage.free
    full = usage.used >= FULL * total
    detail = text("checks.archive_full", detail=detail, percent=100 * usage.used // total)
    return Check(SUBJECT, not full, detail, text("checks.archive_full_fix"))


def _wrong(detail: str) -> Check:
    return Check(SUBJECT, False, detail, text("checks.archive_fix"))


def _in_time(examine: Callable[[], Check], place: Path) -> Check:
    """Return what `examine` returns, or that it came to no end; its thread is left behind."""
    answers: queue.SimpleQueue[Check] = queue.SimpleQueue()
    threading.Thread(target=lambda: answers.put(examine()), name=SUBJECT, daemon=True).start()
    try:
        return answers.get(timeout=WITHIN)
    except queue.Empty:
        return _wrong(text("checks.archive_silent", place=place, seconds=f"{WITHIN:.0f}"))
