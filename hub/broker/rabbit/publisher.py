"""Publishes batches and collects the broker's confirms, all of a batch in flight at once.

Promises one outcome for each message within the time given: whatever was not confirmed by then is
UNCONFIRMED, and its connection is thrown away, so that a late confirm can never be taken for one of
the next batch. Messages are persistent and mandatory.

Measured on two cores with the broker on the same machine, 1 KB, quorum queue: 20,000 a second and
more in batches of 200 to 500.
"""

import struct
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pika
from pika.exceptions import AMQPError
from pika.spec import Basic

from hub.broker.rabbit.dialer import BrokerDialer
from hub.broker.rabbit.link import Link
from hub.broker.rabbit.target import Target
from hub.messages.envelope import MAX_BYTES
from hub.ports import Confirm, Outgoing
from hub.runtime.telemetry import Event, log

CONTENT_TYPE = "application/json"
PERSISTENT = 2
REFUSED_AT_MOST = timedelta(seconds=1)


class _Batch:
    """One batch under way: which delivery tag is which message, and what became of it."""

    def __init__(self, messages: Sequence[Outgoing]) -> None:
        self.messages = messages
        self.outcomes: list[Confirm | None] = [None] * len(messages)
        self.open = len(messages)
        self.first_tag = 0
        self.broker_refused = False
        """The broker itself refused something."""
        self._sent: list[int] = []
        self._confirmed_below = 0
        self._returned: set[tuple[str, str]] = set()

    def sent(self, index: int) -> None:
        """Note that the message of this index went out, with the next delivery tag."""
        self._sent.append(index)

    def refuse(self, index: int) -> None:
        """Note that the message of this index cannot go out."""
        self.outcomes[index] = Confirm.REFUSED
        self.open -= 1

    def returned(self, message_id: str, routing_key: str) -> None:
        """Note that no queue took a message. Its confirm follows: an ack alone proves nothing."""
        self._returned.add((message_id, routing_key))

    def confirm(self, tag: int, outcome: Confirm, *, multiple: bool) -> None:
        """Note the broker's word on one message, or with `multiple` on all up to it."""
        self.broker_refused |= outcome is Confirm.REFUSED
        end = tag - self.first_tag + 1
        # Trap: confirms need not come in order, but once all up to a tag are confirmed, nothing
        # before it is looked at again; else a batch would cost the square of its size.
        start = self._confirmed_below if multiple else end - 1
        for place in range(start, end):
            index = self._sent[place]
            if self.outcomes[index] is None:
                self.outcomes[index] = self._word(index, outcome)
                self.open -= 1
        if multiple:
            self._confirmed_below = end

    def _word(self, index: int, outcome: Confirm) -> Confirm:
        if self._returned and outcome is Confirm.CONFIRMED:
            message = self.messages[index]
            if (message.message_id, message.routing_key) in self._returned:
                return Confirm.UNROUTABLE
        return outcome


