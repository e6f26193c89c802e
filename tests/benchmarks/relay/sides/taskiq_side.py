"""Taskiq with taskiq-aio-pika: many tasks at once on the event loop, acknowledged when executed.

Variant `inline` stores on the event loop itself (others wait for the disk), `threads` in a thread.
Its broker publishes tasks only to the queues that it consumes; so the output goes through the
broker's own channel, which aio-pika opens with confirms.
"""

import asyncio
from functools import cache
from typing import Any

import pika
from aio_pika import DeliveryMode, Message
from taskiq.message import TaskiqMessage
from taskiq_aio_pika import AioPikaBroker, Queue, QueueType

from tests.benchmarks.relay.assignment import assigned
from tests.benchmarks.relay.sides.work import Desk
from tests.benchmarks.stamps import stamp

HERE = assigned()
NAME = "bench.relay"
PREFETCH = 200

work_queue = Queue(name=HERE.work_queue, type=QueueType.QUORUM, declare=False)
broker = AioPikaBroker(HERE.url, qos=PREFETCH, task_queues=[work_queue])


@cache
def desk() -> Desk:
    """Return this process's desk."""
    return Desk(HERE.database)


async def publish(output: bytes) -> None:
    """Publish, confirmed."""
    channel: Any = broker.write_channel
    message = Message(
        output, content_type="application/json", delivery_mode=DeliveryMode.PERSISTENT
    )
    await channel.default_exchange.publish(message, HERE.output_queue, mandatory=True)


async def relay(text: str) -> None:
    """Do the work of one message."""
    if HERE.variant == "threads":
        output = await asyncio.to_thread(desk().take, text.encode())
    else:
        output = desk().take(text.encode())
    await publish(output)
    stamp(HERE.stamps)


broker.register_task(relay, task_name=NAME)


def wire(body: bytes, id: str) -> tuple[pika.BasicProperties, bytes]:
    """Return a message as Taskiq's own client sends it."""
    task = TaskiqMessage(
        task_id=id, task_name=NAME, labels={}, labels_types={}, args=[body.decode()], kwargs={}
    )
    message = broker.formatter.dumps(task)
    headers: dict[str, Any] = {"task_id": id, "task_name": NAME}
    return pika.BasicProperties(headers=headers, delivery_mode=2), message.message
