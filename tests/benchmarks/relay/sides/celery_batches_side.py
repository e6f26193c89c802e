"""celery-batches: a task takes many messages at once and stores them in one transaction.

Variant `each` publishes through Celery's producer, which waits for the confirm of each message.
Variant `together` publishes a batch on the same channel and then waits for all of its confirms: not
in Celery's documentation, but what py-amqp, its client, can do.
"""

from collections.abc import Iterable
from functools import cache
from typing import Any

import pika
from celery import Celery
from celery_batches import Batches
from kombu import Queue
from kombu.serialization import dumps

from tests.benchmarks.relay.assignment import assigned
from tests.benchmarks.relay.sides.work import Desk
from tests.benchmarks.stamps import stamp

HERE = assigned()
NAME = "bench.relay"
FLUSH_EVERY = 500
CONFIRM_WITHIN = 30.0
ARGUMENTS: dict[str, Any] = {
    "exchange": "",
    "routing_key": HERE.output_queue,
    "content_type": "application/json",
    "content_encoding": "binary",
    "delivery_mode": 2,
    "mandatory": True,
}

app = Celery("bench", broker=HERE.url)
app.conf.update(
    broker_transport_options={"confirm_publish": HERE.variant != "together"},
    task_queues=[Queue(HERE.work_queue, queue_arguments={"x-queue-type": "quorum"})],
    task_default_queue=HERE.work_queue,
    task_acks_late=True,
    task_ignore_result=True,
    # Has to be more than a batch, says celery-batches.
    worker_prefetch_multiplier=2 * FLUSH_EVERY,
    # What costs time and is not asked for.
    worker_send_task_events=False,
    worker_enable_remote_control=False,
    worker_hijack_root_logger=False,
    worker_redirect_stdouts=False,
)


@cache
def desk() -> Desk:
    """Return this process's desk."""
    return Desk(HERE.database)


class Confirms:
    """The confirms that a channel still owes."""

    def __init__(self, channel: Any) -> None:
        self.channel = channel
        self.published = 0
        self.confirmed = 0
        channel.confirm_select()
        channel.events["basic_ack"].add(self._on_ack)

    def _on_ack(self, delivery_tag: int, _multiple: bool) -> None:
        # A quorum queue confirms in the order of publishing.
        self.confirmed = max(self.confirmed, delivery_tag)

    def wait(self) -> None:
        """Return when everything is confirmed. Raises TimeoutError, also after a refusal."""
        while self.confirmed < self.published:
            self.channel.connection.drain_events(timeout=CONFIRM_WITHIN)


OWED: dict[int, Confirms] = {}
"""By channel."""


def publish(outputs: Iterable[bytes]) -> None:
    """Publish a batch, confirmed."""
    with app.producer_or_acquire() as producer:
        if HERE.variant != "together":
            for output in outputs:
                producer.publish(output, **ARGUMENTS)
            return
        channel = producer.channel
        owed = OWED.get(id(channel))
        if owed is None:
            owed = OWED[id(channel)] = Confirms(channel)
        for output in outputs:
            producer.publish(output, **ARGUMENTS)
            owed.published += 1
        owed.wait()


def relay(requests: list[Any]) -> None:
    """Do the work of a batch."""
    publish(desk().take_all([request.args[0].encode() for request in requests]))
    stamp(HERE.stamps, len(requests))


app.task(relay, name=NAME, base=Batches, flush_every=FLUSH_EVERY, flush_interval=0.5)


def wire(body: bytes, id: str) -> tuple[pika.BasicProperties, bytes]:
    """Return a message as Celery's own client sends it."""
    message = app.amqp.as_task_v2(id, NAME, args=(body.decode(),), kwargs={}, ignore_result=True)
    content_type, content_encoding, payload = dumps(message.body, serializer="json")
    headers: dict[str, Any] = message.headers
    properties = pika.BasicProperties(
        headers=headers,
        content_type=content_type,
        content_encoding=content_encoding,
        correlation_id=id,
        delivery_mode=2,
    )
    return properties, payload.encode() if isinstance(payload, str) else payload
