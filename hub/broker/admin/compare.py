"""Tells where a live broker differs from the topology, and how that is put right. Pure.

What it compares with is a snapshot, which `hub.broker.admin.management` takes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from hub.broker.topology import EXCHANGE, Binding, Topology
from hub.texts import both, text

_KEEPING = ("dead-letter-strategy", "dead-letter-exchange", "overflow", "message-ttl")
"""Words of a policy that decide whether a message can vanish."""


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
    loses_messages: bool = False
    """Whether messages can be lost as long as it is so."""

    def __str__(self) -> str:
        about = {"subject": self.subject, "actual": self.actual, "expected": self.expected}
        return text("broker_checks.difference", **about, fix=self.fix)


def differences(topology: Topology, live: Snapshot) -> Iterator[TopologyDifference]:
    """Compare the topology with a snapshot; pure."""
    yield from _feature_differences(live)
    yield from _exchange_differences(topology, live)
    yield from _queue_differences(topology, live)
    for way in topology.bindings:
        if way not in live.bindings:
            key = text("broker_checks.routing_key", key=repr(way.routing_key))
            yield missing(f"binding {way.exchange} -> {way.queue}", key)
    ours = {exchange.name for exchange in topology.exchanges}
    for way in sorted(live.bindings - set(topology.bindings), key=str):
        if way.exchange in ours:
            yield TopologyDifference(
                subject=f"binding {way.exchange} -> {way.queue}",
                expected=text("broker_checks.none"),
                actual=text("broker_checks.bound_by", key=repr(way.routing_key)),
                fix=text("broker_checks.unbind"),
            )


def _feature_differences(live: Snapshot) -> Iterator[TopologyDifference]:
    for flag in ("quorum_queue", "stream_queue"):
        if flag in live.switched_off:
            yield TopologyDifference(
                subject=f"feature flag {flag}",
                expected=text("broker_checks.enabled"),
                actual=text("broker_checks.disabled"),
                fix=text("broker_checks.enable_flag", flag=flag),
                loses_messages=True,
            )


def _exchange_differences(topology: Topology, live: Snapshot) -> Iterator[TopologyDifference]:
    for exchange in topology.exchanges:
        subject, actual = f"exchange {exchange.name}", live.exchanges.get(exchange.name)
        if actual is None:
            yield missing(subject, f"durable {exchange.type}")
            continue
        if (actual.type, actual.durable) != (exchange.type, True):
            yield TopologyDifference(
                subject=subject,
                expected=f"durable {exchange.type}",
                actual=f"{'durable' if actual.durable else 'transient'} {actual.type}",
                fix=text("broker_checks.other_form"),
            )
        if exchange.name == EXCHANGE and actual.alternate:
            yield TopologyDifference(
                subject=subject,
                expected=text("broker_checks.no_alternate"),
                actual=f"alternate exchange {actual.alternate}",
                fix=text("broker_checks.remove_alternate"),
            )


def _queue_differences(topology: Topology, live: Snapshot) -> Iterator[TopologyDifference]:
    for queue in topology.queues:
        subject, actual = f"queue {queue.name}", live.queues.get(queue.name)
        if actual is None:
            yield missing(subject, "durable quorum")
            continue
        if (actual.type, actual.durable) != ("quorum", True):
            yield TopologyDifference(
                subject=subject,
                expected="durable quorum",
                actual=f"{'durable' if actual.durable else 'transient'} {actual.type}",
                fix=text("broker_checks.other_form"),
                loses_messages=True,
            )
            continue
        yield from _argument_differences(subject, actual)
        if actual.effective is not None:
            policy = topology.policy_of(queue.name)
            yield from _policy_differences(subject, actual, policy.definition() if policy else {})


def _argument_differences(subject: str, actual: LiveQueue) -> Iterator[TopologyDifference]:
    other_form = both("broker_checks.other_form")
    for name in sorted(set(actual.arguments) - {"x-queue-type", "x-quorum-initial-group-size"}):
        yield TopologyDifference(
            subject=subject,
            expected=text("broker_checks.no_argument", name=name),
            actual=f"{name} = {actual.arguments[name]}",
            fix=text("broker_checks.argument_outranks", other_form=other_form),
            loses_messages=name.removeprefix("x-") in _KEEPING,
        )


def _policy_differences(
    subject: str, actual: LiveQueue, wanted: Mapping[str, Any]
) -> Iterator[TopologyDifference]:
    effective, nothing = actual.effective or {}, text("broker_checks.not_set")
    for word in sorted(wanted.keys() | effective.keys()):
        if wanted.get(word) != effective.get(word):
            present = f"{word} = {effective.get(word, nothing)}"
            policy = actual.policy or "–"
            yield TopologyDifference(
                subject=subject,
                expected=f"{word} = {wanted.get(word, nothing)}",
                actual=text("broker_checks.by_policy", setting=present, policy=policy),
                fix=text("broker_checks.apply_or_remove"),
                loses_messages=word in _KEEPING,
            )


def missing(subject: str, expected: str, *, fix: str = "") -> TopologyDifference:
    """Return that something is not there."""
    return TopologyDifference(
        subject=subject,
        expected=expected,
        actual=text("broker_checks.missing"),
        fix=fix or text("broker_checks.apply"),
        loses_messages=True,
    )
