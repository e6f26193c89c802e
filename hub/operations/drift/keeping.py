"""Writes drift down, and opens one task for each piece of news, at most a few at a time.

Not promised: a task for news beyond those few. It stands in `hub partners drift` only, also when
the open tasks are done later.
"""

from collections import defaultdict
from collections.abc import Iterable

from hub.operations.drift.counting import DriftCounts
from hub.operations.drift.words import finding, subject_of
from hub.ports import Clock
from hub.rules.failures.error_summary import describe_error
from hub.runtime.role import Role
from hub.runtime.telemetry import Event, log
from hub.store.engine.store import Store, StoreUnavailable
from hub.store.repair import tasks
from hub.store.repair.replies import drift

EVERY = 10.0
"""Seconds between two writings."""
OPEN_AT_MOST = 8
"""Open tasks of a partner: one that speaks another dialect is not told in forty parts."""


class DriftKeeping(Role):
    """Writes the counts of a process down; the last time when it stops."""

    name = "drift"
    stops_last = True
    patience = 120.0

    def __init__(self, store: Store, counts: DriftCounts, *, clock: Clock) -> None:
        super().__init__()
        self.store = store
        self.counts = counts
        self.clock = clock

    def run(self) -> None:
        while not self.stopping.is_set():
            self.beat()
            self.wakeup.wait(EVERY)
            self.keep()

    def finish(self) -> None:
        self.keep()

    def keep(self) -> int:
        """Write what was counted; return how many tasks were opened."""
        counts = self.counts.drain()
        if not counts:
            return 0
        now = self.clock()
        try:
            with self.store.write() as tx:
                fresh = drift.add(tx, counts, now=now)
                news = list(_news(fresh))
                opened = sum(
                    tasks.open_among_few(tx, finding(it, since=now), most=OPEN_AT_MOST, now=now)
                    for it in news
                )
        except StoreUnavailable as error:
            self.counts.give_back(counts)
            log.error(Event.STORE_LOST, role=self.name, error=describe_error(error))
            return 0
        for keys in news:
            log.warning(
                Event.REPLY_DRIFTED,
                destination=keys[0].partner,
                code=keys[0].kind,
                where=keys[0].place,
            )
        return opened


def _news(fresh: Iterable[drift.DriftKey]) -> Iterable[list[drift.DriftKey]]:
    """Return what was new, by partner and subject."""
    found: defaultdict[tuple[str, str], list[drift.DriftKey]] = defaultdict(list)
    for key in fresh:
        found[key.partner, subject_of(key)].append(key)
    return found.values()
