"""Events and queues for one thread: nobody can be woken by another, so a wait only passes time.

They stand in the place of `threading.Event` and `queue.SimpleQueue` in the modules that wait.
"""

import queue
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from unittest import mock

from hub.exchange.delivery import reconcile, settle_batch
from hub.exchange.intake import accept
from hub.operations.deliveries import replay_plan
from hub.operations.deliveries.replay_role import Replays
from hub.runtime import role
from tests.simulation.world.commit_without_thread import CommitWithoutThread
from tests.simulation.world.pool import AtOncePool, all_ended
from tests.simulation.world.virtual_time import VirtualTime

LONGEST_STEP = 600.0
"""Virtual seconds that one step may wait in all; more means that it waits for ever."""


class StepWaitsForEver(AssertionError):
    """A step waited for something that nobody else can bring about."""


class Waits:
    """Counts how long the present step has waited."""

    def __init__(self, time: VirtualTime) -> None:
        self.time = time
        self.waited = 0.0

    def wait(self, seconds: float | None) -> None:
        """Let the time of a wait pass."""
        if seconds is None:
            raise StepWaitsForEver("a wait without an end")
        self.waited += seconds
        if self.waited > LONGEST_STEP:
            raise StepWaitsForEver(f"one step waited {self.waited:.0f} s")
        self.time.advance(seconds)


class _Event:
    """An event that nobody else can set meanwhile."""

    waits: Waits

    def __init__(self) -> None:
        self._set = False

    def is_set(self) -> bool:
        return self._set

    def set(self) -> None:
        self._set = True

    def clear(self) -> None:
        self._set = False

    def wait(self, timeout: float | None = None) -> bool:
        if not self._set:
            self.waits.wait(timeout)
        return self._set


class _Queue(deque[Any]):
    """A queue into which nobody else can put anything meanwhile."""

    waits: Waits
    put = deque.append

    def qsize(self) -> int:
        return len(self)

    def get(self, *, timeout: float) -> Any:
        if not self:
            self.waits.wait(timeout)
        return self.get_nowait()

    def get_nowait(self) -> Any:
        if not self:
            raise queue.Empty
        return self.popleft()


@contextmanager
def without_threads(
    waits: Waits, others: Callable[[Any], None], met: Counter[str]
) -> Iterator[None]:
    """Replace events, queues, pools, and the group commit's thread, by ones for one thread.

    `others` lets further callers come while one waits for its commit.
    """
    event = type("Event", (_Event,), {"waits": waits})
    queue_of = type("SimpleQueue", (_Queue,), {"waits": waits})
    commits = type("Commits", (CommitWithoutThread,), {"others": staticmethod(others), "met": met})
    threads = SimpleNamespace(Event=event, Thread=threading.Thread, Lock=threading.Lock)
    with (
        mock.patch.object(role, "threading", threads),
        mock.patch.object(settle_batch, "threading", threads),
        mock.patch.object(
            settle_batch, "queue", SimpleNamespace(SimpleQueue=queue_of, Empty=queue.Empty)
        ),
        mock.patch.object(accept, "GroupCommit", commits),
        mock.patch.object(reconcile, "wait", all_ended),
        mock.patch.object(replay_plan, "ThreadPoolExecutor", return_value=AtOncePool()),
    ):
        yield


class StoryReplays(Replays):
    """Lets the others go on while it waits for the outcome of what it has sent."""

    meanwhile: Callable[[], None]

    def _pause(self, seconds: float) -> None:
        super()._pause(seconds)
        self.meanwhile()
