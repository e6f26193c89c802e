"""Reads what the processes wrote, whether they live or not, without the product's layers.

A story asks many times a second of virtual time what is wrong and what comes next, so these
questions go straight to the database.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from tests.simulation.database.in_memory import Database
from tests.simulation.world.virtual_time import BEGINS

REPLAYS = "replays"
_ASKED_AGAIN = 600_000_000
"""Microseconds after which work that was asked for counts as lost; see the timer's `Pace`."""
_OPEN = "settled_at IS NULL AND state <> ''"
"""What names the index of open deliveries."""


def _next(greatest: str) -> str:
    return f"""
    SELECT '', 'outbox', count(*) FROM outbox
    UNION ALL
    SELECT '', 'retry', min({greatest}(
        next_attempt_at, coalesce(asked_at + {_ASKED_AGAIN}, 0), coalesce((
            SELECT max(expires_at) FROM pauses
            WHERE pauses.destination = deliveries.destination AND operation = type
        ), 0)
    )) FROM deliveries WHERE state = 'waiting' AND {_OPEN}
    UNION ALL
    SELECT '', 'lease', min(lease_until) FROM deliveries WHERE state = 'sending' AND {_OPEN}
    UNION ALL
    SELECT destination, 'due', min(next_attempt_at) FROM deliveries
    WHERE state = 'ambiguous' AND {_OPEN} GROUP BY destination
    UNION ALL
    SELECT destination, 'set_aside', min(coalesce(next_attempt_at, 0)) FROM deliveries
    WHERE state IN ('waiting', 'pending') AND {_OPEN} AND asked_at IS NULL GROUP BY destination
    UNION ALL
    SELECT '', 'by_persons', count(*) + coalesce(sum(until), 0) FROM person_pauses
    UNION ALL
    SELECT '{REPLAYS}', 'due', min(coalesce(lease_until, 0)) FROM replay_work
    WHERE phase = 'planning' OR phase = 'running' AND run_by <> ''
    """  # noqa: S608 - written here


NEXT, NEXT_ON_POSTGRESQL = _next("max"), _next("greatest")
"""(about, kind, value): what `next_of` reads."""
_EPOCH = int(BEGINS.timestamp() * 1_000_000)


class Next(NamedTuple):
    """What the store knows of the future; times in seconds of the story, infinite for never."""

    outbox: int = 0
    """Rows that a relay has not forgotten yet."""
    retry: float = math.inf
    """When the timer may ask for something that waits."""
    lease: float = math.inf
    due: Mapping[str, float] = MappingProxyType({})
    """By partner when something ambiguous is to be asked about; for `REPLAYS`, when a plan may be
    worked on."""
    set_aside: Mapping[str, float] = MappingProxyType({})
    """By partner when something may go that nobody has asked for."""
    by_persons: int = 0
    """Another number with each change of what persons paused."""

    @property
    def times(self) -> list[float]:
        """All times."""
        return [self.retry, self.lease, *self.due.values()]


def next_of(rows: Iterable[Sequence[Any]]) -> Next:
    """Return what `NEXT` brought."""
    found: dict[str, Any] = {"due": {}, "set_aside": {}}
    for about, kind, value in rows:
        if about:
            found[kind][about] = _seconds(value)
        else:
            found[kind] = _seconds(value) if kind in ("retry", "lease") else int(value)
    return Next(**found)


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
        self._next = Next()
        self._version = -1
        self._changes = -1
        """Rows that were written when `_next` was asked for."""

    def rows(self, sql: str, **values: object) -> list[Any]:
        """Return what a question brings."""
        return self._connection.execute(sql, values).fetchall()

    def what_next(self, version: int) -> Next:
        """Return what comes next; `version` changes with each write."""
        if version != self._version:
            if self.changes != self._changes:
                self._next = next_of(self._connection.execute(NEXT))
                self._changes = self.changes
            self._version = version
        return self._next

    @property
    def changes(self) -> int:
        """How many rows were written so far, also those that were rolled back."""
        return self._connection.total_changes

    def forget(self) -> None:
        """Ask anew: the database is another one, and nobody has written a row."""
        self._changes = -1


def _seconds(at: object) -> float:
    return math.inf if at is None else (int(at) - _EPOCH) / 1_000_000  # type: ignore[call-overload]
