"""An event loop whose time is the story's: nothing waits, a timer is due when a step says so.

The simulators' cores run in it. Every task of it belongs to the message whose call began it, so
that who asks whether a partner is still at work on a message gets the truth.
"""

import asyncio
import contextvars
import math
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from types import SimpleNamespace
from typing import Any

from tests.simulation.world.virtual_time import VirtualTime

MESSAGE: ContextVar[str] = ContextVar("message", default="")
"""The id of the message whose call is being made."""
OWNER: ContextVar[str] = ContextVar("owner", default="")
"""The partner that a task belongs to."""


class StoryLoop(asyncio.BaseEventLoop):
    """Runs what is due, and then returns."""

    def __init__(self, time: VirtualTime) -> None:
        super().__init__()
        self._story_time = time
        self._clock_resolution = 1e-6  # after years, a nanosecond more is no later
        self._selector = SimpleNamespace(select=lambda _timeout: [])
        self.tasks: dict[asyncio.Future[Any], tuple[str, str]] = {}
        """Tasks under way, with the partner and the message that each belongs to."""
        self.for_threads: list[tuple[Callable[[], object], asyncio.Future[Any]]] = []
        """What the town gave to threads: the story does it in a step of its own."""
        self.failure: str = ""
        """The first error that nobody took."""
        self.set_exception_handler(self._keep_failure)

    def time(self) -> float:
        """Return the story's time."""
        return self._story_time.elapsed

    def create_task(self, coro: Coroutine[Any, Any, Any], **how: Any) -> asyncio.Task[Any]:  # type: ignore[override]
        """As the real one; the task is noted while it is under way."""
        task = super().create_task(coro, **how)
        self.tasks[task] = (OWNER.get(), MESSAGE.get())
        task.add_done_callback(self.tasks.pop)
        return task

    def begin(self, owner: str, coro: Coroutine[Any, Any, Any], *, message_id: str = "") -> None:
        """Begin a task of a partner, for the call of a message or for none."""
        context = contextvars.copy_context()
        context.run(OWNER.set, owner)
        context.run(MESSAGE.set, message_id)
        context.run(self.create_task, coro)

    def run_in_executor(  # type: ignore[override]
        self, _executor: object, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        """Keep what is meant for a thread."""
        future = self.create_future()
        self.for_threads.append((lambda: func(*args), future))
        return future

    def run_due(self) -> int:
        """Run everything that is due by now; return in how many rounds."""
        rounds = 0
        while self.next_due <= self._story_time.elapsed:
            self.stop()
            self.run_forever()
            rounds += 1
        return rounds

    @property
    def next_due(self) -> float:
        """When there is something to run next, infinite when nothing waits."""
        if self._ready:  # type: ignore[attr-defined]
            return self._story_time.elapsed
        waiting = [it.when() for it in self._scheduled if not it.cancelled()]  # type: ignore[attr-defined]
        return min(waiting, default=math.inf)

    def is_at_work_on(self, message_id: str) -> bool:
        """Tell whether a task that a call for this message began is under way."""
        return any(message_id == of for _, of in self.tasks.values())

    @property
    def is_at_work(self) -> bool:
        """Whether a task that a call began is under way."""
        return any(of for _, of in self.tasks.values())

    def end_tasks(self, owner: str) -> None:
        """End everything of a partner that is under way."""
        for task, (of, _) in list(self.tasks.items()):
            if of == owner:
                task.cancel()
        self.run_due()
        self.for_threads = [it for it in self.for_threads if not it[1].cancelled()]

    def _keep_failure(self, _loop: object, context: dict[str, Any]) -> None:
        self.failure = self.failure or f"{context.get('exception') or context['message']!r}"

    def _process_events(self, _events: object) -> None:
        """There are no events of sockets."""

    def _write_to_self(self) -> None:
        """Nobody has to be woken."""
