"""Group commit: callers wait for one durable answer each, one transaction serves many of them.

While a transaction is being written, new callers queue up and form the next group; nobody waits
for a timer. When a group fails, its items are tried one by one, so that one bad item harms nobody.
"""

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

ItemT = TypeVar("ItemT")
AnswerT = TypeVar("AnswerT")


class Closed(RuntimeError):
    """Nothing is taken any more: the hub is stopping. Nothing was written."""


class GroupCommit(Generic[ItemT, AnswerT]):
    """Turns `work(items) -> answers` (one transaction) into `submit(item) -> Future[answer]`."""

    def __init__(
        self, work: Callable[[Sequence[ItemT]], Sequence[AnswerT]], *, largest: int = 256
    ) -> None:
        self._work = work
        self._largest = largest
        self._open = True
        self._door = threading.Lock()
        self._queue: queue.SimpleQueue[tuple[ItemT, Future[AnswerT]] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="group-commit", daemon=True)
        self._thread.start()

    def submit(self, item: ItemT) -> "Future[AnswerT]":
        """Queue an item; the future carries its answer after the commit, or the error.

        Raises Closed after `close`: nobody would ever answer.
        """
        future: Future[AnswerT] = Future()
        with self._door:  # else an item could be put behind the end of the queue
            if not self._open:
                raise Closed("nothing is accepted any more")
            self._queue.put((item, future))
        return future

    def close(self) -> None:
        """Finish what is queued and end the thread; safe to call twice."""
        with self._door:
            self._open = False
            self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while True:
            first = self._queue.get()
            if first is None:
                return
            group, open_ = [first], True
            while len(group) < self._largest:
                try:
                    more = self._queue.get_nowait()
                except queue.Empty:
                    break
                if more is None:
                    open_ = False
                    break
                group.append(more)
            self._commit(group)
            if not open_:
                return

    def _commit(self, group: list[tuple[ItemT, "Future[AnswerT]"]]) -> None:
        try:
            answers = self._work([item for item, _ in group])
        except Exception as error:
            if len(group) == 1:
                group[0][1].set_exception(error)
                return
            for pair in group:
                self._commit([pair])
            return
        for (_, future), answer in zip(group, answers, strict=True):
            future.set_result(answer)
