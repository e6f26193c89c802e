"""Time that belongs to the simulation: it passes only when a step says so.

While `ruled` is in force, `time.monotonic`, `time.time` and `time.time_ns` give virtual time, and
`os.urandom` gives bytes of the story's own source of chance. So message ids and waits are the same
in every run of a seed.
"""

import os
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from unittest import mock

BEGINS = datetime(2018, 8, 6, 1, 30, tzinfo=UTC)
"""A Monday at half past eight in the ward."""
_EPOCH = BEGINS.timestamp()


class VirtualTime:
    """Seconds since the story began; the only clock of a story."""

    def __init__(self) -> None:
        self.elapsed = 0.0

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.elapsed += seconds

    def advance_to(self, at: float) -> None:
        """Let time pass until then, where it has not."""
        self.elapsed = max(self.elapsed, at)

    def now(self, skew: float = 0.0) -> datetime:
        """Return the time that a clock shows which is `skew` seconds ahead."""
        return BEGINS + timedelta(seconds=self.elapsed + skew)


@contextmanager
def ruled(by: VirtualTime, draw: random.Random) -> Iterator[None]:
    """Have the whole process live by virtual time and a given source of chance."""

    def seconds() -> float:
        return by.elapsed

    def since_epoch() -> float:
        return _EPOCH + by.elapsed

    def nanoseconds() -> int:
        return int(since_epoch() * 1e9)

    with (
        mock.patch.object(time, "monotonic", seconds),
        mock.patch.object(time, "time", since_epoch),
        mock.patch.object(time, "time_ns", nanoseconds),
        mock.patch.object(os, "urandom", draw.randbytes),
        mock.patch.object(random, "_urandom", draw.randbytes),
    ):
        yield
