"""How long ago a doubtful call ended, by the clock and by the one that nobody can set.

The clock may be set forward while the partner is at work: by it the partner has then had an hour to
finish. So the lesser of two ages counts: that by the clock, and that since this process asked
first, which is never before the settle delay was over. A process that was started again begins
anew: it asks for longer, and never for too short.
"""

import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

MOST = 10_000
"""Deliveries that are remembered; what other processes settle is never told here."""


class DoubtAges:
    """When this process asked about each delivery; belongs to one thread."""

    def __init__(
        self, grace_period: timedelta, *, monotonic: Callable[[], float] | None = None
    ) -> None:
        self._grace_period = grace_period
        self._monotonic = monotonic or time.monotonic
        self._first: dict[int, tuple[datetime | None, float]] = {}
        self._queried: dict[int, float] = {}

    def querying(self, ids: Iterable[int]) -> None:
        """Note that questions about deliveries are about to be asked."""
        if len(self._first) > MOST:
            self._first.clear()
            self._queried.clear()
        self._queried |= dict.fromkeys(ids, self._monotonic())

    def age(self, id: int, since: datetime | None, *, queried_at: datetime) -> timedelta:
        """Return how long after `since` the last question was asked, which was at `asked_at`."""
        queried = self._queried.get(id, self._monotonic())
        known_since, first = self._first.get(id, (None, queried))
        if since is None or known_since != since:
            self._first[id], first = (since, queried), queried
        by_clock = queried_at - since if since is not None else timedelta()
        return max(
            min(by_clock, self._grace_period + timedelta(seconds=queried - first)), timedelta()
        )
