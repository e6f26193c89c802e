"""celery-batches: a task takes many messages at once and stores them in one transaction.

Variant `each` publishes through Celery's producer, which waits for the confirm of each message.
Variant `together` publishes a batch on the same channel and then waits for all of its confirms: not
in Celery's documentation, but what py-amqp, its client, can do.
"""

from collections.abc import Iterable
from functools import partial
from typing import Any

from celery_batches import Batches

from tests.benchmarks.relay.sides.celery_app import (
    ARGUMENTS,
    HERE,
    NAME,
    celery_app,
    desk,
    wire_form,
)
from tests.benchmarks.stamps import stamp

FLUSH_EVERY = 500
CONFIRM_WITHIN = 30.0

# Has to be more than a batch, says celery-batches.
app = celery_app(confirms=HERE.variant != "together", prefetch=2 * FLUSH_EVERY)
wire = partial(wire_form, app)


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
