"""The limit: the peers' work in batches on bare pika, without a framework, a role or a journal.

One thread, one connection: take what is there, validate, store in one transaction, publish, and
acknowledge with `multiple` when the broker has confirmed; the next batch does not wait for that.
"""

from collections import deque
from typing import Any

import pika

from tests.benchmarks.relay.assignment import assigned
from tests.benchmarks.relay.sides.hub_side import wire
from tests.benchmarks.relay.sides.work import INSERT, ask, connect, row, validate
from tests.benchmarks.stamps import stamp

__all__ = ["wire"]
LARGEST = 500
PREFETCH = 2000


class Loop:
    """The one connection and what is under way on it."""

    def __init__(self) -> None:
        self.here = assigned()
        self.database = connect(self.here.database)
        self.waiting: deque[tuple[int, bytes]] = deque()
        self.unconfirmed: deque[tuple[int, int, int]] = deque()
        """(last publish, last delivery, messages) of each batch on its way."""
        self.published = 0
        self.confirmed = 0
        self.scheduled = False
        self.connection: Any = pika.SelectConnection(
            pika.URLParameters(self.here.url),
            on_open_callback=lambda connection: connection.channel(on_open_callback=self.begin),
        )
        self.channel: Any = None

    def begin(self, channel: Any) -> None:
        """Ask for confirms and for messages."""
        self.channel = channel
        channel.confirm_delivery(self.on_confirm)
        channel.basic_qos(prefetch_count=PREFETCH)
        channel.basic_consume(self.here.work_queue, self.on_message)

    def on_message(self, _channel: Any, method: Any, _properties: Any, body: bytes) -> None:
        """Take a message; the batch begins when everything that has arrived is taken."""
        self.waiting.append((method.delivery_tag, body))
        if not self.scheduled:
            self.scheduled = True
            self.connection.ioloop.call_later(0, self.work)

    def work(self) -> None:
        """Do one batch."""
        batch = [self.waiting.popleft() for _ in range(min(LARGEST, len(self.waiting)))]
        messages = [validate(body) for _, body in batch]
        rows = [row(m, body) for m, (_, body) in zip(messages, batch, strict=True)]
        self.database.execute("BEGIN IMMEDIATE")
        self.database.executemany(INSERT, rows)
        self.database.execute("COMMIT")
        properties = pika.BasicProperties(content_type="application/json", delivery_mode=2)
        for message in messages:
            self.channel.basic_publish(
                "", self.here.output_queue, ask(message), properties, mandatory=True
            )
        self.published += len(batch)
        self.unconfirmed.append((self.published, batch[-1][0], len(batch)))
        self.scheduled = bool(self.waiting)
        if self.scheduled:
            self.connection.ioloop.call_later(0, self.work)

    def on_confirm(self, frame: Any) -> None:
        """Acknowledge the batches that are confirmed to their end."""
        if frame.method.NAME != "Basic.Ack":
            raise RuntimeError("the broker refused a message")
        # A quorum queue confirms in the order of publishing, so the newest tag tells all.
        self.confirmed = max(self.confirmed, frame.method.delivery_tag)
        while self.unconfirmed and self.unconfirmed[0][0] <= self.confirmed:
            _, delivery, count = self.unconfirmed.popleft()
            self.channel.basic_ack(delivery, multiple=True)
            stamp(self.here.stamps, count)


if __name__ == "__main__":
    Loop().connection.ioloop.start()
