"""Takes one message out of `hub.dead` or `hub.invalid`: back where it came from, or for good.

The message is known by its fingerprint, which a look gives: the queue may have changed since. It is
published first, confirmed, and acknowledged after: a cut in between doubles it, which changes
nothing, because a queue's message only asks for work. All others go back where they were.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import AMQPError
from pika.spec import BasicProperties

from hub.broker.admin.declare import open_blocking
from hub.broker.rabbit.target import Target
from hub.ports import BrokerUnavailable

FIRST_BYTES = 4096
"""Bytes of a message that its fingerprint is made of, besides its size."""
_MOST = 200
"""Messages that are looked through: a queue where people look is short."""


def fingerprint(start: bytes, size: int, message_id: str) -> str:
    """Return what tells a message from others: `start` are its first `FIRST_BYTES` bytes."""
    words = b"\0".join((start[:FIRST_BYTES], str(size).encode(), message_id.encode()))
    return hashlib.sha256(words).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class RejectedMessage:
    """A message that was taken in hand; not acknowledged, it goes back with its connection."""

    channel: BlockingChannel
    tag: int
    properties: BasicProperties
    body: bytes

    def acknowledge(self) -> None:
        """Have the broker forget the message. Raises BrokerUnavailable."""
        try:
            self.channel.basic_ack(self.tag)
            self.channel.close()  # answered after the acknowledgement was taken
        except AMQPError as error:
            raise BrokerUnavailable(type(error).__name__) from None


@contextmanager
def in_hand(broker_url: str, queue: str, wanted: str) -> Iterator[RejectedMessage | None]:
    """Take the message of a fingerprint in hand for the block; None where it is gone.

    Raises BrokerUnavailable.
    """
    connection = open_blocking(Target.parse(broker_url), "console")
    try:
        try:
            found = _find(connection.channel(), queue, wanted)
        except AMQPError as error:
            raise BrokerUnavailable(f"{queue}: {type(error).__name__}") from None
        yield found
    finally:
        if connection.is_open:
            with suppress(AMQPError):  # all that matters was answered before
                connection.close()


def publish_again(broker_url: str, queue: str, wanted: str, *, to: str) -> bool:
    """Move the message of a fingerprint from `queue` to the queue `to`; False where it is gone.

    Raises BrokerUnavailable; then the message is where it was, or in both.
    """
    with in_hand(broker_url, queue, wanted) as held:
        if held is None:
            return False
        try:
            held.channel.confirm_delivery()
            anew = _anew(held.properties)
            held.channel.basic_publish("", to, held.body, anew, mandatory=True)
        except AMQPError as error:
            raise BrokerUnavailable(f"{queue}: {type(error).__name__}") from None
        held.acknowledge()
        return True


def _find(channel: BlockingChannel, queue: str, wanted: str) -> RejectedMessage | None:
    for _ in range(_MOST):
        method, properties, body = channel.basic_get(queue)
        if method is None or properties is None or body is None:
            return None
        if fingerprint(body, len(body), properties.message_id or "") == wanted:
            return RejectedMessage(channel, method.delivery_tag, properties, body)
    return None  # what was looked at goes back with the end of the connection


def _anew(properties: BasicProperties) -> BasicProperties:
    """Return what a message is published with: without the broker's own `x-` headers."""
    own = {
        name: value
        for name, value in (properties.headers or {}).items()
        if not name.startswith("x-")
    }
    return BasicProperties(
        message_id=properties.message_id,
        type=properties.type,
        content_type=properties.content_type,
        correlation_id=properties.correlation_id,
        timestamp=properties.timestamp,
        delivery_mode=2,
        headers=own or None,
    )
