"""Celery: a task a message, acknowledged late, its output published through the producer pool."""

from functools import partial

from tests.benchmarks.relay.sides.celery_app import (
    ARGUMENTS,
    HERE,
    NAME,
    celery_app,
    desk,
    wire_form,
)
from tests.benchmarks.stamps import stamp

app = celery_app(confirms=True, prefetch=64)
wire = partial(wire_form, app)


def relay(text: str) -> None:
    """Do the work of one message."""
    output = desk().take(text.encode())
    with app.producer_or_acquire() as producer:
        producer.publish(output, **ARGUMENTS)
    stamp(HERE.stamps)


app.task(relay, name=NAME)
