"""What carries: publishers and consumers of a broker."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Any, Protocol

import msgspec


class Outgoing(msgspec.Struct, frozen=True, kw_only=True):
    """One message for the broker; always persistent and mandatory."""

    routing_key: str
    """The queue's name: the hub publishes through one direct exchange."""
    body: bytes
    message_id: str
    type: str = ""
    headers: dict[str, str | int] = msgspec.field(default_factory=dict)


class Confirm(StrEnum):
    """What became of a published message."""

    CONFIRMED = "confirmed"
    UNROUTABLE = "unroutable"
    """No queue took it; certainly not queued."""
    REFUSED = "refused"
    """The broker said no (nack), e.g. the queue is full; certainly not queued."""
    UNCONFIRMED = "unconfirmed"
    """No confirm in time or the connection broke: may be queued; publish again, same id."""


class Incoming(msgspec.Struct, frozen=True, kw_only=True):
    """One message from a queue, not yet settled."""

    tag: int
    """Delivery tag of the consumer's present session."""
    session: int
    """Which session of the consumer it came through; a stale one is never acknowledged."""
    body: bytes
    message_id: str
    type: str = ""
    redelivered: bool = False
    delivery_count: int = 0
    headers: dict[str, Any] = msgspec.field(default_factory=dict)


class BrokerUnavailable(Exception):
    """The broker cannot be reached now; nothing was published or settled by this call."""


class ConsumerLost(Exception):
    """The broker took the consumer away (cancel, closed channel, lost connection).

    What was received and not settled will come again; call `receive` again to reconnect.
    """


class Publisher(Protocol):
    """Publishes confirmed batches; owned by one thread."""

    @property
    def ready(self) -> bool:
        """Whether `publish` needs no new connection, as far as is known."""

    def connect(self, *, within: timedelta) -> None:
        """Have a connection ready; raises BrokerUnavailable when there is none in time."""

    def publish(self, batch: Sequence[Outgoing], *, timeout: timedelta) -> list[Confirm]:
        """Publish the batch and return one outcome for each, in order, within `timeout`.

        Raises BrokerUnavailable when no connection could be had (nothing was published).
        """

    def close(self) -> None:
        """Close the connection; safe to call twice."""


class Consumer(Protocol):
    """Takes batches from one queue; owned by one thread except for `wake`."""

    def receive(self, limit: int, *, wait: timedelta) -> list[Incoming]:
        """Return what is there, at most `limit`, waiting up to `wait` for the first one.

        Returns early, with what is there or nothing, after `wake`. Never hands out more than the
        prefetch unsettled.
        Raises ConsumerLost (once per loss) or BrokerUnavailable.
        """

    def set_prefetch(self, prefetch: int) -> None:
        """Go on with another prefetch; with 0 take nothing more.

        At 0 everything that was not handed out lies in the queue again, ready; what was handed out
        is acknowledged as before. `receive` then only waits, and a queue without messages is not
        taken for a fault.
        """

    def ack(self, messages: Iterable[Incoming]) -> None:
        """Settle for good (with `multiple` where the tags allow). Stale sessions are skipped."""

    def reject(self, message: Incoming) -> None:
        """Failed for good: to the dead-letter queue."""

    def fail(self, message: Incoming) -> None:
        """This attempt failed: to be delivered again, up to the queue's delivery limit, and then
        to the dead-letter queue."""

    def wake(self) -> None:
        """Make a waiting `receive` return; the only method other threads may call."""

    def close(self) -> None:
        """Give everything unsettled back and close; safe to call twice.

        For what was handed out this counts as a failed attempt, so a role acknowledges everything
        before it closes.
        """


class Broker(Protocol):
    """Makes publishers and consumers; holds no connection itself."""

    name: str
    """`rabbitmq` or `memory`."""
    durable: bool
    """Whether queued messages survive a restart of the hub."""

    def publisher(self) -> Publisher:
        """Return a publisher for the calling thread; connects at the first publish."""

    def consumer(self, queue: str, *, prefetch: int) -> Consumer:
        """Return a consumer for the calling thread; connects at the first receive."""

    def depth(self, queue: str) -> int:
        """Return the number of messages ready in the queue; raises BrokerUnavailable."""

    def close(self) -> None:
        """Release what the broker object holds."""