class _Session:
    """One channel in confirm mode. Everything here happens on the link's thread."""

    def __init__(self, exchange: str, max_bytes: int) -> None:
        self._exchange = exchange
        self._max_bytes = max_bytes
        self._next_tag = 1
        self._batch: _Batch | None = None
        self._link: Link
        self._channel: Any

    def begin(self, link: Link, channel: Any) -> None:
        """Switch confirms on and make sure that the exchange is there."""
        self._link, self._channel = link, channel

        def check_exchange(_frame: Any) -> None:
            # Publishing to a missing one would end the channel with a batch in flight.
            channel.exchange_declare(
                self._exchange, passive=True, callback=lambda _frame: link.ready()
            )

        channel.add_on_return_callback(self._on_return)
        channel.confirm_delivery(self._on_confirm, callback=check_exchange)

    def send(self, batch: _Batch) -> None:
        """Send a batch. One properties object serves for all: pika encodes it at once."""
        batch.first_tag = self._next_tag
        self._batch = batch
        publish, exchange = self._channel.basic_publish, self._exchange
        properties = pika.BasicProperties(content_type=CONTENT_TYPE, delivery_mode=PERSISTENT)
        for index, message in enumerate(batch.messages):
            if len(message.body) > self._max_bytes:
                self._refuse(batch, index, "message_too_large")
                continue
            properties.message_id = message.message_id
            properties.type = message.type or None
            properties.headers = _own(message.headers) if message.headers else None
            try:
                publish(exchange, message.routing_key, message.body, properties, mandatory=True)
            except (AMQPError, AssertionError, OverflowError, ValueError, struct.error) as error:
                if not self._channel.is_open:
                    return
                # pika encodes the whole message before it sends the first byte, so none left.
                self._refuse(batch, index, type(error).__name__)
                continue
            batch.sent(index)
            self._next_tag += 1
        if not batch.open:
            self._link.notify()

    def _refuse(self, batch: _Batch, index: int, code: str) -> None:
        batch.refuse(index)
        log.error(
            Event.MESSAGE_REJECTED_LOCALLY, message_type=batch.messages[index].type, code=code
        )

    def _on_return(self, _channel: Any, method: Any, properties: Any, _body: bytes) -> None:
        if self._batch is not None:
            self._batch.returned(properties.message_id, method.routing_key)

    def _on_confirm(self, frame: Any) -> None:
        if self._batch is None:
            return
        method = frame.method
        outcome = Confirm.CONFIRMED if isinstance(method, Basic.Ack) else Confirm.REFUSED
        self._batch.confirm(method.delivery_tag, outcome, multiple=method.multiple)
        if not self._batch.open:
            self._link.notify()


class RabbitPublisher:
    """See `hub.ports.Publisher`; belongs to one thread."""

    def __init__(self, target: Target, *, exchange: str, max_bytes: int = MAX_BYTES) -> None:
        self._dialer = BrokerDialer(
            target, lambda _number: _Session(exchange, max_bytes), purpose="publisher"
        )
        self._refusing: Link | None = None
        self._refusing_since = 0.0

    @property
    def ready(self) -> bool:
        """Whether there is a connection."""
        return self._dialer.is_up

    def connect(self, *, within: timedelta) -> None:
        """Connect unless there is a connection; raises BrokerUnavailable."""
        self._dialer.up(within)

    def publish(self, batch: Sequence[Outgoing], *, timeout: timedelta) -> list[Confirm]:
        """Publish the batch; connecting may take up to half of `timeout`.

        REFUSED also tells of a message that cannot be sent at all: too large, or with an id,
        type or header that AMQP has no form for. Sending it would end the channel, and with it
        the whole batch, again and again.
        """
        if not batch:
            return []
        deadline = time.monotonic() + timeout.total_seconds()
        link, session = self._dialer.up(timeout / 2)
        under_way = _Batch(batch)
        link.submit(lambda: session.send(under_way))
        with self._dialer.changed:
            self._dialer.changed.wait_for(
                lambda: not under_way.open or link.lost, max(0.0, deadline - time.monotonic())
            )
        # A copy: as long as the link's thread lives, it may still write into the batch.
        outcomes = [outcome or Confirm.UNCONFIRMED for outcome in under_way.outcomes]
        if Confirm.UNCONFIRMED in outcomes or self._is_stuck(
            link, refused=under_way.broker_refused
        ):
            self._dialer.drop()
        return outcomes

    def _is_stuck(self, link: Link, *, refused: bool) -> bool:
        """Tell whether a channel has refused for so long that a new one is worth trying.

        Trap, seen with RabbitMQ 3.10 in a cluster: a channel that first publishes to a queue whose
        leader has just died refuses everything for that queue from then on, though the queue has a
        new leader. Another channel is taken at once. When the queue is really full, this costs a
        connection every few seconds.
        """
        now = time.monotonic()
        if not refused or link is not self._refusing:
            self._refusing, self._refusing_since = (link if refused else None), now
        return refused and now - self._refusing_since > REFUSED_AT_MOST.total_seconds()

    def close(self) -> None:
        """Close the connection; safe to call twice."""
        self._dialer.close()


def _own(headers: dict[str, str | int]) -> dict[str, str | int]:
    """Leave out the broker's own headers.

    Trap: a message that is published again with an old `x-death` looks to brokers before 4.0 like
    one that goes round in a circle, and is dropped without a word.
    """
    return {name: value for name, value in headers.items() if not name.startswith("x-")}
