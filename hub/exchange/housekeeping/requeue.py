"""Rebuild: the broker was emptied or replaced, so everything unsettled is enqueued again.

Nothing happens twice: a message that was handled is not handled again, a delivery that is settled
or being sent is not claimed again. Safe at any time, also beside running roles.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta

from hub.ports import Clock
from hub.store.deliveries import schedule
from hub.store.engine.store import Store
from hub.store.messages import isolated_attempts, journal

Progress = Callable[[int], None]
"""Gets the number that each step has enqueued."""


def rebuild(
    store: Store,
    *,
    clock: Clock,
    progress: Progress = lambda _: None,
    at_start: bool = False,
) -> dict[str, int]:
    """Enqueue every unsettled thing; return counts by kind. Works in chunks, memory stays flat.

    With `at_start` it is written down which messages were found unhandled: the broker that counted
    ended with the process.
    """
    with store.write() as tx:
        isolated_attempts.forget(tx)
    return {
        "messages": sum(_report(progress, _messages(store, at_start=at_start))),
        "deliveries": sum(_report(progress, _deliveries(store, clock()))),
    }


def _messages(store: Store, *, at_start: bool) -> Iterator[int]:
    """Enqueue what the records have not handled; yield how many after each transaction."""
    after = ""
    while True:
        with store.write() as tx:
            ids = journal.enqueue_unhandled(tx, after=after)
            if at_start:
                isolated_attempts.find(tx, ids)
        if not ids:
            return
        after = ids[-1]
        yield len(ids)


def _deliveries(store: Store, now: datetime) -> Iterator[int]:
    """Enqueue what is open or due; yield how many after each transaction."""
    # Rows enqueued by this very run carry `now`; one microsecond keeps them out of the next step.
    before = now - timedelta(microseconds=1)
    while True:
        with store.write() as tx:
            # Also what is paused: its work messages are gone as well, and they wait in the queue.
            count = schedule.enqueue_pending(
                tx, now=now, enqueued_before=before, respect_pauses=False
            )
            count += schedule.enqueue_due(tx, now=now, enqueued_before=before, respect_pauses=False)
        if not count:
            return
        yield count


def _report(progress: Progress, counts: Iterable[int]) -> Iterator[int]:
    for count in counts:
        progress(count)
        yield count
