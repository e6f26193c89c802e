"""When a scan was made: by the file's time where that can be, else by the hub's, and it is told.

A scanner or file server with a wrong clock gives any time: that of its first start, or of the next
century. The last one that cannot be is kept in the folder `dang-nhan` for the check of the device,
until a scan comes with a time that can.
"""

from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from adapters.devices.scanner.claims import CLAIMED
from hub.messages.local_time import LOCAL

OLDEST = timedelta(days=31)
"""A scan may wait for a hub that is off over holidays, or be copied into the folder days later."""
AHEAD = timedelta(minutes=5)
_KEPT = "dong-ho-sai"


def time_of(modified: int) -> datetime | None:
    """Return a file's time, in nanoseconds since 1970, None where no calendar has it."""
    try:
        return datetime.fromtimestamp(modified / 1e9, LOCAL)
    except (ValueError, OverflowError, OSError):
        return None


def can_be(made: datetime, *, now: datetime) -> bool:
    """Tell whether a scan that comes now can have been made then."""
    return now - OLDEST <= made <= now + AHEAD


def keep_wrong(folder: Path, made: datetime | None) -> None:
    """Keep a time that cannot be, None: no calendar has it; for the hot folder `folder`."""
    with suppress(OSError):  # the scan itself counts more
        shown = made.isoformat(timespec="seconds") if made else "?"
        (folder / CLAIMED / _KEPT).write_text(shown, encoding="ascii")


def forget_wrong(folder: Path) -> None:
    """Forget the time that could not be: the clock is right now."""
    with suppress(OSError):
        (folder / CLAIMED / _KEPT).unlink(missing_ok=True)


def wrong_time(folder: Path) -> str:
    """Return the last time that could not be, "" for none."""
    try:
        return (folder / CLAIMED / _KEPT).read_text(encoding="ascii")[:40]
    except (OSError, ValueError):
        return ""
