"""Tries at a live broker what it would not tell: with messages of our own, in a queue of our own.

The probe's queue has a name under the work queues' policy, so it is dead-lettered and limited as
real work is; no role reads it, and it is deleted at the end, or by the broker when we died. Other
dead letters are looked at and given back.
"""

import re
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pika
from pika.exceptions import AMQPError, ChannelClosedByBroker

from hub.broker.admin.declare import QUORUM, open_blocking
from hub.broker.rabbit.target import Target
from hub.messages.queues import DEAD, deliver_queue
from hub.ports import BrokerUnavailable
from hub.texts import text

MOST = 200
"""Dead letters above which the route is not tried: it would have to look through all of them."""
UNUSED_AT_MOST = timedelta(hours=1)
"""After which the broker itself takes away a probe's queue whose owner has died."""


class NotTried(Exception):
    """The probe was not made; the text says why."""


def dead_letter_route(broker_url: str, *, within: timedelta = timedelta(seconds=10)) -> str:
    """Return what is wrong with the route, "" when a rejected message arrived in `hub.dead`.

    Raises BrokerUnavailable and NotTried.
    """
    deadline = time.monotonic() + within.total_seconds()
    with _probing(broker_url) as (connection, channel, queue):
        if channel.queue_declare(DEAD, passive=True).method.message_count > MOST:
            raise NotTried(text("broker_checks.too_many_dead", count=MOST, queue=DEAD))
        id = _publish(channel, queue, b"{}")
        method, _, _ = channel.basic_get(queue)
        if method is None:
            return text("broker_checks.probe_lost")
        channel.basic_reject(method.delivery_tag, requeue=False)
        while time.monotonic() < deadline:
            if _remove(connection, id):
                return ""
            connection.process_data_events(time_limit=0.1)
        return text("broker_checks.probe_not_dead", queue=DEAD)


def why_not_accepted(broker_url: str, size: int) -> str:
    """Return "" when the broker takes a message of `size` bytes, else its own words.

    Raises BrokerUnavailable. Trap: one message over the limit ends the publisher's channel, and
    with it every batch that the message is in, again and again.
    """
    with _probing(broker_url) as (_, channel, queue):
        try:
            _publish(channel, queue, bytes(size))
        except ChannelClosedByBroker as error:
            limit = re.search(r"configured max size (\d+)", error.reply_text)
            if limit is None:
                return str(error.reply_text[:200])
            return text("broker_checks.largest", bytes=limit[1])
    return ""


def acknowledgement_timeout(
    broker_url: str, *, up_to: timedelta, stopping: Callable[[], bool] = lambda: False
) -> timedelta | None:
    """Keep a message without acknowledging it; return after how long the broker took it away.

    None when it was still ours after `up_to`, or when `stopping` said so. Takes that long. Raises
    BrokerUnavailable.
    """
    began, received = time.monotonic(), 0
    with _probing(broker_url) as (_, channel, queue):
        _publish(channel, queue, b"{}")
        try:
            for method, _, _ in channel.consume(queue, inactivity_timeout=0.5):
                received += method is not None
                if received > 1:
                    break  # given back and delivered again
                if time.monotonic() - began >= up_to.total_seconds() or stopping():
                    return None
        except ChannelClosedByBroker as error:
            if shown := re.search(r"Timeout value used: (\d+) ms", error.reply_text):
                return timedelta(milliseconds=int(shown[1]))
        # From 4.3 on the broker may cancel the consumer instead of ending its channel.
        return timedelta(seconds=time.monotonic() - began)


@contextmanager
def _probing(broker_url: str) -> Iterator[tuple[Any, Any, str]]:
    """Give a connection, a confirming channel and a queue for the length of the block."""
    queue = deliver_queue(f"probe-{secrets.token_hex(8)}")
    expires = {"x-expires": UNUSED_AT_MOST // timedelta(milliseconds=1)}
    try:
        connection = open_blocking(Target.parse(broker_url), "probe")
        try:
            channel = connection.channel()
            channel.confirm_delivery()
            channel.queue_declare(queue, durable=True, arguments={**QUORUM, **expires})
            try:
                yield connection, channel, queue
            finally:
                connection.channel().queue_delete(queue)
        finally:
            if connection.is_open:
                connection.close()
    except (AMQPError, OSError) as error:
        raise BrokerUnavailable(f"probe: {type(error).__name__}: {error}"[:200]) from error


def _publish(channel: Any, queue: str, body: bytes) -> str:
    id = f"probe-{secrets.token_hex(8)}"
    lasting = pika.BasicProperties(message_id=id, delivery_mode=2)
    channel.basic_publish("", queue, body, lasting, mandatory=True)
    return id


def _remove(connection: Any, id: str) -> bool:
    """Take the probe out of the dead letters; closing the channel gives everything else back."""
    channel = connection.channel()
    try:
        for _ in range(MOST + 1):
            method, properties, _ = channel.basic_get(DEAD)
            if method is None:
                return False
            if properties.message_id == id:
                channel.basic_ack(method.delivery_tag)
                return True
        return False
    finally:
        channel.close()
