"""The one real clock of the hub, and one that a drill can set wrong.

Everything that compares times gets its clock as an argument. Waits and patience are measured by
`time.monotonic`, which nobody can set.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path


def utc_now() -> datetime:
    """Return the present time."""
    return datetime.now(UTC)


def clock_of(offset_file: str) -> Callable[[], datetime]:
    """Return the clock; with a file it goes wrong by the seconds that stand in it just now."""
    if not offset_file:
        return utc_now
    place = Path(offset_file)

    def shifted() -> datetime:
        try:
            offset = float(place.read_text(encoding="ascii"))
        except (OSError, ValueError):
            offset = 0.0
        return utc_now() + timedelta(seconds=offset)

    return shifted
