"""The in-process broker: the same contract as RabbitMQ's, for where no RabbitMQ can be had.

Promises the outcomes of the contract suite: unroutable, refused when full, redelivery of what was
not settled, the delivery limit and the way to the dead-letter queue. It keeps nothing over a
restart (`durable` is False); that loses only timing, because the rows in the store are the truth.
Memory is bounded: every queue takes `capacity` messages, then it refuses; when the dead-letter
queue is full, its oldest entry goes, and the log says so.
"""

import contextlib
import threading
import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from hub.broker.topology import EXCHANGE, NO_DELIVERY_LIMIT, TOPOLOGY, Topology
from hub.ports import BrokerUnavailable, Confirm, Incoming, Outgoing
from hub.runtime.telemetry import Event, log


@dataclass(slots=True)
class _Entry:
    """One message in a queue."""

    body: bytes
    message_id: str
    type: str
    headers: dict[str, Any]
    redelivered: bool = False
    failures: int = 0


@dataclass(slots=True)
class _Queue:
    """One queue. All of it is guarded by the broker's lock; `filled` belongs to that lock."""

    name: str
    filled: threading.Condition
    delivery_limit: int
    dead_letters: tuple[str, ...]
    ready: deque[_Entry] = field(default_factory=deque)


class _Queues:
    """All queues. `lock` guards everything; the other methods are called with it held."""

    def __init__(self, topology: Topology, capacity: int) -> None:
        self.lock = threading.Lock()
        self.closed = False
        self._capacity = capacity
        self._routes = frozenset(topology.behind(EXCHANGE))
        self._queues: dict[str, _Queue] = {}
        for queue in topology.queues:
            policy = topology.policy_of(queue.name)
            target = policy.dead_letter_exchange if policy else ""
            self._queues[queue.name] = _Queue(
                name=queue.name,
                filled=threading.Condition(self.lock),
                delivery_limit=(policy and policy.delivery_limit) or NO_DELIVERY_LIMIT,
                dead_letters=topology.behind(target) if target else (),
            )

    def find(self, name: str) -> _Queue:
        """Return a queue; raises BrokerUnavailable."""
        if self.closed:
            raise BrokerUnavailable("the in-process broker is closed")
        try:
            return self._queues[name]
        except KeyError:
            raise BrokerUnavailable(f"no queue {name}") from None

    def put(self, message: Outgoing) -> Confirm:
        """Route one message by its queue's name."""
        if message.routing_key not in self._routes:
            return Confirm.UNROUTABLE
        queue = self.find(message.routing_key)
        if len(queue.ready) >= self._capacity:
            return Confirm.REFUSED
        queue.ready.append(
            _Entry(message.body, message.message_id, message.type, dict(message.headers))
        )
        queue.filled.notify()
        return Confirm.CONFIRMED

    def give_back(self, queue: _Queue, entries: Sequence[_Entry]) -> None:
        """Put back at the head, in order; counts towards the delivery limit."""
        for entry in reversed(entries):
            entry.redelivered = True
            entry.failures += 1
            if entry.failures > queue.delivery_limit:
                self.bury(queue, entry, reason="delivery_limit")
            else:
                queue.ready.appendleft(entry)
        queue.filled.notify_all()

    def bury(self, queue: _Queue, entry: _Entry, *, reason: str) -> None:
        """Put into the dead-letter queues, with RabbitMQ's two headers that tell why."""
        story = {"x-first-death-queue": queue.name, "x-first-death-reason": reason}
        for name in queue.dead_letters:
            target = self.find(name)
            if len(target.ready) >= self._capacity:
                lost = target.ready.popleft()
                log.error(Event.DEAD_LETTER_DROPPED, queue=name, message_id=lost.message_id)
            headers = {**story, **entry.headers}
            target.ready.append(_Entry(entry.body, entry.message_id, entry.type, headers))
            target.filled.notify()

    def close(self) -> None:
        """Let go of everything and of everybody who waits."""
        self.closed = True
        for queue in self._queues.values():
            queue.ready.clear()
            queue.filled.notify_all()


class MemoryBroker:
    """Queues in this process. Thread-safe; its publishers and consumers belong to one thread."""

    name = "memory"
    durable = False

    def __init__(self, topology: Topology = TOPOLOGY, *, capacity: int = 50_000) -> None:
        self._queues = _Queues(topology, capacity)

    def publisher(self) -> "MemoryPublisher":
        """Return a publisher."""
        return MemoryPublisher(self._queues)

    def consumer(self, queue: str, *, prefetch: int) -> "MemoryConsumer":
        """Return a consumer; BrokerUnavailable comes at the first receive, as with RabbitMQ."""
        return MemoryConsumer(self._queues, queue, prefetch=prefetch)

    def depth(self, queue: str) -> int:
        """Return the number of ready messages; raises BrokerUnavailable (no such queue)."""
        with self._queues.lock:
            return len(self._queues.find(queue).ready)

    def close(self) -> None:
        """Let go of every message; afterwards everything raises BrokerUnavailable."""
        with self._queues.lock:
            self._queues.close()


