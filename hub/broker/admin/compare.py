"""Tells where a live broker differs from the topology, and how that is put right. Pure.

What it compares with is a snapshot, which `hub.broker.admin.management` takes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from hub.broker.topology import EXCHANGE, Binding, Topology

APPLY = "apply the topology"
OTHER_FORM = (
    "the hub changes nothing here, because it may hold messages: see"
    " docs/runbook/broker.md, *A queue or an exchange has another form*"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveExchange:
    """An exchange as it is."""

    type: str
    durable: bool
    alternate: str
    """Its alternate exchange, by argument or policy; "" without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveQueue:
    """A queue as it is."""

    type: str
    durable: bool
    arguments: Mapping[str, Any]
    policy: str
    """Name of the policy that applies; "" without one."""
    effective: Mapping[str, Any] | None
    """What policies and operator policies come to, in RabbitMQ's words; None where the account may
    not see that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveNode:
    """A node as it is; sizes in bytes."""

    name: str
    disk_free: int
    disk_limit: int
    """Below this it takes no message any more."""
    alarms: tuple[str, ...]
    """`disk` or `memory`, where it takes no message now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One virtual host as it is."""

    version: str
    switched_off: frozenset[str]
    """Feature flags that the broker knows and that are off."""
    exchanges: Mapping[str, LiveExchange]
    queues: Mapping[str, LiveQueue]
    bindings: frozenset[Binding]
    nodes: tuple[LiveNode, ...] = ()
    """Empty where the account may not see them."""
    ahead: timedelta | None = None
    """By how much the broker's clock is ahead of ours, as far as could be told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TopologyDifference:
    """One thing that is not as it should be."""

    subject: str
    expected: str
    actual: str
    fix: str

    def __str__(self) -> str:
        return f"{self.subject}: {self.actual}, should be {self.expected}; {self.fix}"


def differences(topology: Topology, live: Snapshot) -> Iterator[TopologyDifference]:
    """Compare the topology with a snapshot; pure."""
    yield from _feature_differences(live)
    yield from _exchange_differences(topology, live)
    yield from _queue_differences(topology, live)
    for way in topology.bindings:
        if way not in live.bindings:
            yield TopologyDifference(
                subject=f"binding {way.exchange} -> {way.queue}",
                expected=f"routing key {way.routing_key!r}",
                actual="missing",
                fix="apply the topology",
            )
    ours = {exchange.name for exchange in topology.exchanges}
    for way in sorted(live.bindings - set(topology.bindings), key=str):
        if way.exchange in ours:
            yield TopologyDifference(
                subject=f"binding {way.exchange} -> {way.queue}",
                expected="none",
                actual=f"bound by {way.routing_key!r}",
                fix="unbind it: that queue gets copies of what the hub sends",
            )


def _feature_differences(live: Snapshot) -> Iterator[TopologyDifference]:
    for flag in ("quorum_queue", "stream_queue"):
        if flag in live.switched_off:
            yield TopologyDifference(
                subject=f"feature flag {flag}",
                expected="enabled",
                actual="disabled",
                fix=f"rabbitmqctl enable_feature_flag {flag}: without both, dead letters are"
                " moved at most once, whatever the policy says",
            )


def _exchange_differences(topology: Topology, live: Snapshot) -> Iterator[TopologyDifference]:
    for exchange in topology.exchanges:
        subject, actual = f"exchange {exchange.name}", live.exchanges.get(exchange.name)
        if actual is None:
            yield _missing(subject, f"durable {exchange.type}")
            continue
        if (actual.type, actual.durable) != (exchange.type, True):
            yield TopologyDifference(
                subject=subject,
                expected=f"durable {exchange.type}",
                actual=f"{'durable' if actual.durable else 'transient'} {actual.type}",
                fix=OTHER_FORM,
            )
        if exchange.name == EXCHANGE and actual.alternate:
            yield TopologyDifference(
                subject=subject,
                expected="no alternate exchange",
                actual=f"alternate exchange {actual.alternate}",
                fix="remove it: it hides from the hub that a message reached no queue",
            )


def _queue_differences(topology: Topology, live: Snapshot) -> Iterator[TopologyDifference]:
    for queue in topology.queues:
        subject, actual = f"queue {queue.name}", live.queues.get(queue.name)
        if actual is None:
            yield _missing(subject, "durable quorum")
            continue
        if (actual.type, actual.durable) != ("quorum", True):
            yield TopologyDifference(
                subject=subject,
                expected="durable quorum",
                actual=f"{'durable' if actual.durable else 'transient'} {actual.type}",
                fix=OTHER_FORM,
            )
            continue
        for name in sorted(set(actual.arguments) - {"x-queue-type", "x-quorum-initial-group-size"}):
            yield TopologyDifference(
                subject=subject,
                expected=f"no argument {name}",
                actual=f"{name} = {actual.arguments[name]}",
                fix=f"an argument outranks the policy; {OTHER_FORM}",
            )
        if actual.effective is None:
            continue
        policy = topology.policy_of(queue.name)
        wanted = policy.definition() if policy else {}
        for word in sorted(wanted.keys() | actual.effective.keys()):
            if wanted.get(word) != actual.effective.get(word):
                yield TopologyDifference(
                    subject=subject,
                    expected=f"{word} = {wanted.get(word, 'not set')}",
                    actual=f"{word} = {actual.effective.get(word, 'not set')}"
                    f" by policy {actual.policy or '(none)'}",
                    fix="apply the topology; if that does not help, another policy of a higher"
                    " priority or an operator policy decides: remove it",
                )


def _missing(subject: str, expected: str) -> TopologyDifference:
    return TopologyDifference(
        subject=subject, expected=expected, actual="missing", fix="apply the topology"
    )
