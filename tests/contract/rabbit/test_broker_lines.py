"""Bad lines to RabbitMQ: cut, silent, half open, or to nobody. Nothing is lost, nothing hangs."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from pika.heartbeat import HeartbeatChecker

from hub.broker.rabbit import RabbitBroker
from hub.broker.rabbit.target import Target
from hub.messages.queues import INGEST
from hub.ports import Confirm, ConsumerLost
from tests.support.network.broker_talk import SOON, WITHIN, batch, drain, receive_some, take
from tests.support.network.tcp_proxy import TcpProxy

pytestmark = pytest.mark.rabbit


def test_a_confirm_that_never_comes_is_unconfirmed_in_time(
    shaky: RabbitBroker, broker: RabbitBroker, proxy: TcpProxy
) -> None:
    """The broker takes the batch and its word gets lost: UNCONFIRMED, and the next batch goes out
    on a new connection with outcomes of its own."""
    publisher = shaky.publisher()
    assert publisher.publish(batch("a"), timeout=WITHIN) == [Confirm.CONFIRMED]
    proxy.swallow_replies = True
    assert publisher.publish(batch("b", "c"), timeout=SOON) == [Confirm.UNCONFIRMED] * 2
    proxy.swallow_replies = False
    assert publisher.publish(batch("d"), timeout=WITHIN) == [Confirm.CONFIRMED]
    assert proxy.accepted == 2
    publisher.close()
    assert drain(broker) == ["a", "b", "c", "d"]


def test_a_line_cut_while_confirming_is_unconfirmed(
    shaky: RabbitBroker, broker: RabbitBroker, proxy: TcpProxy
) -> None:
    """Known at once, long before the time is over."""
    publisher = shaky.publisher()
    publisher.publish(batch("a"), timeout=WITHIN)
    proxy.stall()
    outcomes: list[Confirm] = []
    thread = threading.Thread(
        target=lambda: outcomes.extend(publisher.publish(batch("b"), timeout=timedelta(minutes=10)))
    )
    thread.start()
    proxy.cut()
    proxy.flow()
    thread.join(WITHIN.total_seconds())
    assert outcomes in ([Confirm.UNCONFIRMED], [Confirm.CONFIRMED])
    assert publisher.publish(batch("c"), timeout=WITHIN) == [Confirm.CONFIRMED]
    publisher.close()
    assert {"a", "c"} <= set(drain(broker))


def test_a_half_open_line_is_noticed_by_the_missing_heartbeat(
    url: str,
    proxy: TcpProxy,
    brokers: Callable[[Target | str], RabbitBroker],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No packet comes any more and no end either, while the consumer's owner has work in hand:
    the consumer is told, and everything comes over the next connection."""
    begin = HeartbeatChecker._start_check_timer

    def begin_soon(own: HeartbeatChecker) -> None:
        own._check_interval = 2  # pika gives five seconds more than was agreed
        begin(own)

    monkeypatch.setattr(HeartbeatChecker, "_start_check_timer", begin_soon)
    quick = replace(Target.parse(proxy.instead_of(url)), heartbeat=timedelta(seconds=1))
    consumer = brokers(quick).consumer(INGEST, prefetch=10)
    publisher = brokers(url).publisher()
    publisher.publish(batch("a"), timeout=WITHIN)
    take(consumer, 1)
    proxy.stall()
    publisher.publish(batch("b"), timeout=WITHIN)
    publisher.close()
    with pytest.raises(ConsumerLost):
        consumer.receive(1, wait=WITHIN * 2)
    proxy.flow()
    assert {message.message_id for message in take(consumer, 2)} == {"a", "b"}
    consumer.close()


def test_a_silent_line_is_not_taken_for_an_empty_queue(
    url: str, proxy: TcpProxy, brokers: Callable[[Target | str], RabbitBroker]
) -> None:
    """With nothing in hand the consumer asks, long before a heartbeat is missed: no answer, so it
    is told; an answer, so it goes on."""
    wary = replace(Target.parse(proxy.instead_of(url)), silent_at_most=timedelta(0))
    consumer = brokers(wary).consumer(INGEST, prefetch=10)
    publisher = brokers(url).publisher()
    publisher.publish(batch("a"), timeout=WITHIN)
    consumer.ack(take(consumer, 1))
    for _ in range(3):
        assert consumer.receive(1, wait=timedelta(0)) == []
    proxy.swallow_replies = True
    publisher.publish(batch("b"), timeout=WITHIN)
    with pytest.raises(ConsumerLost, match="silent"):
        consumer.receive(1, wait=timedelta(0))
    proxy.swallow_replies = False
    assert [message.message_id for message in take(consumer, 1)] == ["b"]
    consumer.close()
    publisher.close()


def test_closing_over_a_dead_line_ends(shaky: RabbitBroker, proxy: TcpProxy) -> None:
    """Nobody answers the goodbye; the connections are cut, and their threads end."""
    publisher, consumer = shaky.publisher(), shaky.consumer(INGEST, prefetch=10)
    publisher.publish(batch("a"), timeout=WITHIN)
    receive_some(consumer)
    assert any(thread.name == "amqp" for thread in threading.enumerate())
    proxy.stall()
    publisher.close()
    consumer.close()
    assert not any(thread.name == "amqp" for thread in threading.enumerate())


def test_another_node_of_the_cluster_is_tried(
    url: str, proxy: TcpProxy, brokers: Callable[[Target | str], RabbitBroker]
) -> None:
    """Several addresses, the first of them dead."""
    with TcpProxy("127.0.0.1", 1) as nobody:
        dead = nobody.instead_of(url)
    broker = brokers(f"{dead},{proxy.instead_of(url)}")
    publisher = broker.publisher()
    assert publisher.publish(batch("a"), timeout=WITHIN) == [Confirm.CONFIRMED]
    publisher.close()
    assert broker.depth(INGEST) == 1


def test_wake_ends_the_wait_for_a_broker_that_is_not_there(
    url: str, brokers: Callable[[Target | str], RabbitBroker]
) -> None:
    """A role that is to stop need not wait for the next attempt."""
    with TcpProxy("127.0.0.1", 1) as nobody:
        dead = nobody.instead_of(url)
    consumer = brokers(dead).consumer(INGEST, prefetch=1)
    waker = threading.Thread(target=consumer.wake)
    waker.start()
    assert consumer.receive(1, wait=timedelta(minutes=10)) == []
    waker.join()
    consumer.close()
