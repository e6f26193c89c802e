"""The broker of a story: the in-process one, with the faults of a RabbitMQ.

Messages are doubled, put out of order, confirmed without a word, or gone with the broker's disk; a
connection is lost with what it had in hand.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from hub.broker.memory import MemoryBroker, MemoryConsumer, MemoryPublisher
from hub.ports import BrokerUnavailable, Confirm, ConsumerLost, Incoming, Outgoing
from tests.simulation.world.chance import Chance


class StoryBroker(MemoryBroker):
    """The queues of a story, which outlive the hub's processes."""

    name = "rabbitmq"
    durable = True

    def __init__(self, chance: Chance) -> None:
        super().__init__()
        self.chance = chance
        self.losses = 0
        """How often everything was lost: consumers of before notice it."""

    def publisher(self) -> Any:
        """Return a publisher."""
        return StoryPublisher(super().publisher(), self.chance)

    def consumer(self, queue: str, *, prefetch: int) -> Any:
        """Return a consumer."""
        return StoryConsumer(super().consumer(queue, prefetch=prefetch), self, queue)

    def shuffle(self, name: str) -> None:
        """Put what is ready in another order."""
        ready = self._queues.find(name).ready
        order = list(ready)
        self.chance.order.shuffle(order)
        ready.clear()
        ready.extend(order)

    def waiting(self, name: str) -> int:
        """Return how many messages wait in a queue."""
        return len(self._queues.find(name).ready)

    def lose_everything(self) -> None:
        """The broker comes back with empty queues, and nobody is connected any more."""
        self.losses += 1
        for queue in self._queues._queues.values():
            queue.ready.clear()

    @property
    def ready(self) -> int:
        """How many messages wait in all queues."""
        return sum(len(queue.ready) for queue in self._queues._queues.values())


class StoryPublisher:
    """Publishes, with faults."""

    def __init__(self, inner: MemoryPublisher, chance: Chance) -> None:
        self._inner = inner
        self._chance = chance

    ready = True

    def connect(self, *, within: timedelta) -> None:
        """Always connected."""

    def publish(self, batch: Sequence[Outgoing], *, timeout: timedelta) -> list[Confirm]:
        """Publish a batch, unless the broker is away or keeps silent."""
        if self._chance.strikes("broker away", 0.01):
            raise BrokerUnavailable("the story's broker is away")
        confirms = self._inner.publish(batch, timeout=timeout)
        if self._chance.strikes("message doubled", 0.03):
            self._inner.publish(batch[:1], timeout=timeout)
        if self._chance.strikes("confirm lost", 0.02):
            confirms[-1] = Confirm.UNCONFIRMED
        return confirms

    def close(self) -> None:
        """Nothing to close."""


class StoryConsumer:
    """Takes from a queue without waiting, with faults."""

    def __init__(self, inner: MemoryConsumer, broker: StoryBroker, queue: str) -> None:
        self._inner = inner
        self._broker = broker
        self._queue = queue
        self._losses = broker.losses
        self._closed = False
        """The channel is gone, which the next `receive` finds out."""

    def receive(self, limit: int, *, wait: timedelta) -> list[Incoming]:  # noqa: ARG002 - no wait
        """Return what is there."""
        chance = self._broker.chance
        if self._losses != self._broker.losses:
            self._losses = self._broker.losses
            self._inner._unacknowledged.clear()
            self._inner.close()
            raise ConsumerLost("the story's broker has lost its disk")
        if self._lose(0.004):
            self._closed = False
            raise ConsumerLost("the story's broker closed the channel")
        if self._broker.waiting(self._queue) > 1 and chance.strikes("messages reordered", 0.05):
            self._broker.shuffle(self._queue)
        return self._inner.receive(limit, wait=timedelta(0))

    def set_prefetch(self, prefetch: int) -> None:
        """As the real one."""
        self._inner.set_prefetch(prefetch)

    def ack(self, messages: Iterable[Incoming]) -> None:
        """As the real one, unless the channel goes before it: then what is in hand comes again."""
        if not self._lose(0.004):
            self._inner.ack(messages)

    def _lose(self, probability: float) -> bool:
        """Lose the channel now and then while something is in hand; tell whether it is gone."""
        in_hand = self._inner._unacknowledged
        if in_hand and self._broker.chance.strikes("consumer lost", probability):
            self._inner.close()
            self._closed = True
        return self._closed

    def reject(self, message: Incoming) -> None:
        """As the real one."""
        self._inner.reject(message)

    def fail(self, message: Incoming) -> None:
        """As the real one."""
        self._inner.fail(message)

    def wake(self) -> None:
        """Nobody waits."""

    def close(self) -> None:
        """Give back what is in hand."""
        self._inner.close()
