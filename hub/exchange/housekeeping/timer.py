"""The timer: enqueues work whose time has come, and finds what was lost on the way.

Retries become due, leases run out, queue messages vanish with a broker, a dossier never comes:
each is one short query of the store. The timer only enqueues; deliver and reconcile do the work.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hub.ports import Clock
from hub.runtime.failpoints import Point, passing
from hub.runtime.role import Role
from hub.runtime.store_retry import retry_while_unavailable
from hub.runtime.telemetry import Event, log
from hub.store.deliveries import schedule
from hub.store.engine.store import Store, Tx
from hub.store.messages import journal
from hub.store.records import early_messages
from hub.store.repair import future_times

MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often the timer checks, and how long it trusts that a work message arrives."""

    tick: timedelta = timedelta(milliseconds=250)
    enqueue_again_after: timedelta = timedelta(minutes=10)
    sweep: timedelta = timedelta(minutes=1)
    early: timedelta = timedelta(hours=1)
    """How long a message may wait for its dossier."""
    grace_period: timedelta = timedelta()
    """After a lease has run out: how long its call may still be under way."""
    lease: timedelta = timedelta(minutes=10)
    """The longest lease that anybody takes."""
    jump: timedelta = timedelta(seconds=5)
    """By how much the clock may go wrong between two checks before that is a jump."""


class Timer(Role):
    """Looks at what is due."""

    name = "timer"
    patience = 60.0

    def __init__(
        self,
        store: Store,
        *,
        clock: Clock,
        pace: Pace | None = None,
        on_commit: Callable[[], None] = lambda: None,
        on_sweep: Callable[[], None] = lambda: None,
        also: Callable[[datetime], object] = lambda _now: None,
    ) -> None:
        super().__init__()
        self.store = store
        self.clock = clock
        self.pace = pace or Pace()
        self.on_commit = on_commit
        self.on_sweep = on_sweep
        self.also = also
        """What else is checked at each sweep; in transactions of its own."""
        self._swept = -math.inf
        self._offset: timedelta | None = None
        """Between the clock and the one that nobody can set."""
        self._patient_until = -math.inf
        self._search_began: datetime | None = None
        """When the present search through the accepted messages began."""
        self._search_reached = ""
        """The last message it has come to, "" when it is through."""

    def run(self) -> None:
        while not self.stopping.is_set():
            self.beat()
            if retry_while_unavailable(self, self.run_once):
                passing(Point.TIMER_AFTER_COMMIT)
                self.on_commit()
            self.wakeup.wait(retry_while_unavailable(self, self._pause))

    def finish(self) -> None:
        self.on_sweep()

    def run_once(self) -> int:
        """Do everything that is due once; return how much was enqueued."""
        now, measured = self.clock(), time.monotonic()
        lost = now - self.pace.enqueue_again_after
        if self._has_jumped(now, measured) or measured - self._swept >= self._pause_of_sweeps:
            self._swept = measured
            try:
                count = self.sweep(now)
                passing(Point.TIMER_AFTER_SWEEP)
            finally:
                self.on_sweep()
        else:
            count = 0
        with self.store.read() as tx:
            due = schedule.is_due(tx, now=now, enqueued_before=lost)
        if not due:
            return count
        with self.store.write() as tx:
            return count + schedule.enqueue_due(tx, now=now, enqueued_before=lost)

    @property
    def _pause_of_sweeps(self) -> float:
        return self.pace.sweep.total_seconds()

    def _has_jumped(self, now: datetime, measured: float) -> bool:
        """Compare the clock with the one that nobody can set."""
        offset = now - datetime.fromtimestamp(measured, UTC)
        before, self._offset = self._offset, offset
        if before is None or abs(offset - before) < self.pace.jump:
            return False
        log.warning(Event.CLOCK_JUMPED, duration_ms=round((offset - before) / MILLISECOND))
        # By the clock everything early may now seem old.
        self._patient_until = measured + self.pace.early.total_seconds()
        return True

    def sweep(self, now: datetime) -> int:
        """Find what should not happen: dead senders, lost work messages, forgotten followers.

        A check of `also` may fail: that is raised when the rest is done.
        """
        try:
            # First, because work that is enqueued again looks like work that was enqueued just now.
            self.also(now)
        finally:
            count = self._sweep_lost(now)
        return count

    def _sweep_lost(self, now: datetime) -> int:
        # First, because by the present time a lease may have run out, or a work message may be
        # lost.
        self._correct_future(now)
        lost = now - self.pace.enqueue_again_after
        with self.store.write() as tx:
            expired = schedule.expire_leases(tx, now=now, query_at=now + self.pace.grace_period)
            enqueued = schedule.enqueue_pending(tx, now=now, enqueued_before=lost)
            released = schedule.sweep_held(tx, now)
            enqueued += self._enqueue_lost(tx, now)
            if time.monotonic() >= self._patient_until:
                early_messages.park(tx, now - self.pace.early)
        if expired:
            log.warning(Event.LEASES_EXPIRED, count=len(expired))
        if enqueued or released:
            log.warning(Event.WORK_REQUEUED, count=enqueued + released)
        return enqueued + released + self._wake_early()

    def _correct_future(self, now: datetime) -> None:
        """Correct what a clock has written that was ahead, a short transaction a page."""
        present = future_times.Present(
            now=now, soon=now + self.pace.grace_period, lease_until=now + self.pace.lease
        )
        with self.store.read() as tx:
            ids = future_times.concerned(tx, present)
        count = 0
        for start in range(0, len(ids), future_times.PAGE):
            with self.store.write() as tx:
                page = ids[start : start + future_times.PAGE]
                count += future_times.correct(tx, page, present)
        if count:
            log.warning(Event.TIMESTAMPS_REPAIRED, count=count)

    def _enqueue_lost(self, tx: Tx, now: datetime) -> int:
        """Enqueue again a page of messages that were accepted long ago and never handled.

        Nothing tells a vanished queue message from one in a long queue. So each is enqueued
        at most once in `enqueue_again_after`, and one page a sweep: a receiver that is away for a
        day finds a few repeats, not a flood.
        """
        if not self._search_reached:
            if self._search_began and now - self._search_began < self.pace.enqueue_again_after:
                return 0
            self._search_began = now
        count, self._search_reached = journal.enqueue_lost(
            tx, recorded_before=now - self.pace.enqueue_again_after, after=self._search_reached
        )
        return count

    def _wake_early(self) -> int:
        """Enqueue again every early message, a short transaction a page."""
        count, after = 0, ""
        while True:
            with self.store.write() as tx:
                page = early_messages.wake_all(tx, after=after)
            if not page:
                return count
            count, after = count + len(page), page[-1]

    def _pause(self) -> float:
        now = self.clock()
        with self.store.read() as tx:
            due = schedule.next_due(tx, now=now)
        tick = self.pace.tick.total_seconds()
        if due is None:
            return tick
        return min(tick, max(0.005, (due - now).total_seconds()))
