"""Takes one message out of `hub.dead` or `hub.invalid` and publishes it where it came from.

The message is known by its fingerprint, which a look gives: the queue may have changed since. It is
published first, confirmed, and acknowledged after: a cut in between doubles it, which changes
nothing, because a queue's message only asks for work. All others go back where they were.
"""

import hashlib

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


def publish_again(broker_url: str, queue: str, wanted: str, *, to: str) -> bool:
    """Move the message of a fingerprint from `queue` to the queue `to`; False where it is gone.

    Raises BrokerUnavailable; then the message is where it was, or in both.
    """
    connection = open_blocking(Target.parse(broker_url), "console")
    try:
        channel = connection.channel()
        channel.confirm_delivery()
        for _ in range(_MOST):
            method, properties, body = channel.basic_get(queue)
            if method is None or properties is None or body is None:
                return False
            if fingerprint(body, len(body), properties.message_id or "") != wanted:
                continue  # it goes back with the end of the connection
            channel.basic_publish("", to, body, _anew(properties), mandatory=True)
            channel.basic_ack(method.delivery_tag)
            return True
        return False
    except AMQPError as error:
        raise BrokerUnavailable(f"{queue}: {type(error).__name__}") from None
    finally:
        if connection.is_open:
            connection.close()


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
