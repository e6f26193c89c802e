"""Group commit: callers wait for one durable answer each, one transaction serves many of them.

While a transaction is being written, new callers queue up and form the next group; nobody waits
for a timer. When a group fails, its items are tried one by one, so that one bad item harms nobody;
where the failure is none of theirs, all of them get it at once. The thread is a role: it begins
again after a crash, its heartbeat shows when it stands still, and every item that it took gets an
answer or an error. Callers are threads, or tasks of an event loop. The thread takes its next group
without them, so a loop reads further calls while a commit is under way. `script/bench stores` and
`script/bench gateway` pay for it (the role accept).
"""

import asyncio
import queue
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from datetime import timedelta
from typing import Any, NamedTuple, TypeVar

from hub.runtime.metrics import COMMIT_GROUPS
from hub.runtime.role import Role
from hub.runtime.telemetry import Event, log

ItemT = TypeVar("ItemT")
AnswerT = TypeVar("AnswerT")
Work = Callable[[Sequence[ItemT]], Sequence[AnswerT]]
"""Writes items in one transaction; returns an answer for each."""
LARGEST = 256
"""Items in one group."""
POLL = 1.0
"""Seconds after which an idle thread beats."""
SHORTEST_TIMER = 0.05
"""Seconds at least between two looks at the waits of a loop."""
PATIENCE = 120.0
"""Longest time in seconds for one group: several waits for a locked database."""
END_WITHIN = 60.0


class GroupClosed(RuntimeError):
    """Nothing is taken any more: the hub is stopping. Nothing was written."""


class Unanswered(RuntimeError):
    """The wait was over, or the thread crashed over the item's group: it may be written, or not."""


class _Submitted(NamedTuple):
    """An item that waits for its group, and the future of its caller: a thread's or a loop's."""

    work: Work[Any, Any]
    item: Any
    future: "Future[Any] | asyncio.Future[Any]"


class _Outcome(NamedTuple):
    """The end of an item: its answer or its error."""

    future: "Future[Any] | asyncio.Future[Any]"
    answer: Any = None
    error: Exception | None = None


_Waiting = dict["asyncio.Future[Any]", float]
"""The futures that wait on a loop, and until when by its clock."""


