"""FastStream: one handler, many messages at once on the event loop, acknowledged afterwards.

Variant `inline` stores on the event loop itself (others wait for the disk), `threads` in a thread.
"""

import asyncio
from functools import cache

import pika
from faststream import AckPolicy, FastStream
from faststream.rabbit import Channel, QueueType, RabbitBroker, RabbitQueue

from tests.benchmarks.relay.assignment import assigned
from tests.benchmarks.relay.sides.work import Desk
from tests.benchmarks.stamps import stamp

HERE = assigned()

broker = RabbitBroker(
    HERE.url,
    default_channel=Channel(prefetch_count=200, publisher_confirms=True),
    # No line in a log for each message, no second validation of its body.
    logger=None,
    apply_types=False,
)
app = FastStream(broker)


@cache
def desk() -> Desk:
    """Return this process's desk."""
    return Desk(HERE.database)


async def relay(body: bytes) -> None:
    """Do the work of one message."""
    if HERE.variant == "threads":
        output = await asyncio.to_thread(desk().take, body)
    else:
        output = desk().take(body)
    await broker.publish(
        output,
        queue=HERE.output_queue,
        persist=True,
        mandatory=True,
        content_type="application/json",
    )
    stamp(HERE.stamps)


work_queue = RabbitQueue(HERE.work_queue, queue_type=QueueType.QUORUM, durable=True)
broker.subscriber(work_queue, ack_policy=AckPolicy.NACK_ON_ERROR)(relay)


def wire(body: bytes, id: str) -> tuple[pika.BasicProperties, bytes]:
    """Return a message as its sender would send it: FastStream puts nothing around a body.

    The type keeps FastStream from reading the JSON before the validation does it.
    """
    properties = pika.BasicProperties(
        content_type="application/octet-stream", message_id=id, delivery_mode=2
    )
    return properties, body
