"""Calls under way: what a role gives to its threads waits here until the story makes the call."""

import math
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

from tests.simulation.crash.life import Crash, RequireAlive
from tests.simulation.world.chance import Chance
from tests.simulation.world.virtual_time import VirtualTime

STARVES = (30.0, 400.0, 1500.0, 4000.0)
"""Seconds that work waits for a thread; the longer ones outlast a lease and all questions."""


class LaterPool(Executor):
    """Keeps what it is given; `take` has one of them done. Now and then a thread starves."""

    def __init__(self, chance: Chance, time: VirtualTime, require_alive: RequireAlive) -> None:
        self._require_alive = require_alive
        self._chance = chance
        self._time = time
        self._waiting: list[tuple[float, Callable[[], object]]] = []
        """Work, and before when no thread has time for it."""
        self.taken = 0
        """How much was done in all: a role notices that a call has ended."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Keep it for later."""
        self._require_alive()
        begins = self._time.elapsed
        if self._chance.strikes("thread starved", 0.02):
            begins += self._chance.order.choice(STARVES)
        self._waiting.append((begins, lambda: fn(*args, **kwargs)))
        return Future()

    @property
    def ready(self) -> list[int]:
        """The places of what a thread has time for."""
        now = self._time.elapsed
        return [nth for nth, (begins, _) in enumerate(self._waiting) if begins <= now]

    @property
    def next_ready(self) -> float:
        """When a thread has time for the next, infinite when nothing waits."""
        return min((begins for begins, _ in self._waiting), default=math.inf)

    def take(self, nth: int) -> None:
        """Have the nth be done now."""
        self._require_alive()
        self.taken += 1
        self._waiting.pop(nth)[1]()

    def take_all(self) -> None:
        """Have all be done now."""
        while self._waiting:
            self.take(0)


class Numbered(Future[Any]):
    """A future that knows its place: a set of futures has no order that two runs share."""

    nth = 0


class AtOncePool(Executor):
    """Does what it is given at once, in the caller's step."""

    def __init__(self) -> None:
        self._count = 0

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Do it; what it raises is in the future, a crash is raised."""
        future = Numbered()
        self._count += 1
        future.nth = self._count
        try:
            future.set_result(fn(*args, **kwargs))
        except Crash:
            raise
        except Exception as error:
            future.set_exception(error)
        return future


def all_ended(asking: set[Numbered], **_: object) -> tuple[list[Numbered], set[Numbered]]:
    """As `concurrent.futures.wait`: all have ended, in the order of their beginning."""
    return sorted(asking, key=lambda future: future.nth), set()
