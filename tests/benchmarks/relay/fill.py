"""Fills a contender's work queue, in the form in which that contender's own client would write it.

`python -m tests.benchmarks.relay.fill MODULE COUNT`, in the contender's environment.
"""

import importlib
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pika

from hub.messages import catalog
from hub.messages.envelope import encode
from hub.messages.payloads import DossierProgressed, Status
from tests.benchmarks.relay.assignment import Assignment, assigned

NOTE = "Thẩm tra hồ sơ, xác minh thực địa và lấy ý kiến khu dân cư. "
AT_ONCE = 1_000


def bodies(count: int) -> Iterator[tuple[str, bytes]]:
    """Return ids and bodies of about 1 KB: a step of a dossier each, in the hub's envelope."""
    start = datetime(2018, 8, 6, 1, 0, tzinfo=UTC)
    for number in range(count):
        at = start + timedelta(seconds=number)
        payload = DossierProgressed(
            number=f"000.99.01.H57-180806-{number:06d}",
            status=Status.PROCESSING,
            at=at,
            officer="Lê Văn Thử",
            unit="Địa chính - Xây dựng",
            note=NOTE * 6,
        )
        message = catalog.compose(payload, time=at, source="workstation")
        yield message.id, encode(message)


class Filling:
    """Publishes with confirms, many at a time. Without confirms a quorum queue may drop messages
    while its leader is being elected, and so it does when it is new."""

    def __init__(self, here: Assignment, content: Iterator[tuple[Any, bytes]]) -> None:
        self.here = here
        self.content = content
        self.sent = 0
        self.confirmed = 0
        self.channel: Any = None
        self.connection: Any = pika.SelectConnection(
            pika.URLParameters(here.url),
            on_open_callback=lambda connection: connection.channel(on_open_callback=self.begin),
        )

    def begin(self, channel: Any) -> None:
        """Switch confirms on and send."""
        self.channel = channel
        channel.confirm_delivery(self.on_confirm, callback=lambda _frame: self.send())

    def send(self) -> None:
        """Send until enough is under way; end when there is nothing more."""
        while self.sent - self.confirmed < AT_ONCE:
            pair = next(self.content, None)
            if pair is None:
                if self.confirmed == self.sent:
                    self.connection.ioloop.stop()
                return
            properties, body = pair
            self.channel.basic_publish("", self.here.work_queue, body, properties)
            self.sent += 1

    def on_confirm(self, frame: Any) -> None:
        """Count a confirm and go on."""
        if frame.method.NAME != "Basic.Ack":
            raise RuntimeError("the broker refused a message")
        # One queue confirms in the order of publishing.
        self.confirmed = frame.method.delivery_tag
        self.send()


def main(module: str, count: int) -> None:
    """Fill the assigned queue."""
    wire = importlib.import_module(module).wire
    content = (wire(body, id) for id, body in bodies(count))
    Filling(assigned(), content).connection.ioloop.start()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
