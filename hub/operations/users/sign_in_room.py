"""The few sign-ins that a process makes at once, so that strangers do not hold its threads.

It promises room to persons while strangers try: one network, or one known browser, has few places,
and some places are for known browsers only. It decides nothing about passwords.
"""

import threading
from collections import Counter

PLACES = 8
RESERVED = 2
"""Places that only a browser with which the person signed in before gets."""
MOST_OF_ONE = 2
"""Places of one network, or of one known browser."""


class SignInRoom:
    """Counts who is in; nobody waits for a place."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside: Counter[str] = Counter()

    def reserve(self, source: str, *, known: bool) -> bool:
        """Take a place; False where there is none for this source.

        `source`: the network, or of a known browser what stands for it.
        """
        with self._lock:
            most = PLACES if known else PLACES - RESERVED
            if self._inside.total() >= most or self._inside[source] >= MOST_OF_ONE:
                return False
            self._inside[source] += 1
            return True

    def leave(self, source: str) -> None:
        """Give a place back that `reserve` gave."""
        with self._lock:
            self._inside[source] -= 1
            if not self._inside[source]:
                del self._inside[source]
