"""What both sides of Celery have in common: application, publish, and the wire form of a task."""

from functools import cache
from typing import Any

import pika
from celery import Celery
from kombu import Queue
from kombu.serialization import dumps

from tests.benchmarks.relay.assignment import assigned
from tests.benchmarks.relay.sides.work import Desk

HERE = assigned()
NAME = "bench.relay"
ARGUMENTS: dict[str, Any] = {
    "exchange": "",
    "routing_key": HERE.output_queue,
    "content_type": "application/json",
    "content_encoding": "binary",
    "delivery_mode": 2,
    "mandatory": True,
}
"""How an output is published."""


def celery_app(*, confirms: bool, prefetch: int) -> Celery:
    """Return the application; with `confirms` each publish waits for the broker's confirm."""
    app = Celery("bench", broker=HERE.url)
    app.conf.update(
        broker_transport_options={"confirm_publish": confirms},
        task_queues=[Queue(HERE.work_queue, queue_arguments={"x-queue-type": "quorum"})],
        task_default_queue=HERE.work_queue,
        task_acks_late=True,
        task_ignore_result=True,
        worker_prefetch_multiplier=prefetch,
        # What costs time and is not asked for.
        worker_send_task_events=False,
        worker_enable_remote_control=False,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
    )
    return app


@cache
def desk() -> Desk:
    """Return this process's desk: a pool's children must not share one."""
    return Desk(HERE.database)


def wire_form(app: Celery, body: bytes, id: str) -> tuple[pika.BasicProperties, bytes]:
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
