"""Group commit: callers wait for one durable answer each, one transaction serves many of them.

While a transaction is being written, new callers queue up and form the next group; nobody waits
for a timer. When a group fails, its items are tried one by one, so that one bad item harms nobody;
where the failure is none of theirs, all of them get it at once. The thread is a role: it begins
again after a crash, its heartbeat shows when it stands still, and every item that it took gets an
answer or an error. `script/bench stores` pays for it (the role accept).
"""

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import timedelta
from typing import Generic, TypeVar

from hub.runtime.role import Role
from hub.runtime.telemetry import Event, log

ItemT = TypeVar("ItemT")
AnswerT = TypeVar("AnswerT")
LOOK = 1.0
"""Seconds after which an idle thread beats."""
PATIENCE = 120.0
"""Longest time in seconds for one group: several waits for a locked database."""
END_WITHIN = 60.0


class GroupClosed(RuntimeError):
    """Nothing is taken any more: the hub is stopping. Nothing was written."""


class Unanswered(RuntimeError):
    """The wait was over, or the thread crashed over the item's group: it may be written, or not."""


class GroupCommit(Role, Generic[ItemT, AnswerT]):
    """Makes of `work(items) -> answers` (one transaction) `submit(item) -> Future[answer]`."""

    name = "accept"
    patience = PATIENCE
    stop_within = END_WITHIN

    def __init__(
        self,
        work: Callable[[Sequence[ItemT]], Sequence[AnswerT]],
        *,
        largest: int = 256,
        concerns_all: Callable[[Exception], bool] = lambda _: False,
    ) -> None:
        """`concerns_all`: whether an error would meet every item of the group, tried alone."""
        super().__init__()
        self._work = work
        self._largest = largest
        self._concerns_all = concerns_all
        self._open = True
        self._submitting = threading.Lock()
        self._queue: queue.SimpleQueue[tuple[ItemT, Future[AnswerT]] | None] = queue.SimpleQueue()
        self.start()

    def submit(self, item: ItemT) -> "Future[AnswerT]":
        """Queue an item; the future carries its answer after the commit, or the error.

        Cancelled in time, it is not written. Raises Closed after `close`: there would be no answer.
        """
        future: Future[AnswerT] = Future()
        with self._submitting:  # else an item could be put behind the end of the queue
            if not self._open:
                raise GroupClosed("nothing is accepted any more")
            self._queue.put((item, future))
        return future

    def answer(self, item: ItemT, *, within: timedelta) -> AnswerT:
        """Have an item written with those of other callers; return its answer or raise its error.

        Raises Unanswered when the wait is over: then it may be written, or not.
        """
        future = self.submit(item)
        try:
            return future.result(within.total_seconds())
        except TimeoutError:
            future.cancel()  # what was not begun need not be written any more
            raise Unanswered("the commit did not end in time") from None

    def close(self) -> None:
        """Finish what is queued and end the thread; safe to call twice."""
        with self._submitting:
            self._open = False
            self._queue.put(None)
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.join(self.stop_within)
            if thread.is_alive():
                log.error(Event.STOP_OVERDUE, role=self.name)

    def run(self) -> None:
        while not self.stopping.is_set():
            self.beat()
            group = self._next_group()
            try:
                if group:
                    self._commit(group)
            finally:
                for _, future in group:
                    if not future.done():
                        future.set_exception(Unanswered("a fault of ours, see `role_crashed`"))

    def _next_group(self) -> list[tuple[ItemT, "Future[AnswerT]"]]:
        """Return what is queued, waiting a little for the first; ends the role at its close."""
        group: list[tuple[ItemT, Future[AnswerT]]] = []
        try:
            found = self._queue.get(timeout=LOOK)
            while found is not None:
                if found[1].set_running_or_notify_cancel():
                    group.append(found)
                if len(group) >= self._largest:
                    return group
                found = self._queue.get_nowait()
            self.stopping.set()
        except queue.Empty:
            pass
        return group

    def _commit(self, group: list[tuple[ItemT, "Future[AnswerT]"]]) -> None:
        try:
            answers = self._work([item for item, _ in group])
        except Exception as error:
            if len(group) == 1 or self._concerns_all(error):
                for _, future in group:
                    future.set_exception(error)
                return
            for pair in group:
                self._commit([pair])
            return
        for (_, future), answer in zip(group, answers, strict=True):
            future.set_result(answer)
