"""Counts drift in memory, in the threads of the calls; a role writes the counts down.

Nothing here waits for the store: a reply is read at the speed of the line. What a killed process
had counted and not written is counted again with the next replies.
"""

import threading
from collections.abc import Sequence

from hub.ports import Drift
from hub.store.repair.replies.drift import REST, DriftKey

MOST = 1000
"""Differences that are kept between two writings; what comes beyond is counted together."""


class DriftCounts:
    """Gathers drift; threads share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[DriftKey, int] = {}

    def observe(self, drift: Sequence[Drift]) -> None:
        """Count what one reply had; a `hub.ports.DriftObserver`."""
        with self._lock:
            for one in drift:
                key = DriftKey(one.partner, one.operation, str(one.kind), one.place)
                if key not in self._counts and len(self._counts) >= MOST:
                    key = DriftKey(one.partner, *REST)
                self._counts[key] = self._counts.get(key, 0) + 1

    def drain(self) -> dict[DriftKey, int]:
        """Return the counts and begin anew."""
        with self._lock:
            counts, self._counts = self._counts, {}
        return counts

    def give_back(self, counts: dict[DriftKey, int]) -> None:
        """Count again what could not be written."""
        with self._lock:
            for key, count in counts.items():
                self._counts[key] = self._counts.get(key, 0) + count
