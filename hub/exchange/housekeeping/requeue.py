"""Rebuild: the broker was emptied or replaced, so everything unsettled is asked for again.

Nothing happens twice: a message that was handled is not handled again, a delivery that is settled
or being sent is not claimed again. Safe at any time, also beside running roles.
"""

from collections.abc import Callable
from datetime import timedelta

from hub.ports import Clock
from hub.store.deliveries import schedule
from hub.store.engine.store import Store
from hub.store.messages import isolated_attempts, journal


def rebuild(
    store: Store,
    *,
    clock: Clock,
    progress: Callable[[int], None] = lambda _: None,
    at_start: bool = False,
) -> dict[str, int]:
    """Fill the outbox with an ask for every unsettled thing; return counts by kind.

    `progress` gets the number asked for by each step. Works in chunks, memory stays flat. With
    `at_start` it is written down which messages were found unhandled: the broker that counted ended
    with the process.
    """
    counts = {"messages": 0, "deliveries": 0}
    after = ""
    with store.write() as tx:
        isolated_attempts.forget(tx)
    while True:
        with store.write() as tx:
            ids = journal.enqueue_unhandled(tx, after=after)
            if at_start:
                isolated_attempts.find(tx, ids)
        if not ids:
            break
        after = ids[-1]
        counts["messages"] += len(ids)
        progress(len(ids))
    now = clock()
    # Rows asked for by this very run carry `now`; one microsecond keeps them out of the next step.
    before = now - timedelta(microseconds=1)
    while True:
        with store.write() as tx:
            # Also what is paused: its asks are gone as well, and they wait in the queue.
            asked = schedule.enqueue_pending(
                tx, now=now, enqueued_before=before, respect_pauses=False
            )
            asked += schedule.enqueue_due(tx, now=now, enqueued_before=before, respect_pauses=False)
        if not asked:
            return counts
        counts["deliveries"] += asked
        progress(asked)
