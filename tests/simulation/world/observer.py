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
_WAITING = "FROM deliveries WHERE state = 'waiting' AND settled_at IS NULL"
NEXT = f"""
SELECT '', 'outbox', count(*) FROM outbox
UNION ALL
SELECT '', 'retry', min(free_at) FROM (
    SELECT id, max(at) AS free_at FROM (
        SELECT id, next_attempt_at AS at {_WAITING}
        UNION ALL
        SELECT id, asked_at + {_ASKED_AGAIN} {_WAITING} AND asked_at IS NOT NULL
        UNION ALL
        SELECT deliveries.id, expires_at FROM deliveries JOIN pauses
        ON pauses.destination = deliveries.destination AND pauses.operation = deliveries.type
        WHERE deliveries.state = 'waiting' AND deliveries.settled_at IS NULL
    ) AS reasons GROUP BY id
) AS waiting
UNION ALL
SELECT '', 'lease', min(lease_until) FROM deliveries WHERE state = 'sending' AND settled_at IS NULL
UNION ALL
SELECT destination, 'due', min(next_attempt_at) FROM deliveries
WHERE state = 'ambiguous' AND settled_at IS NULL GROUP BY destination
UNION ALL
SELECT destination, 'set_aside', min(coalesce(next_attempt_at, 0)) FROM deliveries
WHERE state IN ('waiting', 'pending') AND settled_at IS NULL AND asked_at IS NULL
GROUP BY destination
UNION ALL
SELECT '', 'by_persons', count(*) + coalesce(sum(until), 0) FROM person_pauses
UNION ALL
SELECT '{REPLAYS}', 'due', min(coalesce(lease_until, 0)) FROM replay_work
WHERE phase = 'planning' OR phase = 'running' AND run_by <> ''
"""  # noqa: S608 - written here
"""(about, kind, value): what `next_of` reads; on either database."""
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

    def rows(self, sql: str, **values: object) -> list[Any]:
        """Return what a question brings."""
        return self._connection.execute(sql, values).fetchall()

    def what_next(self, version: int) -> Next:
        """Return what comes next; `version` changes with each write."""
        if version != self._version:
            self._next = next_of(self._connection.execute(NEXT))
            self._version = version
        return self._next


def _seconds(at: object) -> float:
    return math.inf if at is None else (int(at) - _EPOCH) / 1_000_000  # type: ignore[call-overload]
