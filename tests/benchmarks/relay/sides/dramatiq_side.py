"""Dramatiq: an actor's message each, acknowledged after the actor, its output by enqueue.

Dramatiq cannot declare a quorum queue itself; the benchmark declares the queues, and here they are
marked as being there.
"""

from functools import cache

import dramatiq
import pika
from dramatiq.brokers.rabbitmq import RabbitmqBroker
from dramatiq.middleware import Callbacks, Retries

from tests.benchmarks.relay.assignment import assigned
from tests.benchmarks.relay.sides.work import Desk
from tests.benchmarks.stamps import stamp

HERE = assigned()
NAME = "relay"

# Without the middleware that the work does not need: time limits, age limits, pipelines.
broker = RabbitmqBroker(url=HERE.url, confirm_delivery=True, middleware=[Retries(), Callbacks()])
dramatiq.set_broker(broker)


@cache
def desk() -> Desk:
    """Return this process's desk."""
    return Desk(HERE.database)


def message_for(queue: str, text: str) -> dramatiq.Message:
    """Return a message in Dramatiq's form."""
    return dramatiq.Message(queue_name=queue, actor_name=NAME, args=(text,), kwargs={}, options={})


def relay(text: str) -> None:
    """Do the work of one message."""
    output = desk().take(text.encode())
    broker.enqueue(message_for(HERE.output_queue, output.decode()))
    stamp(HERE.stamps)


actor = dramatiq.actor(relay, actor_name=NAME, queue_name=HERE.work_queue, broker=broker)
broker.declare_queue(HERE.output_queue)
broker.queues_pending.clear()


def wire(body: bytes, _id: str) -> tuple[pika.BasicProperties, bytes]:
    """Return a message as Dramatiq's own client sends it."""
    message = message_for(HERE.work_queue, body.decode())
    return pika.BasicProperties(delivery_mode=2), message.encode()
