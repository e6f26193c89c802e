"""When a role looks again: what it waits for has changed, or a time has come that it waits for.

The roles of the hub poll. Nearly all of their looks find nothing, and provably so: the store was
not written since the last one, no message came, no call ended, and no time has passed that the
store or the role itself has noted. Such a look is no step of a story. A role may also stall, as a
thread does that gets no processor: then what is meant for it waits.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from hub.exchange.delivery.settle_batch import is_worth_claiming
from hub.messages import queues
from tests.simulation.world.virtual_time import VirtualTime

if TYPE_CHECKING:
    from hub.exchange.delivery.deliver import Deliver
    from tests.simulation.world.pool import LaterPool
    from tests.simulation.world.process import Process

QUIET = 30.0
"""Seconds after which a role looks again that found nothing of what is there for it."""
PERSONS_EVERY = 1.0
"""Seconds between two looks of a Deliver for what persons ordered."""


Signal = Callable[[], object]
"""Returns what would wake a role, as it is now."""
Rest = Callable[[int], float]
"""Returns the seconds until a role looks again without a signal, after a look that did so much."""
Wake = tuple[Signal, Rest]


class Paced(NamedTuple):
    """A role of a process, and what wakes it."""

    name: str
    work: Callable[[], object]
    signal: Signal
    rest: Rest


@dataclass(frozen=True, slots=True)
class Wakes:
    """What wakes the roles of one process."""

    process: "Process"

    @property
    def now(self) -> float:
        """What its clock shows, in seconds of the story."""
        return self.process.time.elapsed + self.process.skew

    def of_relay(self) -> Wake:
        """New rows in the outbox; what another process left there is found by polling."""
        it = self.process

        def rest(done: int) -> float:
            if done:
                return 0.0
            return it.relay.poll if it.changes.what_next().outbox else math.inf

        return (lambda: it.changes.outbox), rest

    def of_receive(self) -> Wake:
        """Messages in its queue."""
        broker, queue = self.process.broker, queues.INGEST
        return (
            lambda: broker.depth(queue),
            lambda done: (0.0 if done else QUIET) if broker.depth(queue) else math.inf,
        )

    def of_timer(self) -> Wake:
        """What may be enqueued now; its next sweep; a clock that was set."""
        it = self.process

        def signal() -> object:
            retry = it.changes.what_next().retry
            return it.skew, retry if retry <= self.now else None

        def rest(_done: int) -> float:
            swept = it.timer._swept + it.timer.pace.sweep.total_seconds() - it.time.elapsed
            retry = it.changes.what_next().retry - self.now
            return max(0.0, min(swept, retry if retry > 0 else QUIET))

        return signal, rest

    def of_store(self, about: str) -> Wake:
        """Of a role that only asks the store whether something is due: that it is."""
        it = self.process

        def due() -> float:
            return it.changes.what_next().due.get(about, math.inf)

        def signal() -> object:
            at = due()
            return it.skew, at if at <= self.now else None

        def rest(_done: int) -> float:
            left = due() - self.now
            return left if left > 0 else QUIET

        return signal, rest

    def of_deliver(self, deliver: "Deliver", pool: "LaterPool") -> Wake:
        """Messages in its queue, a call that has ended, an order, the end of a pause."""
        it, to = self.process, deliver.destination.name
        queue, heard = queues.deliver_queue(to), 0

        def signal() -> object:
            return it.broker.depth(queue), pool.taken, it.changes.what_next().by_persons, it.skew

        def rest(_done: int) -> float:
            nonlocal heard
            now, comes = it.clock(), it.changes.what_next()
            capacity = deliver.admission.circuits.capacity(now)
            if it.broker.depth(queue) and _takes_more(deliver, capacity.width):
                return 0.0
            waits = [math.inf]
            if heard != comes.by_persons:  # it may have asked just before
                waits.append(PERSONS_EVERY)
            if capacity.until is not None:
                waits.append((capacity.until - now).total_seconds())
            if capacity.retry_after is not None:
                due = comes.set_aside.get(to, math.inf) - self.now
                waits.append(max(due, capacity.retry_after.total_seconds()))
            heard = comes.by_persons
            return max(0.001, min(waits))

        return signal, rest


def _takes_more(deliver: "Deliver", width: int | None) -> bool:
    """Tell whether a look would take what lies in the queue."""
    width = deliver.most if width is None else min(width, deliver.most)
    room, in_hand = width - deliver.ended.in_hand, deliver.ended.in_hand
    return room > 0 and (in_hand == 0 or is_worth_claiming(room, width=width, most=deliver.most))


class Pacing:
    """The looks of one process, by the name of the role."""

    def __init__(self, time: VirtualTime, roles: list[Paced]) -> None:
        self._time = time
        self.roles = roles
        self._by_name = {role.name: role for role in roles}
        self._next = dict.fromkeys(self._by_name, 0.0)
        self._seen: dict[str, object] = {}
        self._stalled: dict[str, float] = {}

    def due(self) -> list[Paced]:
        """Return the roles that look now."""
        now, stalled, at, seen = self._time.elapsed, self._stalled, self._next, self._seen
        return [
            role
            for role in self.roles
            if (not stalled or stalled.get(role.name, 0.0) <= now)
            and (now >= at[role.name] or role.signal() != seen.get(role.name))
        ]

    def looked(self, name: str, count: int) -> None:
        """Note what a look did."""
        role = self._by_name.get(name)
        if role is not None:
            self._next[name] = self._time.elapsed + role.rest(count)
            self._seen[name] = role.signal()

    def stall(self, name: str, seconds: float) -> None:
        """Have a role get no processor for so long."""
        self._stalled[name] = self._time.elapsed + seconds

    def go_on(self) -> None:
        """End every stall."""
        self._stalled.clear()
