"""Priority: what is due soon passes what waits before it in the queue.

A work message permits one call. When the queue is long, the work messages at hand are used for the
deliveries that are due first. The deliveries that gave way are enqueued again behind them.
The work messages of the urgent ones come later and find nothing to do. Only places in the queue
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
"""How soon a delivery has to be due to pass others."""
EVERY = 1.0
"""Seconds between two queries: each reads all that is enqueued."""


class Priority:
    """One destination's; belongs to the thread of its Deliver."""

    def __init__(
        self, store: Store, destination: str, *, on_commit: Callable[[], None], every: float = EVERY
    ) -> None:
        self.store = store
        self.destination = destination
        self.on_commit = on_commit
        self.every = every
        self._queried = -math.inf

    def first(self, work: dict[int, Incoming], now: datetime) -> dict[int, Incoming]:
        """Return the work (by delivery) with what is due soon in the place of what is due later."""
        if time.monotonic() - self._queried < self.every:
            return work
        self._queried = time.monotonic()
        with self.store.read() as tx:
            soon = priority.due_before(
                tx, self.destination, before=now + WITHIN, but=work, limit=len(work)
            )
            unsent = priority.unsent(tx, work) if soon else {}
        pairs = _pairs(soon, work, unsent)
        if not pairs:
            return work
        give_way = [unsent[id] for id, _ in pairs if id in unsent]
        with self.store.write() as tx:
            outbox.put(tx, (enqueue(due.id, self.destination, due.type) for due in give_way))
        self.on_commit()
        # First in the batch, too: a quota or a ramp may not let all of it go.
        urgent = {due.id: replace(work[id], type=due.type) for id, due in pairs}
        gave_way = {id for id, _ in pairs}
        return urgent | {id: message for id, message in work.items() if id not in gave_way}


def _pairs(
    soon: list[Due], work: dict[int, Incoming], unsent: dict[int, Due]
) -> list[tuple[int, Due]]:
    """Return which delivery gives way to which: first those that need no call any more, then those
    that are due last."""

    def due(id: int) -> float:
        deadline = unsent[id].deadline if id in unsent else None
        return deadline.timestamp() if deadline else math.inf

    last_first = sorted(work, key=lambda id: (id in unsent, -due(id)))
    return [
        (id, urgent)
        for id, urgent in zip(last_first, soon, strict=False)
        if urgent.deadline and urgent.deadline.timestamp() < due(id)
    ]
