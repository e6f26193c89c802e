"""A real RabbitMQ with the hub's topology, over a good line and over one that can misbehave."""

from collections.abc import Callable, Iterator

import pika
import pytest

from hub.broker.admin.declare import apply
from hub.broker.rabbit import RabbitBroker
from hub.broker.rabbit.target import Target
from hub.broker.topology import TOPOLOGY
from hub.drill.sandbox.rabbit_node import PrivateRabbit
from tests.support.network.tcp_proxy import TcpProxy
from tests.support.services import RabbitService


@pytest.fixture
def node(rabbit: RabbitService) -> PrivateRabbit:
    """The node, which may be killed."""
    return rabbit.own_node()


@pytest.fixture
def url(node: PrivateRabbit, rabbit_url: str) -> str:
    """A virtual host with the hub's topology."""
    assert apply(TOPOLOGY, rabbit_url, node.management_url).clean
    return rabbit_url


@pytest.fixture
def proxy(node: PrivateRabbit) -> Iterator[TcpProxy]:
    """A line to the node that can misbehave."""
    port = pika.URLParameters(node.url).port
    with TcpProxy("127.0.0.1", port) as line:
        yield line


@pytest.fixture
def brokers() -> Iterator[Callable[[Target | str], RabbitBroker]]:
    """Makes brokers that are closed at the end."""
    made: list[RabbitBroker] = []

    def make(target: Target | str) -> RabbitBroker:
        made.append(RabbitBroker(target))
        return made[-1]

    yield make
    for broker in made:
        broker.close()


@pytest.fixture
def broker(url: str, brokers: Callable[[Target | str], RabbitBroker]) -> RabbitBroker:
    """The broker, over a good line."""
    return brokers(url)


@pytest.fixture
def shaky(
    url: str, proxy: TcpProxy, brokers: Callable[[Target | str], RabbitBroker]
) -> RabbitBroker:
    """The same broker over the proxy."""
    return brokers(proxy.instead_of(url))
