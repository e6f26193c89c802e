"""The hub's broker on RabbitMQ: makes publishers and consumers, and tells a queue's depth.

Promises nothing of the topology: `hub.broker.admin.declare` brings that about and checks it. What
is missing there shows here as BrokerUnavailable with RabbitMQ's own words.
"""

import threading
from datetime import timedelta
from typing import Any

from hub.broker.rabbit.consumer import RabbitConsumer
from hub.broker.rabbit.depth import query_depth
from hub.broker.rabbit.dialer import BrokerDialer
from hub.broker.rabbit.link import Link
from hub.broker.rabbit.publisher import RabbitPublisher
from hub.broker.rabbit.target import Target
from hub.broker.topology import EXCHANGE
from hub.ports import BrokerUnavailable

ANSWER_WITHIN = timedelta(seconds=5)


class _DepthQuery:
    """A channel for questions."""

    def __init__(self, _number: int) -> None:
        self.channel: Any

    def begin(self, link: Link, channel: Any) -> None:
        self.channel = channel
        link.ready()


class RabbitBroker:
    """See `hub.ports.Broker`. Thread-safe; its publishers and consumers belong to one thread."""

    name = "rabbitmq"
    durable = True

    def __init__(self, target: Target | str, *, exchange: str = EXCHANGE) -> None:
        self._target = Target.parse(target) if isinstance(target, str) else target
        self._exchange = exchange
        self._querying = BrokerDialer(self._target, _DepthQuery, purpose="questions")
        self._lock = threading.Lock()

    def publisher(self) -> RabbitPublisher:
        """Return a publisher for the calling thread; connects at the first publish."""
        return RabbitPublisher(self._target, exchange=self._exchange)

    def consumer(self, queue: str, *, prefetch: int) -> RabbitConsumer:
        """Return a consumer for the calling thread; connects at the first receive."""
        return RabbitConsumer(self._target, queue, prefetch=prefetch)

    def depth(self, queue: str) -> int:
        """Return the number of messages ready in the queue; raises BrokerUnavailable."""
        with self._lock:
            link, querying = self._querying.up(ANSWER_WITHIN / 2)
            answer = query_depth(
                link,
                querying.channel,
                queue,
                changed=self._querying.changed,
                within=ANSWER_WITHIN / 2,
            )
            if answer is not None:
                return answer
            reason = link.lost or "no answer in time"
            self._querying.drop()
            raise BrokerUnavailable(f"depth of {queue}: {reason}")

    def close(self) -> None:
        """Close the connection that `depth` keeps."""
        with self._lock:
            self._querying.close()
