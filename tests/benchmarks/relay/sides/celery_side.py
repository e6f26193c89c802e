"""Celery: a task a message, acknowledged late, its output published through the producer pool."""

from functools import cache
from typing import Any

import pika
from celery import Celery
from kombu import Queue
from kombu.serialization import dumps

from tests.benchmarks.relay.assignment import assigned
from tests.benchmarks.relay.sides.work import Desk
from tests.benchmarks.stamps import stamp

HERE = assigned()
NAME = "bench.relay"

app = Celery("bench", broker=HERE.url)
app.conf.update(
    # Waits for the broker's confirm of every publish.
    broker_transport_options={"confirm_publish": True},
    task_queues=[Queue(HERE.work_queue, queue_arguments={"x-queue-type": "quorum"})],
    task_default_queue=HERE.work_queue,
    task_acks_late=True,
    task_ignore_result=True,
    worker_prefetch_multiplier=64,
    # What costs time and is not asked for.
    worker_send_task_events=False,
    worker_enable_remote_control=False,
    worker_hijack_root_logger=False,
    worker_redirect_stdouts=False,
)


@cache
def desk() -> Desk:
    """Return this process's desk: a pool's children must not share one."""
    return Desk(HERE.database)


def relay(text: str) -> None:
    """Do the work of one message."""
    output = desk().take(text.encode())
    with app.producer_or_acquire() as producer:
        producer.publish(
            output,
            exchange="",
            routing_key=HERE.output_queue,
            content_type="application/json",
            content_encoding="binary",
            delivery_mode=2,
            mandatory=True,
        )
    stamp(HERE.stamps)


app.task(relay, name=NAME)


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
