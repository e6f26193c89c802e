"""When each device in the hall was last heard on its live line, and what screen it has.

Kept in the memory of the one process that serves the hall.
"""

import threading
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class HeardScreen:
    """What a device's page reported."""

    at: datetime
    width: int
    height: int
    """Of its window, in CSS pixels; 0 where the page did not report it."""


class LiveLines:
    """Belongs to one application."""

    def __init__(self) -> None:
        self._heard: dict[str, HeardScreen] = {}
        self._lock = threading.Lock()

    def hear(self, name: str, heard: HeardScreen) -> None:
        """Keep that a device's page is there."""
        with self._lock:
            self._heard[name] = heard

    def last(self, name: str) -> HeardScreen | None:
        """Return what a device reported last, None before its first line."""
        with self._lock:
            return self._heard.get(name)
