"""Talking to a broker through whatever happens to it: publish, take, empty the records' queue."""

from datetime import timedelta

import pytest

from hub.messages.queues import INGEST
from hub.ports import (
    Broker,
    BrokerUnavailable,
    Confirm,
    Consumer,
    ConsumerLost,
    Incoming,
    Outgoing,
)

WITHIN = timedelta(seconds=20)
"""Longer than anything takes; reached only when a promise is broken."""
SOON = timedelta(seconds=1)
NONE_LEFT = timedelta(milliseconds=300)
"""How long a queue from which nothing is to come is listened to."""


def batch(*names: str) -> list[Outgoing]:
    """Return messages for the records' queue."""
    return [Outgoing(routing_key=INGEST, body=b"x" * 1024, message_id=name) for name in names]


def outgoing(number: int, queue: str = INGEST) -> Outgoing:
    """Return a message for a queue."""
    return Outgoing(
        routing_key=queue,
        body=f'{{"number": {number}}}'.encode(),
        message_id=f"m-{number}",
        type="dossier.received",
        headers={"hub-attempt": number, "hub-note": "Hương Xuân"},
    )


def publish(broker: Broker, *numbers: int, queue: str = INGEST) -> list[Confirm]:
    """Publish messages through a publisher of their own."""
    publisher = broker.publisher()
    try:
        return publisher.publish([outgoing(it, queue) for it in numbers], timeout=WITHIN)
    finally:
        publisher.close()


def ids(messages: list[Incoming]) -> list[str]:
    """Return the message ids."""
    return [message.message_id for message in messages]


def receive_some(consumer: Consumer, *, limit: int = 500) -> list[Incoming]:
    """Receive until something comes, through every loss of the broker; give up after some time."""
    for _ in range(40):
        try:
            if messages := consumer.receive(limit, wait=SOON):
                return messages
        except (ConsumerLost, BrokerUnavailable):
            continue
    pytest.fail("nothing came")


def take(consumer: Consumer, count: int) -> list[Incoming]:
    """Receive until `count` messages are in hand."""
    taken: list[Incoming] = []
    while len(taken) < count:
        taken += receive_some(consumer, limit=count - len(taken))
    return taken


def drain(broker: Broker) -> list[str]:
    """Take everything out of the records' queue; return the ids.

    An empty queue would not tell the end: what is on its way to the consumer is not in it.
    """
    publisher = broker.publisher()
    assert publisher.publish(batch("the end"), timeout=WITHIN) == [Confirm.CONFIRMED]
    publisher.close()
    consumer = broker.consumer(INGEST, prefetch=500)
    names: list[str] = []
    while "the end" not in names:
        messages = receive_some(consumer)
        names += [message.message_id for message in messages]
        consumer.ack(messages)
    consumer.close()
    return names[:-1]
