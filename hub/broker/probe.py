"""Tries the dead-letter route with a message of its own, and takes only that one away again.

The probe's queue has a name under the work queues' policy, so it is dead-lettered as real work is;
no role reads it, and it is deleted at the end. Other dead letters are looked at and given back.
"""

import secrets
import time
from datetime import timedelta
from typing import Any

import pika
from pika.exceptions import AMQPError

from hub.broker.declare import QUORUM
from hub.broker.rabbit.target import Target
from hub.messages.routes import DEAD, deliver_queue
from hub.ports import BrokerUnavailable

MOST = 200
"""Dead letters above which the probe is not sent: it would have to look through all of them."""


def dead_letter_route(broker_url: str, *, within: timedelta = timedelta(seconds=5)) -> str:
    """Return what is wrong with the route, "" when a rejected message arrived in `hub.dead`.

    Raises BrokerUnavailable.
    """
    try:
        connection = pika.BlockingConnection(Target.parse(broker_url).parameters("probe"))
        try:
            return _try(connection, time.monotonic() + within.total_seconds())
        finally:
            connection.close()
    except (AMQPError, OSError) as error:
        raise BrokerUnavailable(f"probe: {type(error).__name__}: {error}"[:200]) from error


def _try(connection: Any, deadline: float) -> str:
    channel = connection.channel()
    if channel.queue_declare(DEAD, passive=True).method.message_count > MOST:
        return f"not tried: more than {MOST} messages in {DEAD}"
    id = f"probe-{secrets.token_hex(8)}"
    queue = deliver_queue(id)
    channel.queue_declare(queue, durable=True, arguments=QUORUM)
    try:
        channel.confirm_delivery()
        lasting = pika.BasicProperties(message_id=id, delivery_mode=2)
        channel.basic_publish("", queue, b"{}", lasting, mandatory=True)
        method, _, _ = channel.basic_get(queue)
        if method is None:
            return "the probe did not come back from its own queue"
        channel.basic_reject(method.delivery_tag, requeue=False)
        while time.monotonic() < deadline:
            if _remove(connection, id):
                return ""
            connection.process_data_events(time_limit=0.1)
        return f"a rejected message did not arrive in {DEAD}"
    finally:
        channel.queue_delete(queue)


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
