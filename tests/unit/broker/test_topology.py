"""The check of a topology finds each mistake that would lose or hide messages."""

from dataclasses import replace
from datetime import timedelta

import pytest

from hub.broker.topology import (
    DEAD_LETTERS,
    EXCHANGE,
    TOPOLOGY,
    Binding,
    BrokerPolicy,
    Exchange,
    ExchangeType,
    Queue,
    Topology,
    topology_for,
    validate,
)
from hub.messages import catalog
from hub.messages.queues import DEAD, INGEST, INVALID, deliver_queue

WORK, PARKED = TOPOLOGY.policies


def with_work(**changes: object) -> Topology:
    """Return the topology with another policy for the work queues."""
    return replace(TOPOLOGY, policies=(replace(WORK, **changes), PARKED))  # type: ignore[arg-type]


def with_parked(**changes: object) -> Topology:
    """Return the topology with another policy for the queues where people look."""
    return replace(TOPOLOGY, policies=(WORK, replace(PARKED, **changes)))  # type: ignore[arg-type]


def test_the_hubs_own_topology_makes_sense() -> None:
    """No problem, and a queue for every reader of the catalog."""
    assert validate(TOPOLOGY) == []
    readers = {entry.reader for entry in catalog.CATALOG} - {"records"}
    queues = {queue.name for queue in TOPOLOGY.queues}
    assert {INGEST, DEAD, INVALID, *map(deliver_queue, readers)} <= queues


def test_topologies_are_values() -> None:
    """Equal when they say the same; usable as keys."""
    same = topology_for("provincial", "town_center", "devices")
    assert same == TOPOLOGY
    assert len({same, TOPOLOGY, topology_for("provincial")}) == 2


def test_work_is_dead_lettered_at_least_once_and_never_by_age() -> None:
    """The words as RabbitMQ knows them."""
    assert WORK.definition() == {
        "dead-letter-exchange": DEAD_LETTERS,
        "dead-letter-strategy": "at-least-once",
        "overflow": "reject-publish",
        "max-length": 500_000,
        "delivery-limit": 10,
    }
    for queue in (DEAD, INVALID):
        policy = TOPOLOGY.policy_of(queue)
        assert policy is not None
        assert "message-ttl" not in policy.definition()
        assert "dead-letter-exchange" not in policy.definition()


@pytest.mark.parametrize(
    ("topology", "subject", "text"),
    [
        (with_work(pattern="^nothing"), "policy hub-work", "matches no queue"),
        (with_work(pattern="("), "policy hub-work", "broken pattern"),
        (with_work(reject_publish=False), "policy hub-work", "at-most-once"),
        (with_work(at_least_once=False), "policy hub-work", "can be lost"),
        (with_work(dead_letter_exchange=""), "policy hub-work", "without a dead-letter exchange"),
        (with_work(dead_letter_exchange=""), f"queue {INGEST}", "messages vanish"),
        (with_work(dead_letter_exchange="gone"), "policy hub-work", "no such dead-letter exchange"),
        (with_work(delivery_limit=None), f"queue {INGEST}", "no delivery limit"),
        (with_work(pattern="^ingest"), "queue deliver.provincial", "no policy"),
        (with_parked(message_ttl=timedelta(days=7)), f"queue {DEAD}", "TTL"),
        (with_parked(delivery_limit=20), f"queue {INVALID}", "messages vanish"),
        (
            with_parked(dead_letter_exchange=DEAD_LETTERS, at_least_once=True),
            f"queue {DEAD}",
            "to itself",
        ),
        (
            replace(TOPOLOGY, policies=(*TOPOLOGY.policies, replace(WORK, name="twin"))),
            f"queue {INGEST}",
            "same priority",
        ),
        (
            replace(TOPOLOGY, policies=(*TOPOLOGY.policies, WORK)),
            "policy hub-work",
            "declared twice",
        ),
        (
            replace(TOPOLOGY, queues=(*TOPOLOGY.queues, Queue(INGEST))),
            f"queue {INGEST}",
            "declared twice",
        ),
        (
            replace(TOPOLOGY, queues=(*TOPOLOGY.queues, Queue("deliver.island"))),
            "queue deliver.island",
            "nothing can reach it",
        ),
        (
            replace(
                TOPOLOGY,
                exchanges=(*TOPOLOGY.exchanges, Exchange(EXCHANGE, ExchangeType.DIRECT)),
            ),
            f"exchange {EXCHANGE}",
            "declared twice",
        ),
        (
            replace(TOPOLOGY, bindings=(*TOPOLOGY.bindings, Binding("gone", INGEST, INGEST))),
            f"binding gone -> {INGEST}",
            "no such exchange",
        ),
        (
            replace(TOPOLOGY, bindings=(*TOPOLOGY.bindings, Binding(EXCHANGE, "gone", "gone"))),
            f"binding {EXCHANGE} -> gone",
            "no such queue",
        ),
        (
            replace(TOPOLOGY, bindings=(*TOPOLOGY.bindings, Binding(EXCHANGE, INGEST, "other"))),
            f"binding {EXCHANGE} -> {INGEST}",
            "by queue name",
        ),
        (
            replace(
                TOPOLOGY,
                bindings=tuple(it for it in TOPOLOGY.bindings if it.exchange != DEAD_LETTERS),
            ),
            "policy hub-work",
            f"no queue behind {DEAD_LETTERS}",
        ),
    ],
)
def test_a_mistake_is_found_and_named(topology: Topology, subject: str, text: str) -> None:
    """Each mistake is told with the thing that it concerns."""
    problems = {(problem.subject, problem.text) for problem in validate(topology)}
    assert any(subject == named and text in told for named, told in problems), problems


def test_the_higher_priority_decides() -> None:
    """As at the broker: one policy for a queue, nothing is merged."""
    stronger = BrokerPolicy(name="strong", pattern="^ingest", priority=20, delivery_limit=3)
    topology = replace(TOPOLOGY, policies=(*TOPOLOGY.policies, stronger))
    assert topology.policy_of(INGEST) == stronger
    assert topology.policy_of("deliver.devices") == WORK
    assert topology.policy_of("elsewhere") is None
