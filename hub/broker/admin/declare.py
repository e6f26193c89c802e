"""Brings the topology about at a live broker, tells where the two differ, and writes it as a file.

Promises that `apply` can be repeated at any time and takes nothing away but policies of the hub's
own under a former name: what is there in another
form (an exchange of another type, a queue of another kind) is reported with the fix, never deleted.
Policies, bindings and operator policies can only be seen through the management API; without its
address `plan` compares what AMQP shows (what is there, of which kind) and says what it did not see.
So it does where an account lacks the right to look or to make: a narrow account can work with a
topology that somebody else has made.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pika
from pika.exceptions import AMQPError, ChannelClosedByBroker

from hub.broker.admin.compare import Snapshot, TopologyDifference, differences, missing
from hub.broker.admin.management import Management, ManagementRefused
from hub.broker.rabbit.target import Target
from hub.broker.topology import Binding, BrokerPolicy, Exchange, Topology
from hub.ports import BrokerUnavailable
from hub.texts import text

QUORUM = {"x-queue-type": "quorum"}
REFUSED, MISSING = 403, 404
"""AMQP: the account lacks the right; there is no such thing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TopologyPlan:
    """Where data and broker differ."""

    differences: tuple[TopologyDifference, ...]
    unchecked: tuple[str, ...] = ()
    """What could not be seen of the policies, and they decide whether a message can vanish."""
    unseen: tuple[str, ...] = ()
    """What else the account may not see or do."""
    version: str = ""
    """The broker's, in its own words."""
    snapshot: Snapshot | None = None
    """What was compared with, None without a management address."""

    @property
    def clean(self) -> bool:
        """Whether nothing differs, as far as could be seen."""
        return not self.differences


def plan(topology: Topology, broker_url: str, management_url: str = "") -> TopologyPlan:
    """Compare; changes nothing. Raises BrokerUnavailable."""
    target = Target.parse(broker_url)
    if not management_url:
        return _by_amqp(topology, target, text("broker_checks.no_management"))
    management = Management(management_url, vhost_of(target))
    try:
        live = management.snapshot()
    except ManagementRefused as error:
        return _by_amqp(topology, target, text("broker_checks.management_refused", why=error))
    finally:
        management.close()
    found = tuple(differences(topology, live))
    hidden = sorted(name for name, queue in live.queues.items() if queue.effective is None)
    unchecked = (text("broker_checks.no_policies_seen"),) if hidden else ()
    return TopologyPlan(differences=found, unchecked=unchecked, version=live.version, snapshot=live)


def _by_amqp(topology: Topology, target: Target, why: str) -> TopologyPlan:
    """Compare what AMQP shows."""
    with _Declaring(target) as broker:
        return TopologyPlan(
            differences=tuple(broker.check(topology)),
            unchecked=(why,),
            unseen=tuple(broker.unseen),
            version=broker.version,
        )


def apply(topology: Topology, broker_url: str, management_url: str = "") -> TopologyPlan:
    """Create what is missing, set the policies, and return what still differs.

    Raises BrokerUnavailable.
    """
    target, unseen = Target.parse(broker_url), []
    if management_url:
        management = Management(management_url, vhost_of(target))
        try:
            # Before the queues, so that no queue is ever without its limits.
            for policy in topology.policies:
                management.put_policy(policy.name, _policy_body(policy))
            # Afterwards, so that no queue is without a policy meanwhile.
            for name in topology.former_policies:
                management.remove_policy(name)
        except ManagementRefused as error:
            unseen.append(text("broker_checks.policies_not_set", why=error))
        finally:
            management.close()
    with _Declaring(target) as broker:
        refused = tuple(broker.declare(topology))
        unseen += broker.unseen
    left = plan(topology, broker_url, management_url)
    known = {difference.subject for difference in left.differences}
    extra = tuple(difference for difference in refused if difference.subject not in known)
    unproven = tuple(dict.fromkeys((*left.unseen, *unseen)))
    return replace(left, differences=(*left.differences, *extra), unseen=unproven)


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


def _policy_body(policy: BrokerPolicy) -> dict[str, Any]:
    return {
        "pattern": policy.pattern,
        # `quorum_queues` says it better, but 3.10 does not know it.
        "apply-to": "queues",
        "priority": policy.priority,
        "definition": policy.definition(),
    }


def vhost_of(target: Target) -> str:
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
        self.unseen: list[str] = []
        """What the account may not do, so that nobody knows."""

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

    def declare(self, topology: Topology) -> Iterator[TopologyDifference]:
        """Create what is missing; yield what is there in another form, or cannot be made."""
        for exchange in topology.exchanges:
            yield from self._try(f"exchange {exchange.name}", partial(_make_exchange, it=exchange))
        for queue in topology.queues:
            yield from self._try(f"queue {queue.name}", partial(_make_queue, name=queue.name))
        for way in topology.bindings:
            yield from self._try(
                f"binding {way.exchange} -> {way.queue}",
                partial(_bind, way=way),
            )

    def check(self, topology: Topology) -> Iterator[TopologyDifference]:
        """Yield what is missing or there in another form."""
        # First passively: what is missing must not be made by looking.
        for exchange in topology.exchanges:
            subject = f"exchange {exchange.name}"
            missing = list(self._try(subject, partial(_is_exchange, name=exchange.name)))
            yield from missing or self._try(subject, partial(_make_exchange, it=exchange))
        for queue in topology.queues:
            subject = f"queue {queue.name}"
            missing = list(self._try(subject, partial(_is_queue, name=queue.name)))
            yield from missing or self._try(subject, partial(_make_queue, name=queue.name))

    def _try(self, subject: str, call: Callable[[Any], None]) -> Iterator[TopologyDifference]:
        # A refusal ends the channel, so each question gets one of its own.
        try:
            channel = self._connection.channel()
            call(channel)
            channel.close()
        except ChannelClosedByBroker as error:
            if error.reply_code == REFUSED and not self._lacks(subject):
                self.unseen.append(text("broker_checks.form_unseen", subject=subject))
                return
            expected = text("broker_checks.as_in_topology")
            if error.reply_code == REFUSED:
                yield missing(subject, expected, fix=text("broker_checks.may_not_make"))
            elif error.reply_code == MISSING:
                yield missing(subject, expected)
            else:
                yield TopologyDifference(
                    subject=subject,
                    expected=expected,
                    actual=error.reply_text[:300],
                    fix=text("broker_checks.other_form"),
                    loses_messages=subject.startswith("queue "),
                )
        except AMQPError as error:
            raise BrokerUnavailable(f"topology: {type(error).__name__}: {error}") from error

    def _lacks(self, subject: str) -> bool:
        """Tell whether what may not be made is not there; of a binding nobody can tell."""
        kind, _, name = subject.partition(" ")
        if kind == "binding":
            return False
        try:
            channel = self._connection.channel()
            (_is_queue if kind == "queue" else _is_exchange)(channel, name=name)
            channel.close()
        except ChannelClosedByBroker as error:
            return bool(error.reply_code == MISSING)
        return False


def _make_exchange(channel: Any, *, it: Exchange) -> None:
    channel.exchange_declare(it.name, it.type.value, durable=True)


def _make_queue(channel: Any, *, name: str) -> None:
    channel.queue_declare(name, durable=True, arguments=QUORUM)


def _bind(channel: Any, *, way: Binding) -> None:
    channel.queue_bind(way.queue, way.exchange, way.routing_key)


def _is_exchange(channel: Any, *, name: str) -> None:
    channel.exchange_declare(name, passive=True)


def _is_queue(channel: Any, *, name: str) -> None:
    channel.queue_declare(name, passive=True)
