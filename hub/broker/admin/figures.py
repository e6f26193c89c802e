"""What stands in the hub's queues at a live broker, and the last messages where people look.

By the management API; without its address, by passive declares, which tell less. A look takes
nothing: peeked messages go back where they were, and their content stays at the broker.
"""

from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pika.exceptions import AMQPError

from hub.broker.admin.declare import open_blocking, vhost_of
from hub.broker.admin.management import Management
from hub.broker.admin.rejected_messages import FIRST_BYTES, fingerprint
from hub.broker.rabbit.target import Target
from hub.broker.topology import Topology
from hub.messages.queues import DEAD, INVALID

PEEKED = 5
"""Messages that are shown of a queue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFigures:
    """One queue; None where the broker was not asked in a way that tells."""

    name: str
    present: bool
    ready: int | None = None
    unacknowledged: int | None = None
    consumers: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PeekedMessage:
    """A message that lies where people look: what it is and why it is there, no content."""

    queue: str
    message_id: str
    type: str
    size: int
    reason: str
    """The broker's word (`rejected`, `delivery_limit`), "" where it says none."""
    came_from: str
    """The queue that it was in before."""
    fingerprint: str
    """What tells it from the others, see `hub.broker.admin.rejected_messages`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerFigures:
    """The hub's queues in the order of the topology."""

    queues: Sequence[QueueFigures]
    alarms: Sequence[str] = ()
    """Nodes that take no message now, each with `disk` or `memory`."""
    peeked: Sequence[PeekedMessage] = ()
    complete: bool = False
    """Whether the management API told all of it."""


def read(topology: Topology, broker_url: str, management_url: str = "") -> BrokerFigures:
    """Return what stands there now; raises BrokerUnavailable."""
    target = Target.parse(broker_url)
    if not management_url:
        return BrokerFigures(queues=list(_declared(topology, target)))
    management = Management(management_url, vhost_of(target))
    try:
        found = _managed(topology, management)
        waiting = [it.name for it in found if it.name in (DEAD, INVALID) and it.ready]
        return BrokerFigures(
            queues=found,
            alarms=management.alarms(),
            peeked=[it for name in waiting for it in _peeked(management, name)],
            complete=True,
        )
    finally:
        management.close()


def read_queues(
    topology: Topology, broker_url: str, management_url: str = ""
) -> list[QueueFigures]:
    """Return the queues alone, no message is looked at; raises BrokerUnavailable."""
    target = Target.parse(broker_url)
    if not management_url:
        return list(_declared(topology, target))
    management = Management(management_url, vhost_of(target))
    try:
        return _managed(topology, management)
    finally:
        management.close()


def _managed(topology: Topology, management: Management) -> list[QueueFigures]:
    known = {queue["name"]: queue for queue in management.queues()}
    return [_figures(queue.name, known.get(queue.name)) for queue in topology.queues]


def _figures(name: str, queue: Mapping[str, Any] | None) -> QueueFigures:
    if queue is None:
        return QueueFigures(name=name, present=False)
    return QueueFigures(
        name=name,
        present=True,
        ready=queue.get("messages_ready"),
        unacknowledged=queue.get("messages_unacknowledged"),
        consumers=queue.get("consumers"),
    )


def _peeked(management: Management, queue: str) -> Iterator[PeekedMessage]:
    for message in management.peek(queue, PEEKED, length=FIRST_BYTES):
        size = int(message.get("payload_bytes", 0))
        properties = message.get("properties") or {}
        headers = properties.get("headers") or {}
        deaths = headers.get("x-death") or [{}]
        id = str(properties.get("message_id", ""))
        start = b64decode(message.get("payload", ""))
        yield PeekedMessage(
            queue=queue,
            message_id=id[:120],
            type=str(properties.get("type", ""))[:120],
            size=size,
            fingerprint=fingerprint(start, size, id),
            reason=str(headers.get("x-first-death-reason") or deaths[0].get("reason", ""))[:60],
            came_from=str(headers.get("x-first-death-queue") or deaths[0].get("queue", ""))[:120],
        )


def _declared(topology: Topology, target: Target) -> Iterator[QueueFigures]:
    """Ask by passive declares: what is ready, and how many consumers there are."""
    connection = open_blocking(target, "console")
    try:
        for queue in topology.queues:
            channel = connection.channel()  # a queue that is missing ends its channel
            try:
                answer = channel.queue_declare(queue.name, passive=True).method
            except AMQPError:
                yield QueueFigures(name=queue.name, present=False)
                continue
            channel.close()
            yield QueueFigures(
                name=queue.name,
                present=True,
                ready=answer.message_count,
                consumers=answer.consumer_count,
            )
    finally:
        connection.close()
