"""Urgency: what is due soon passes what waits before it in the queue.

A work message permits one call. When the queue is backed up, the work messages at hand are used for
the deliveries that are due first. The deliveries that gave way are enqueued again behind them.
The own work messages of the first come later and find nothing to do. Only places in the queue
change: a lane keeps the order within its dossier, because only its head can be enqueued.
"""

import math
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from msgspec.structs import replace

from hub.ports import Incoming
from hub.store.deliveries import priority
from hub.store.deliveries.priority import Due
from hub.store.deliveries.transitions import enqueue
from hub.store.engine.store import Store
from hub.store.messages import outbox

WITHIN = timedelta(days=1)
"""How soon something has to be due to pass others."""
EVERY = 1.0
"""Seconds between two looks: each reads all that is asked for."""


class Priority:
    """One destination's; belongs to the thread of its Deliver."""

    def __init__(
        self, store: Store, destination: str, *, on_commit: Callable[[], None], every: float = EVERY
    ) -> None:
        self.store = store
        self.destination = destination
        self.on_commit = on_commit
        self.every = every
        self._looked = -math.inf

    def first(self, asked: dict[int, Incoming], now: datetime) -> dict[int, Incoming]:
        """Return the asks (by delivery) with what is due soon in the place of what is due later."""
        if time.monotonic() - self._looked < self.every:
            return asked
        self._looked = time.monotonic()
        with self.store.read() as tx:
            soon = priority.due_before(
                tx, self.destination, before=now + WITHIN, but=asked, limit=len(asked)
            )
            standing = priority.unsent(tx, asked) if soon else {}
        pairs = _pairs(soon, asked, standing)
        if not pairs:
            return asked
        give_way = [standing[id] for id, _ in pairs if id in standing]
        with self.store.write() as tx:
            outbox.put(tx, (enqueue(due.id, self.destination, due.type) for due in give_way))
        self.on_commit()
        # First in the batch, too: a quota or a ramp may not let all of it go.
        urgent_ones = {due.id: replace(asked[id], type=due.type) for id, due in pairs}
        gave_way = {id for id, _ in pairs}
        return urgent_ones | {id: it for id, it in asked.items() if id not in gave_way}


def _pairs(
    soon: list[Due], asked: dict[int, Incoming], standing: dict[int, Due]
) -> list[tuple[int, Due]]:
    """Return who gives way to whom: first what needs no call any more, then what is due last."""

    def due(id: int) -> float:
        if id not in standing:
            return math.inf
        deadline = standing[id].deadline
        return deadline.timestamp() if deadline else math.inf

    gone_first = sorted(asked, key=lambda id: (id in standing, -due(id)))
    pairs = zip(gone_first, soon, strict=False)
    return [(id, one) for id, one in pairs if one.deadline and one.deadline.timestamp() < due(id)]
