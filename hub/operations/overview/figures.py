"""The figures of a hub at a moment, for Prometheus and for a terminal.

From kept counts and from what is open, never from what was ever done; nothing here writes.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from hub.operations.devices.listing import shown_devices
from hub.operations.watchers.ending_secrets import without_successor
from hub.store.conservation.balance import Balance, balance
from hub.store.deliveries import pauses
from hub.store.deliveries.pauses import ListedPause
from hub.store.devices.states import KeptState
from hub.store.engine.store import Tx
from hub.store.monitoring import work_counts
from hub.store.repair import tasks


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How a hub stood at a moment, all of its processes together."""

    at: datetime
    balances: Sequence[Balance]
    oldest: Mapping[tuple[str, str], datetime]
    """When the oldest open delivery of a destination and state was opened."""
    unhandled: Mapping[str, int]
    """Messages by their state: accepted, early, parked."""
    pauses: Sequence[ListedPause]
    tasks: Mapping[str, int]
    """Open tasks by their owner."""
    devices: Sequence[KeptState]
    ending_secrets: int
    """Secrets of clients that end within 14 days without a successor."""


def read(tx: Tx, destinations: Collection[str], *, now: datetime) -> Figures:
    """Return the figures; the balance of each of the destinations, and of any other."""
    return Figures(
        at=now,
        balances=balance(tx, destinations),
        oldest=work_counts.oldest_open(tx),
        unhandled=work_counts.unhandled_by_state(tx),
        pauses=pauses.listed(tx, now=now),
        tasks=tasks.open_by_owner(tx),
        devices=shown_devices(tx, now=now),
        ending_secrets=len(without_successor(tx, now)),
    )