class GroupCommit(Role):
    """Has an item written by `work`, together with the other items of the same `work`."""

    name = "accept"
    patience = PATIENCE
    stop_within = END_WITHIN

    def __init__(self, *, concerns_all: Callable[[Exception], bool] = lambda _: False) -> None:
        """`concerns_all`: whether an error would meet every item of the group, tried alone."""
        super().__init__()
        self._concerns_all = concerns_all
        self._open = True
        self._submitting = threading.Lock()
        self._queue: queue.SimpleQueue[Sequence[_Submitted] | None] = queue.SimpleQueue()
        self._iterations: dict[asyncio.AbstractEventLoop, list[_Submitted]] = {}
        """What each loop has submitted in its present iteration."""
        self._waiting: dict[asyncio.AbstractEventLoop, _Waiting] = {}
        self.start()

    def submit(self, work: Work[ItemT, AnswerT], item: ItemT) -> "Future[AnswerT]":
        """Queue an item; the future carries its answer after the commit, or the error.

        Cancelled in time, it is not written. Raises GroupClosed after `close`: there would be no
        answer.
        """
        future: Future[AnswerT] = Future()
        self._put([_Submitted(work, item, future)])
        return future

    def answer(self, work: Work[ItemT, AnswerT], item: ItemT, *, within: timedelta) -> AnswerT:
        """Have an item written with those of other callers; return its answer or raise its error.

        Raises Unanswered when the wait is over: then it may be written, or not.
        """
        future = self.submit(work, item)
        try:
            return future.result(within.total_seconds())
        except TimeoutError:
            future.cancel()  # what was not begun need not be written any more
            raise Unanswered("the commit did not end in time") from None

    async def answer_async(
        self, work: Work[ItemT, AnswerT], item: ItemT, *, within: timedelta
    ) -> AnswerT:
        """As `answer`, for a caller on an event loop: no thread waits for the commit.

        A caller that is cancelled may have its item written. The wait may end a second late.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[AnswerT] = loop.create_future()
        self._put_with_iteration(loop, _Submitted(work, item, future))
        waiting = self._waiting_on(loop, within)
        waiting[future] = loop.time() + within.total_seconds()
        try:
            return await future
        finally:
            del waiting[future]

    def _waiting_on(self, loop: asyncio.AbstractEventLoop, within: timedelta) -> _Waiting:
        """Return what waits on a loop, with one timer for all of it: one a call would cost more."""
        if (waiting := self._waiting.get(loop)) is None:
            self._forget_closed_loops()
            waiting = self._waiting[loop] = {}
            each = max(min(within.total_seconds(), POLL), SHORTEST_TIMER)
            loop.call_later(each, self._end_overdue, loop, each)
        return waiting

    def _forget_closed_loops(self) -> None:
        """Forget the loops that ended before their timer."""
        for loop in list(self._waiting):  # a copy: other loops come and go in other threads
            if loop.is_closed():
                self._waiting.pop(loop, None)

    def _end_overdue(self, loop: asyncio.AbstractEventLoop, each: float) -> None:
        """End the waits of a loop that are over; look again while there are others."""
        waiting, now, why = self._waiting[loop], loop.time(), "the commit did not end in time"
        over = [one for one, end in waiting.items() if end <= now]
        _end_futures([_Outcome(one, error=Unanswered(why)) for one in over])
        if waiting:
            loop.call_later(each, self._end_overdue, loop, each)
        else:
            del self._waiting[loop]

    def _put(self, submitted: Sequence[_Submitted]) -> None:
        with self._submitting:  # else an item could be put behind the end of the queue
            if not self._open:
                raise GroupClosed("nothing is accepted any more")
            self._queue.put(submitted)

    def _put_with_iteration(self, loop: asyncio.AbstractEventLoop, submitted: _Submitted) -> None:
        """Queue an item when the loop has served all that is ready: what they submit is one group.

        Else the thread would take the first of them alone, and a transaction costs as much for it.
        """
        if not self._open:
            raise GroupClosed("nothing is accepted any more")
        if (items := self._iterations.get(loop)) is None:
            items = self._iterations[loop] = []
            loop.call_soon(self._end_iteration, loop)
        items.append(submitted)

    def _end_iteration(self, loop: asyncio.AbstractEventLoop) -> None:
        items = self._iterations.pop(loop)
        try:
            self._put(items)
        except GroupClosed as closed:
            _end_futures([_Outcome(one.future, error=closed) for one in items])

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
            self.run_once()

    def run_once(self) -> None:
        """Write the next group; waits a little for its first item."""
        group = self._next_group()
        try:
            for work in {one.work: None for one in group}:  # in the order in which they came
                self._commit(work, [one for one in group if one.work == work])
        except BaseException:
            fault = Unanswered("a fault of ours, see `role_crashed`")
            _notify(_Outcome(one.future, error=fault) for one in group)
            raise

    def _next_group(self) -> list[_Submitted]:
        """Return what is queued, waiting a little for the first; ends the role at its close."""
        group: list[_Submitted] = []
        with suppress(queue.Empty):
            found = self._queue.get(timeout=POLL)
            while found is not None:
                group += [one for one in found if _is_wanted(one.future)]
                if len(group) >= LARGEST:
                    return group
                found = self._queue.get_nowait()
            self.stopping.set()
        return group

    def _commit(self, work: Work[Any, Any], group: Sequence[_Submitted]) -> None:
        try:
            answers = work([one.item for one in group])
        except Exception as error:
            if len(group) == 1 or self._concerns_all(error):
                _notify(_Outcome(one.future, error=error) for one in group)
                return
            for one in group:
                self._commit(work, [one])
            return
        COMMIT_GROUPS.observe(len(group))
        pairs = list(zip(group, answers, strict=True))
        _notify(_Outcome(one.future, answer) for one, answer in pairs)


def _is_wanted(future: "Future[Any] | asyncio.Future[Any]") -> bool:
    """Return whether a caller still waits; from here on a thread's future cannot be cancelled."""
    if isinstance(future, Future):
        return future.set_running_or_notify_cancel()
    return not future.done()


def _notify(outcomes: Iterable[_Outcome]) -> None:
    """Give callers their ends; a loop is woken once for all of its callers."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Outcome]] = {}
    for one in outcomes:
        if isinstance(one.future, Future):
            _end_futures([one])
        else:
            by_loop.setdefault(one.future.get_loop(), []).append(one)
    for loop, its in by_loop.items():
        with suppress(RuntimeError):  # the loop has ended, and with it those who waited
            loop.call_soon_threadsafe(_end_futures, its)


def _end_futures(outcomes: Sequence[_Outcome]) -> None:
    for future, answer, error in outcomes:
        if future.done():
            continue
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(answer)
