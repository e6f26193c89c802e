"""Brings the topology about at a live broker, tells where the two differ, and writes it as a file.

Promises that `apply` can be repeated at any time and takes nothing away: what is there in another
form (an exchange of another type, a queue of another kind) is reported with the fix, never deleted.
Policies, bindings and operator policies can only be seen through the management API; without its
address `plan` compares what AMQP shows (what is there, of which kind) and says what it did not see.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pika
from pika.exceptions import AMQPError, ChannelClosedByBroker

from hub.broker.compare import Difference, Snapshot, differences
from hub.broker.management import Management
from hub.broker.rabbit.target import Target
from hub.broker.topology import Policy, Topology
from hub.ports import BrokerUnavailable

QUORUM = {"x-queue-type": "quorum"}
UNSEEN = "bindings and effective policies were not checked: no management address"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Where data and broker differ."""

    differences: tuple[Difference, ...]
    unchecked: tuple[str, ...] = ()
    """What could not be seen."""
    version: str = ""
    """The broker's, in its own words."""
    snapshot: Snapshot | None = None
    """What was compared with, None without a management address."""

    @property
    def clean(self) -> bool:
        """Whether nothing differs, as far as could be seen."""
        return not self.differences


def plan(topology: Topology, broker_url: str, management_url: str = "") -> Plan:
    """Compare; changes nothing. Raises BrokerUnavailable."""
    target = Target.parse(broker_url)
    if not management_url:
        with _Declaring(target) as broker:
            found = tuple(broker.look(topology))
            return Plan(differences=found, unchecked=(UNSEEN,), version=broker.version)
    management = Management(management_url, _vhost(target))
    try:
        live = management.snapshot()
        found = tuple(differences(topology, live))
        return Plan(differences=found, version=live.version, snapshot=live)
    finally:
        management.close()


def apply(topology: Topology, broker_url: str, management_url: str = "") -> Plan:
    """Create what is missing, set the policies, and return what still differs.

    Raises BrokerUnavailable.
    """
    target = Target.parse(broker_url)
    if management_url:
        management = Management(management_url, _vhost(target))
        try:
            # Before the queues, so that no queue is ever without its limits.
            for policy in topology.policies:
                management.put_policy(policy.name, _policy_body(policy))
        finally:
            management.close()
    with _Declaring(target) as broker:
        refused = tuple(broker.declare(topology))
    left = plan(topology, broker_url, management_url)
    known = {difference.subject for difference in left.differences}
    extra = tuple(difference for difference in refused if difference.subject not in known)
    return replace(left, differences=(*left.differences, *extra))


def export(topology: Topology, vhost: str = "/") -> str:
    """Return the topology as RabbitMQ definitions (JSON), e.g. for `load_definitions` or for the
    import of the management pages."""
    own = {"vhost": vhost}
    lasting = {**own, "durable": True, "auto_delete": False}
    definitions = {
        "vhosts": [{"name": vhost}],
        "exchanges": [
            {**lasting, "name": it.name, "type": it.type, "internal": False, "arguments": {}}
            for it in topology.exchanges
        ],
        "queues": [{**lasting, "name": it.name, "arguments": QUORUM} for it in topology.queues],
        "bindings": [
            {
                **own,
                "source": it.exchange,
                "destination": it.queue,
                "destination_type": "queue",
                "routing_key": it.routing_key,
                "arguments": {},
            }
            for it in topology.bindings
        ],
        "policies": [{**own, "name": it.name, **_policy_body(it)} for it in topology.policies],
    }
    return json.dumps(definitions, indent=2) + "\n"


def _policy_body(policy: Policy) -> dict[str, Any]:
    return {
        "pattern": policy.pattern,
        # `quorum_queues` says it better, but 3.10 does not know it.
        "apply-to": "queues",
        "priority": policy.priority,
        "definition": policy.definition(),
    }


def _vhost(target: Target) -> str:
    return str(target.parameters("topology").virtual_host)


def open_blocking(target: Target, purpose: str) -> Any:
    """Return a connection of pika's to the first node that answers. Raises BrokerUnavailable."""
    failures = []
    for attempt in range(len(target.urls)):
        try:
            return pika.BlockingConnection(target.parameters(purpose, attempt))
        except (AMQPError, OSError) as error:
            failures.append(f"{type(error).__name__}: {error}"[:200])
    raise BrokerUnavailable(f"{purpose}: " + "; ".join(failures))


class _Declaring:
    """A short connection for declarations. Raises BrokerUnavailable for all but a refusal."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._connection: Any = None

    def __enter__(self) -> "_Declaring":
        self._connection = open_blocking(self._target, "topology")
        return self

    def __exit__(self, *_: object) -> None:
        if self._connection.is_open:
            self._connection.close()

    @property
    def version(self) -> str:
        """The broker's version, as it introduced itself."""
        # Trap: pika tells what the server said only at the connection inside the blocking one.
        inner = self._connection._impl  # noqa: SLF001
        return str((inner.server_properties or {}).get("version", ""))

    def declare(self, topology: Topology) -> Iterator[Difference]:
        """Create what is missing; yield what is there in another form."""
        for exchange in topology.exchanges:
            yield from self._try(
                f"exchange {exchange.name}",
                lambda channel, it=exchange: channel.exchange_declare(
                    it.name, it.type.value, durable=True
                ),
            )
        for queue in topology.queues:
            yield from self._try(
                f"queue {queue.name}",
                lambda channel, it=queue: channel.queue_declare(
                    it.name, durable=True, arguments=QUORUM
                ),
            )
        for way in topology.bindings:
            yield from self._try(
                f"binding {way.exchange} -> {way.queue}",
                lambda channel, it=way: channel.queue_bind(it.queue, it.exchange, it.routing_key),
            )

    def look(self, topology: Topology) -> Iterator[Difference]:
        """Yield what is missing or there in another form."""

        def exchange_as_it_should_be(channel: Any, name: str, kind: str) -> None:
            # First passively: what is missing must not be made by looking.
            channel.exchange_declare(name, passive=True)
            channel.exchange_declare(name, kind, durable=True)

        def queue_as_it_should_be(channel: Any, name: str) -> None:
            channel.queue_declare(name, passive=True)
            channel.queue_declare(name, durable=True, arguments=QUORUM)

        for exchange in topology.exchanges:
            yield from self._try(
                f"exchange {exchange.name}",
                lambda channel, it=exchange: exchange_as_it_should_be(
                    channel, it.name, it.type.value
                ),
            )
        for queue in topology.queues:
            yield from self._try(
                f"queue {queue.name}",
                lambda channel, it=queue: queue_as_it_should_be(channel, it.name),
            )

    def _try(self, subject: str, call: Any) -> Iterator[Difference]:
        # A refusal ends the channel, so each question gets one of its own.
        try:
            channel = self._connection.channel()
            call(channel)
            channel.close()
        except ChannelClosedByBroker as error:
            yield Difference(
                subject=subject,
                expected="as in the topology",
                actual=error.reply_text[:300],
                fix="apply the topology; if it exists in another form, empty and delete it first",
            )
        except AMQPError as error:
            raise BrokerUnavailable(f"topology: {type(error).__name__}: {error}") from error
