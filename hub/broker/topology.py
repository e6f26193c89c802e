"""What the hub wants to find at the broker: exchanges, queues, bindings and policies, as data.

Promises frozen, comparable values and a pure check of their sense. It talks to nobody: `declare`
compares this with a live broker and brings it about; the in-process broker is built from it.

Only `x-queue-type` is a declare argument. Everything that may have to change later is a policy: an
argument can only be changed by deleting the queue with what is in it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from hub.messages.queues import DEAD, INGEST, INVALID, deliver_queue
from hub.texts import Text, both

EXCHANGE = "hub"
"""What the hub publishes to, by queue name.

It must never have an alternate exchange: that would take what no queue wants, and the publisher,
who publishes with `mandatory`, would be told that all is well.
"""
DEAD_LETTERS = "hub.dlx"
"""Where the broker puts what was rejected or delivered too often."""
NO_DELIVERY_LIMIT = 1_000_000
"""A delivery limit where none is wanted. Trap: from 4.0 on the broker has a limit of 20 unless a
policy says otherwise, and throws away what is over it when there is no dead-letter exchange; 3.10
refuses the -1 with which 4.x turns it off."""


class ExchangeType(StrEnum):
    """The two kinds that the hub needs."""

    DIRECT = "direct"
    FANOUT = "fanout"


@dataclass(frozen=True, slots=True)
class Exchange:
    """A durable exchange."""

    name: str
    type: ExchangeType


@dataclass(frozen=True, slots=True)
class Queue:
    """A durable quorum queue."""

    name: str


@dataclass(frozen=True, slots=True)
class Binding:
    """A way from an exchange to a queue."""

    exchange: str
    queue: str
    routing_key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerPolicy:
    """What holds for the queues whose name matches `pattern`.

    The broker applies one policy to a queue, that of the highest priority; it merges nothing. So
    each policy is complete.
    """

    name: str
    pattern: str
    priority: int = 10
    dead_letter_exchange: str = ""
    at_least_once: bool = False
    """Dead-letter with confirms. Works only together with `reject_publish`; without it the broker
    silently falls back to at-most-once."""
    reject_publish: bool = True
    """A full queue refuses (nack) instead of dropping its oldest message."""
    max_length: int | None = None
    delivery_limit: int | None = None
    message_ttl: timedelta | None = None

    def matches(self, queue: str) -> bool:
        """Tell whether the policy is meant for the queue; False when the pattern is broken."""
        try:
            return re.search(self.pattern, queue) is not None
        except re.error:
            return False

    def definition(self) -> dict[str, str | int]:
        """Return the policy in RabbitMQ's words."""
        ttl = self.message_ttl
        words: dict[str, str | int | None] = {
            "dead-letter-exchange": self.dead_letter_exchange or None,
            "dead-letter-strategy": "at-least-once" if self.at_least_once else None,
            "overflow": "reject-publish" if self.reject_publish else None,
            "max-length": self.max_length,
            "delivery-limit": self.delivery_limit,
            "message-ttl": None if ttl is None else ttl // timedelta(milliseconds=1),
        }
        return {name: value for name, value in words.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Topology:
    """Everything that the hub needs at a broker."""

    exchanges: tuple[Exchange, ...]
    queues: tuple[Queue, ...]
    bindings: tuple[Binding, ...]
    policies: tuple[BrokerPolicy, ...]
    former_policies: tuple[str, ...] = ()
    """Names that policies had in earlier releases: they are removed once the present ones are
    set."""

    def policy_of(self, queue: str) -> BrokerPolicy | None:
        """Return the policy that the broker would apply to the queue."""
        found = [policy for policy in self.policies if policy.matches(queue)]
        return max(found, key=lambda policy: policy.priority, default=None)

    def behind(self, exchange: str) -> tuple[str, ...]:
        """Return the queues that are bound to the exchange."""
        return tuple(way.queue for way in self.bindings if way.exchange == exchange)


def topology_for(*destinations: str) -> Topology:
    """Return the hub's topology with a work queue for each of the destinations."""
    work = (INGEST, *map(deliver_queue, destinations))
    return Topology(
        exchanges=(
            Exchange(EXCHANGE, ExchangeType.DIRECT),
            # Fanout: a dead letter keeps the routing key of its queue, whatever that was.
            Exchange(DEAD_LETTERS, ExchangeType.FANOUT),
        ),
        queues=tuple(Queue(name) for name in (*work, DEAD, INVALID)),
        bindings=(
            *(Binding(EXCHANGE, name, name) for name in (*work, INVALID)),
            Binding(DEAD_LETTERS, DEAD),
        ),
        policies=(
            BrokerPolicy(
                name="hub-work",
                pattern=r"^(ingest|deliver)\.",
                dead_letter_exchange=DEAD_LETTERS,
                at_least_once=True,
                max_length=500_000,
                # What a consumer had in hand when it crashed counts for all of it, guilty or not,
                # so the limit leaves room for some crashes.
                delivery_limit=10,
            ),
            # Where people look: nothing leaves by itself, neither by age nor by being looked at.
            BrokerPolicy(
                name="hub-dead-letters",
                pattern=r"^hub\.(dead|invalid)$",
                max_length=1_000_000,
                delivery_limit=NO_DELIVERY_LIMIT,
            ),
        ),
        former_policies=("hub-parked",),
    )


TOPOLOGY = topology_for("provincial", "town_center", "devices")
"""The hub's own topology."""


@dataclass(frozen=True, slots=True)
class TopologyProblem:
    """Why a topology makes no sense."""

    subject: str
    """What it is about, in the names of the topology: `queue hub.dead`."""
    text: Text

    def __str__(self) -> str:
        return f"{self.subject}: {self.text}"


def validate(topology: Topology) -> list[TopologyProblem]:
    """Return what is wrong with the topology itself; empty when it makes sense."""
    return [
        *_names(topology),
        *_bindings(topology),
        *(problem for policy in topology.policies for problem in _policy(topology, policy)),
        *(problem for queue in topology.queues for problem in _queue(topology, queue.name)),
    ]


def _names(topology: Topology) -> Iterator[TopologyProblem]:
    for kind, names in (
        ("exchange", [exchange.name for exchange in topology.exchanges]),
        ("queue", [queue.name for queue in topology.queues]),
        ("policy", [policy.name for policy in topology.policies]),
    ):
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield TopologyProblem(f"{kind} {name}", both("topology_problems.twice"))


def _bindings(topology: Topology) -> Iterator[TopologyProblem]:
    exchanges = {exchange.name for exchange in topology.exchanges}
    queues = {queue.name for queue in topology.queues}
    for way in topology.bindings:
        subject = f"binding {way.exchange} -> {way.queue}"
        if way.exchange not in exchanges:
            yield TopologyProblem(subject, both("topology_problems.no_exchange"))
        if way.queue not in queues:
            yield TopologyProblem(subject, both("topology_problems.no_queue"))
        if way.exchange == EXCHANGE and way.routing_key != way.queue:
            yield TopologyProblem(subject, both("topology_problems.other_key"))


def _policy(topology: Topology, policy: BrokerPolicy) -> Iterator[TopologyProblem]:
    subject = f"policy {policy.name}"
    try:
        re.compile(policy.pattern)
    except re.error as error:
        yield TopologyProblem(subject, both("topology_problems.pattern", why=error))
        return
    if not any(policy.matches(queue.name) for queue in topology.queues):
        yield TopologyProblem(subject, both("topology_problems.matches_none"))
    if policy.at_least_once and not policy.dead_letter_exchange:
        yield TopologyProblem(subject, both("topology_problems.at_least_once_alone"))
    if policy.at_least_once and not policy.reject_publish:
        yield TopologyProblem(subject, both("topology_problems.reject_publish"))
    if policy.dead_letter_exchange and not policy.at_least_once:
        yield TopologyProblem(subject, both("topology_problems.at_most_once"))
    exchanges = {exchange.name for exchange in topology.exchanges}
    if policy.dead_letter_exchange and policy.dead_letter_exchange not in exchanges:
        yield TopologyProblem(
            subject,
            both("topology_problems.no_dead_letter_exchange", name=policy.dead_letter_exchange),
        )
    elif policy.dead_letter_exchange and not topology.behind(policy.dead_letter_exchange):
        yield TopologyProblem(
            subject, both("topology_problems.nothing_behind", name=policy.dead_letter_exchange)
        )


def _queue(topology: Topology, name: str) -> Iterator[TopologyProblem]:
    subject = f"queue {name}"
    matching = [policy for policy in topology.policies if policy.matches(name)]
    policy = topology.policy_of(name)
    if policy is None:
        yield TopologyProblem(subject, both("topology_problems.no_policy"))
        return
    if sum(other.priority == policy.priority for other in matching) > 1:
        yield TopologyProblem(subject, both("topology_problems.same_priority"))
    if policy.delivery_limit is None:
        yield TopologyProblem(subject, both("topology_problems.no_delivery_limit"))
    dead_letters = policy.dead_letter_exchange
    if not dead_letters and (policy.delivery_limit or NO_DELIVERY_LIMIT) < NO_DELIVERY_LIMIT:
        yield TopologyProblem(subject, both("topology_problems.limit_loses"))
    if not dead_letters and policy.message_ttl is not None:
        yield TopologyProblem(subject, both("topology_problems.ttl_loses"))
    if dead_letters and name in topology.behind(dead_letters):
        yield TopologyProblem(subject, both("topology_problems.to_itself"))
    if not any(way.queue == name for way in topology.bindings):
        yield TopologyProblem(subject, both("topology_problems.no_binding"))