class MemoryPublisher:
    """Publishes into the queues of one MemoryBroker."""

    def __init__(self, queues: _Queues) -> None:
        self._queues = queues

    @property
    def ready(self) -> bool:
        """Whether the broker is open."""
        return not self._queues.closed

    def connect(self, *, within: timedelta) -> None:  # noqa: ARG002 - nothing here takes time
        """Raise BrokerUnavailable when the broker is closed."""
        if self._queues.closed:
            raise BrokerUnavailable("the in-process broker is closed")

    def publish(
        self,
        batch: Sequence[Outgoing],
        *,
        timeout: timedelta,  # noqa: ARG002 - nothing here takes time
    ) -> list[Confirm]:
        """Put the batch into the queues; see `hub.ports.Publisher`."""
        with self._queues.lock:
            if self._queues.closed:
                raise BrokerUnavailable("the in-process broker is closed")
            return [self._queues.put(message) for message in batch]

    def close(self) -> None:
        """Nothing to close."""


class MemoryConsumer:
    """Takes from one queue; see `hub.ports.Consumer`. Never raises ConsumerLost."""

    def __init__(self, queues: _Queues, queue: str, *, prefetch: int) -> None:
        self._queues = queues
        self._name = queue
        self._prefetch = prefetch
        self._unacknowledged: dict[int, _Entry] = {}
        self._last_tag = 0
        self._session = 1
        self._woken = False

    def receive(self, limit: int, *, wait: timedelta) -> list[Incoming]:
        """Return what is there, at most `limit`, waiting up to `wait` for the first one."""
        deadline = time.monotonic() + wait.total_seconds()
        with self._queues.lock:
            queue = self._queues.find(self._name)
            while not self._woken and not (queue.ready and self._room(limit) > 0):
                remaining = deadline - time.monotonic()
                if remaining <= 0:
                    return []
                queue.filled.wait(remaining)
                self._queues.find(self._name)
            self._woken = False
            room = max(0, min(self._room(limit), len(queue.ready)))
            return [self._hand_out(queue.ready.popleft()) for _ in range(room)]

    def set_prefetch(self, prefetch: int) -> None:
        """Go on with another prefetch; 0 takes nothing more."""
        with self._queues.lock:
            self._prefetch = prefetch

    def _room(self, limit: int) -> int:
        return min(limit, self._prefetch - len(self._unacknowledged))

    def _hand_out(self, entry: _Entry) -> Incoming:
        self._last_tag += 1
        self._unacknowledged[self._last_tag] = entry
        return Incoming(
            tag=self._last_tag,
            session=self._session,
            body=entry.body,
            message_id=entry.message_id,
            type=entry.type,
            redelivered=entry.redelivered,
            delivery_count=entry.failures,
            headers=dict(entry.headers),
        )

    def _remove(self, message: Incoming) -> _Entry | None:
        if message.session != self._session:
            return None
        return self._unacknowledged.pop(message.tag, None)

    def ack(self, messages: Iterable[Incoming]) -> None:
        """Acknowledge for good; what is not open any more is skipped."""
        with self._queues.lock:
            for message in messages:
                self._remove(message)

    def reject(self, message: Incoming) -> None:
        """Put into the dead-letter queue."""
        with self._queues.lock:
            entry = self._remove(message)
            if entry is not None and not self._queues.closed:
                self._queues.bury(self._queues.find(self._name), entry, reason="rejected")

    def fail(self, message: Incoming) -> None:
        """Put back at the head of the queue, counted towards the delivery limit."""
        with self._queues.lock:
            entry = self._remove(message)
            if entry is not None and not self._queues.closed:
                self._queues.give_back(self._queues.find(self._name), [entry])

    def wake(self) -> None:
        """Make a waiting `receive` return; any thread may call it."""
        with self._queues.lock:
            self._woken = True
            with contextlib.suppress(BrokerUnavailable):
                self._queues.find(self._name).filled.notify_all()

    def close(self) -> None:
        """Give back what was not acknowledged; it counts as a failed attempt, as with RabbitMQ."""
        with self._queues.lock:
            entries = list(self._unacknowledged.values())
            self._unacknowledged.clear()
            self._session += 1
            if entries and not self._queues.closed:
                self._queues.give_back(self._queues.find(self._name), entries)
