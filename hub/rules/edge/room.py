"""The room of an agent's spool: what it may still take, and for how many days that lasts. Pure."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

NEARLY_FULL_ABOVE: Final = 0.8
"""Part of the budget."""
EVENT_OVERHEAD: Final = 1024
"""Bytes that an event takes beside its body and its files: its row, its index, its page."""
LEAST_OBSERVED: Final = timedelta(hours=1)
"""A shorter look tells nothing about days."""
MOST_DAYS: Final = 999


@dataclass(frozen=True, slots=True, kw_only=True)
class SpoolRoom:
    """How full a spool is."""

    used: int
    """Bytes of events and files that wait."""
    budget: int
    """Bytes that they may take."""
    disk_free: int
    """Bytes that are free on the disk."""

    @property
    def left(self) -> int:
        """Bytes that may still come."""
        return max(0, min(self.budget - self.used, self.disk_free))

    @property
    def is_nearly_full(self) -> bool:
        """Whether a person should act before the spool refuses."""
        return self.left < (1 - NEARLY_FULL_ABOVE) * self.budget

    def accepts(self, size: int) -> bool:
        """Return whether an event or file of so many bytes still fits."""
        return size + EVENT_OVERHEAD <= self.left


def days_left(room: SpoolRoom, *, spooled: int, during: timedelta) -> int | None:
    """Return for how many whole days the room lasts at the pace at which bytes came.

    None where the pace is not known yet, or nothing came.
    """
    if during < LEAST_OBSERVED or spooled <= 0:
        return None
    return min(MOST_DAYS, int(room.left / (spooled / (during / timedelta(days=1)))))
