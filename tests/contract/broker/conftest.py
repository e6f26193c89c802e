"""The two brokers with the hub's topology: every test here runs on both."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from hub.broker.admin.declare import apply
from hub.broker.memory import MemoryBroker
from hub.broker.rabbit import RabbitBroker
from hub.broker.topology import TOPOLOGY
from hub.messages.queues import INGEST
from hub.ports import Broker, Consumer
from tests.support.services import RabbitService


@pytest.fixture(params=["memory", "rabbitmq"])
def make(request: pytest.FixtureRequest) -> Iterator[Callable[[int], Broker]]:
    """Makes a broker whose queues take a given number of messages."""
    made: list[Broker] = []

    def make_memory(capacity: int) -> Broker:
        return MemoryBroker(TOPOLOGY, capacity=capacity)

    def make_rabbit(capacity: int) -> Broker:
        service: RabbitService = request.getfixturevalue("rabbit")
        url: str = request.getfixturevalue("rabbit_url")
        small = replace(
            TOPOLOGY,
            policies=tuple(replace(it, max_length=capacity) for it in TOPOLOGY.policies),
        )
        assert apply(small, url, service.management_url).clean
        return RabbitBroker(url)

    def make_one(capacity: int) -> Broker:
        made.append(make_memory(capacity) if request.param == "memory" else make_rabbit(capacity))
        return made[-1]

    yield make_one
    for broker in made:
        broker.close()


@pytest.fixture
def broker(make: Callable[[int], Broker]) -> Broker:
    """An empty broker with the hub's topology."""
    return make(100_000)


@pytest.fixture
def consume(broker: Broker) -> Iterator[Callable[..., Consumer]]:
    """Makes consumers that are closed at the end."""
    made: list[Consumer] = []

    def make_one(queue: str = INGEST, *, prefetch: int = 500) -> Consumer:
        made.append(broker.consumer(queue, prefetch=prefetch))
        return made[-1]

    yield make_one
    for consumer in made:
        consumer.close()
