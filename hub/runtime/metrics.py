"""What the hub counts about its own work, each figure declared once, as log events are.

Counting costs a lock and an addition, in memory; nothing is written and no library is loaded. A
process that has a health port (`hub/monitoring`) shows the figures to Prometheus. Each process
counts its own work from its start, and Prometheus adds the processes up. Labels are bounded: a
label's value is one of the hub's own words, and a figure with too many series counts the rest as
`other`. No label holds personal data, a dossier, a client or an address.
"""

import threading
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

OTHER = "other"
MOST_SERIES = 500
"""Of one figure. More than the hub's own words can make; it guards against a mistake."""
Labels = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Distribution:
    """What a histogram holds: how many values fell under each bound, and all of them together."""

    buckets: tuple[int, ...]
    """One more than there are bounds: the last counts what is above all of them."""
    sum: float


class Counter:
    """A number that only grows, for each combination of labels."""

    def __init__(self, name: str, meaning: str, labels: Sequence[str] = ()) -> None:
        self.name, self.meaning, self.labels = name, meaning, tuple(labels)
        self._counts: dict[Labels, float] = {}
        self._lock = threading.Lock()

    def add(self, *values: str, by: float = 1) -> None:
        """Count something under the values of the labels, in their order."""
        with self._lock:
            key = _bounded(self._counts, values)
            self._counts[key] = self._counts.get(key, 0) + by

    def counts(self) -> Mapping[Labels, float]:
        """Return what was counted since the process began."""
        with self._lock:
            return dict(self._counts)


class Histogram:
    """How values are distributed, for each combination of labels."""

    def __init__(
        self, name: str, meaning: str, labels: Sequence[str] = (), *, bounds: Sequence[float]
    ) -> None:
        self.name, self.meaning, self.labels = name, meaning, tuple(labels)
        self.bounds = tuple(bounds)
        self._buckets: dict[Labels, list[int]] = {}
        self._sums: dict[Labels, float] = {}
        self._lock = threading.Lock()

    def observe(self, value: float, *values: str) -> None:
        """Count a value under the values of the labels, in their order."""
        place = bisect_left(self.bounds, value)
        with self._lock:
            key = _bounded(self._buckets, values)
            buckets = self._buckets.setdefault(key, [0] * (len(self.bounds) + 1))
            buckets[place] += 1
            self._sums[key] = self._sums.get(key, 0.0) + value

    def distributions(self) -> Mapping[Labels, Distribution]:
        """Return what was counted since the process began."""
        with self._lock:
            return {
                key: Distribution(tuple(found), self._sums[key])
                for key, found in self._buckets.items()
            }


def _bounded(known: Mapping[Labels, object], values: Labels) -> Labels:
    if values in known or len(known) < MOST_SERIES:
        return values
    return (OTHER,) * len(values)


_CRITICAL = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 14_400, 86_400, 604_800)
"""Seconds: from a quick call to what outlasts a week of holidays."""

ATTEMPTS = Counter(
    "hub_attempts",
    "Calls to partners about deliveries, by how they ended and the hub's fault code",
    ("partner", "operation", "kind", "outcome", "code"),
)
CRITICAL_TIME = Histogram(
    "hub_critical_time_seconds",
    "From the acceptance of an outgoing message until the partner had it",
    ("partner",),
    bounds=_CRITICAL,
)
COMMIT_GROUPS = Histogram(
    "hub_commit_group_messages",
    "How many accepted messages one transaction wrote",
    bounds=(1, 2, 4, 8, 16, 32, 64, 128, 256),
)
HTTP_REQUESTS = Counter(
    "hub_http_requests", "Answered HTTP calls, by the status of the answer", ("role", "code")
)
COUNTERS = (ATTEMPTS, HTTP_REQUESTS)
HISTOGRAMS = (CRITICAL_TIME, COMMIT_GROUPS)


def seconds(duration: timedelta) -> float:
    """Return a duration as figures have it; one that a clock made negative counts as none."""
    return max(0.0, duration.total_seconds())
