"""Reads what the processes wrote, whether they live or not, without the product's layers.

A story asks many times a second of virtual time what is wrong and what comes next, so these
questions go straight to the database.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from tests.simulation.database.in_memory import Database
from tests.simulation.world.virtual_time import BEGINS

NEXT = """
SELECT
    (SELECT count(*) FROM outbox),
    (SELECT min(next_attempt_at) FROM deliveries WHERE state = 'waiting' AND settled_at IS NULL),
    (SELECT min(lease_until) FROM deliveries WHERE state = 'sending' AND settled_at IS NULL),
    (SELECT min(next_attempt_at) FROM deliveries WHERE state = 'ambiguous' AND settled_at IS NULL)
"""
_EPOCH = int(BEGINS.timestamp() * 1_000_000)


class Next(NamedTuple):
    """What the store knows of the future; times in seconds of the story, infinite for never."""

    outbox: int
    """Rows that a relay has not forgotten yet."""
    retry: float
    lease: float
    query: float


def next_of(row: Sequence[Any]) -> Next:
    """Return what `NEXT` brought."""
    outbox, *times = row
    return Next(int(outbox), *map(_seconds, times))


class Reader(Protocol):
    """What reads what was committed."""

    def rows(self, sql: str, **values: object) -> list[Any]:
        """Return what a question brings; its parameters are written `:name`."""

    def what_next(self, version: int) -> Next:
        """Return what comes next; `version` changes with each write."""


class Observer:
    """Only reads, between two transactions."""

    def __init__(self, database: Database) -> None:
        self._connection = database.raw
        self._next = Next(0, math.inf, math.inf, math.inf)
        self._version = -1

    def rows(self, sql: str, **values: object) -> list[Any]:
        """Return what a question brings."""
        return self._connection.execute(sql, values).fetchall()

    def what_next(self, version: int) -> Next:
        """Return what comes next; `version` changes with each write."""
        if version != self._version:
            (row,) = self.rows(NEXT)
            self._next = next_of(row)
            self._version = version
        return self._next


def _seconds(at: object) -> float:
    return math.inf if at is None else (int(at) - _EPOCH) / 1_000_000  # type: ignore[call-overload]
