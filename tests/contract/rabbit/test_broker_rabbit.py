"""What only a real RabbitMQ can do: nothing confirmed is lost, whatever becomes of the broker."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pika
import pytest
from msgspec import structs

from hub.broker.admin.declare import apply
from hub.broker.rabbit import RabbitBroker
from hub.broker.rabbit.dialer import NotYet
from hub.broker.rabbit.target import Target
from hub.broker.topology import EXCHANGE, TOPOLOGY
from hub.drill.sandbox.rabbit_node import PrivateRabbit
from hub.messages.envelope import MAX_BYTES
from hub.messages.queues import DEAD, INGEST
from hub.ports import BrokerUnavailable, Confirm, ConsumerLost, Publisher
from tests.support.network.broker_talk import SOON, WITHIN, batch, drain, receive_some, take
from tests.support.services import rabbit_service

pytestmark = pytest.mark.rabbit


@pytest.fixture(scope="module")
def mortal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateRabbit]:
    """A node to be killed.

    Not the session's: RabbitMQ 3.10 that has just been started does not survive the removal of the
    test's virtual host. The supervisor of its at-least-once dead-lettering gives up for good, and
    after that no queue with that policy can live on the node.
    """
    with rabbit_service(tmp_path_factory.mktemp("mortal")) as service:
        node = service.own_node()
        assert apply(TOPOLOGY, node.url, node.management_url).clean
        yield node


def delete_queue(url: str, queue: str) -> None:
    """Delete a queue as an operator would."""
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        connection.channel().queue_delete(queue)


class Publishing(threading.Thread):
    """Publishes batches until three of those after the restart were confirmed as a whole."""

    def __init__(self, broker: RabbitBroker) -> None:
        super().__init__()
        self.broker = broker
        self.confirmed: list[str] = []
        self.unclear = 0
        self.running, self.restarted = threading.Event(), threading.Event()

    def run(self) -> None:
        """Publish; count what is confirmed and what is not."""
        publisher, left = self.broker.publisher(), 3
        for number in range(100_000):
            up, before = self.restarted.is_set(), self.unclear
            self._publish(publisher, [f"{number}-{it}" for it in range(100)])
            if number == 5:
                self.running.set()
            left -= up and self.unclear == before
            if not left:
                break
        publisher.close()

    def _publish(self, publisher: Publisher, names: list[str]) -> None:
        try:
            outcomes = publisher.publish(batch(*names), timeout=timedelta(seconds=4))
        except BrokerUnavailable:
            self.unclear += len(names)
            return
        confirmed = [
            name
            for name, outcome in zip(names, outcomes, strict=True)
            if outcome is Confirm.CONFIRMED
        ]
        self.confirmed += confirmed
        self.unclear += len(names) - len(confirmed)


@pytest.mark.chaos
def test_nothing_confirmed_is_lost_when_the_broker_is_killed(
    mortal: PrivateRabbit, brokers: Callable[[Target | str], RabbitBroker]
) -> None:
    """SIGKILL while batches are being confirmed: afterwards every CONFIRMED message is there, the
    publisher has come back by itself, and what it could not confirm it has said so."""
    broker = brokers(mortal.url)
    publishing = Publishing(broker)
    publishing.start()
    assert publishing.running.wait(WITHIN.total_seconds())
    mortal.kill()
    mortal.start()
    publishing.restarted.set()
    publishing.join(WITHIN.total_seconds() * 2)
    assert not publishing.is_alive()
    assert publishing.unclear
    assert set(publishing.confirmed) <= set(drain(broker))


@pytest.mark.chaos
def test_a_consumer_comes_back_after_a_restart_of_the_broker(
    mortal: PrivateRabbit, brokers: Callable[[Target | str], RabbitBroker]
) -> None:
    """It is told of the loss once; what it had in hand comes again, and the old tags settle
    nothing of it."""
    broker = brokers(mortal.url)
    drain(broker)
    publisher = broker.publisher()
    publisher.publish(batch("a", "b", "c"), timeout=WITHIN)
    publisher.close()
    consumer = broker.consumer(INGEST, prefetch=10)
    old = take(consumer, 3)
    mortal.restart()
    with pytest.raises(ConsumerLost):
        consumer.receive(1, wait=WITHIN)
    consumer.ack(old)
    again = take(consumer, 3)
    assert {message.message_id for message in again} == {"a", "b", "c"}
    assert {message.session for message in again} != {message.session for message in old}
    consumer.ack(old)
    consumer.close()
    assert broker.depth(INGEST) == 3


def test_a_consumer_that_the_broker_cancels_is_told_and_recovers(
    broker: RabbitBroker, node: PrivateRabbit, url: str
) -> None:
    """The queue is deleted under it: ConsumerLost once, BrokerUnavailable while there is no
    queue, messages again when there is one."""
    consumer = broker.consumer(INGEST, prefetch=10)
    publisher = broker.publisher()
    publisher.publish(batch("before"), timeout=WITHIN)
    consumer.ack(receive_some(consumer))
    delete_queue(url, INGEST)
    with pytest.raises(ConsumerLost, match="cancelled"):
        consumer.receive(1, wait=WITHIN)
    with pytest.raises(BrokerUnavailable, match="no queue"):
        consumer.receive(1, wait=SOON)  # it looks for the queue until the wait is over
    assert publisher.publish(batch("lost"), timeout=WITHIN) == [Confirm.UNROUTABLE]
    assert apply(TOPOLOGY, url, node.management_url).clean
    assert publisher.publish(batch("after"), timeout=WITHIN) == [Confirm.CONFIRMED]
    assert [message.message_id for message in receive_some(consumer)] == ["after"]
    consumer.close()
    publisher.close()


@pytest.mark.slow
def test_messages_that_never_come_are_noticed(
    url: str, brokers: Callable[[Target | str], RabbitBroker]
) -> None:
    """The connection lives, the queue has messages, and the broker gives us none: reported as a
    loss, and the next consumer starts afresh. Here another one has the queue to itself."""
    delete_queue(url, INGEST)
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        channel = connection.channel()
        only_one = {"x-queue-type": "quorum", "x-single-active-consumer": True}
        channel.queue_declare(INGEST, durable=True, arguments=only_one)
        channel.queue_bind(INGEST, EXCHANGE, INGEST)
    wary = replace(Target.parse(url), silent_at_most=timedelta(0))
    first, second = (brokers(wary).consumer(INGEST, prefetch=1) for _ in range(2))
    publisher = brokers(url).publisher()
    publisher.publish(batch("a", "b"), timeout=WITHIN)
    take(first, 1)
    with pytest.raises(ConsumerLost, match="1 messages are in"):
        for _ in range(50):
            second.receive(1, wait=SOON)
    first.close()
    assert {message.message_id for message in take(second, 1)} <= {"a", "b"}
    second.close()
    publisher.close()


def test_a_pause_is_not_taken_for_a_fault(
    url: str, brokers: Callable[[Target | str], RabbitBroker]
) -> None:
    """Alive means progress, but not while the owner wants none: the watchdog leaves a paused
    consumer alone, whatever lies in the queue, and watches again afterwards."""
    wary = replace(Target.parse(url), silent_at_most=timedelta(0))
    broker = brokers(wary)
    consumer, publisher = broker.consumer(INGEST, prefetch=10), broker.publisher()
    publisher.publish(batch("a"), timeout=WITHIN)
    consumer.ack(take(consumer, 1))
    consumer.set_prefetch(0)
    publisher.publish(batch("b", "c"), timeout=WITHIN)
    for _ in range(10):
        assert consumer.receive(1, wait=timedelta(milliseconds=20)) == []
    assert broker.depth(INGEST) == 2
    consumer.set_prefetch(10)
    # Given back and taken again: the broker does not promise in which order.
    assert {message.message_id for message in take(consumer, 2)} == {"b", "c"}
    consumer.close()
    publisher.close()


def test_a_message_that_amqp_cannot_carry_is_refused_alone(broker: RabbitBroker) -> None:
    """Sent, it would end the channel and make its whole batch unclear for ever."""
    good = batch("a")[0]
    odd = [
        structs.replace(good, body=b"x" * (MAX_BYTES + 1)),
        structs.replace(good, message_id="x" * 256),
        structs.replace(good, type="\ud800"),
        structs.replace(good, headers={"hub-attempt": 2**70}),
    ]
    publisher = broker.publisher()
    outcomes = publisher.publish([good, *odd, good], timeout=WITHIN)
    assert outcomes == [Confirm.CONFIRMED, *[Confirm.REFUSED] * len(odd), Confirm.CONFIRMED]
    assert publisher.publish(odd, timeout=WITHIN) == [Confirm.REFUSED] * len(odd)
    assert publisher.publish([good], timeout=WITHIN) == [Confirm.CONFIRMED]
    publisher.close()
    assert broker.depth(INGEST) == 3


def test_headers_of_the_broker_are_not_published_again(
    broker: RabbitBroker,
) -> None:
    """A dead letter that is sent again looks like new; old `x-` headers can make it vanish."""
    publisher, consumer = broker.publisher(), broker.consumer(INGEST, prefetch=1)
    publisher.publish(batch("a"), timeout=WITHIN)
    consumer.reject(receive_some(consumer)[0])
    graves = broker.consumer(DEAD, prefetch=1)
    [dead] = receive_some(graves)
    assert "x-death" in dead.headers
    again = structs.replace(batch("a")[0], headers={**dead.headers, "hub-replay": 1})
    assert publisher.publish([again], timeout=WITHIN) == [Confirm.CONFIRMED]
    [back] = receive_some(consumer)
    assert set(back.headers) == {"hub-replay"}
    for one in (publisher, consumer, graves):
        one.close()


def publish_when_answered(publisher: Publisher) -> None:
    """Publish; ask again as long as the broker has answered nothing at all."""
    for _ in range(60):
        with contextlib.suppress(NotYet):
            publisher.publish(batch("a"), timeout=SOON)
            return


def test_a_missing_exchange_is_known_before_anything_is_sent(
    url: str, brokers: Callable[[Target | str], RabbitBroker]
) -> None:
    """BrokerUnavailable with the broker's own words: certainly nothing was published."""
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        connection.channel().exchange_delete(EXCHANGE)
    publisher = brokers(url).publisher()
    with pytest.raises(BrokerUnavailable, match="no exchange 'hub'"):
        publish_when_answered(publisher)
    publisher.close()


def test_a_wrong_password_is_unavailable_and_not_repeated_in_the_text(url: str) -> None:
    """The reason is told, the secret is not."""
    parameters = pika.URLParameters(url)
    wrong = url.replace(parameters.credentials.password, "wrong-secret")
    broker = RabbitBroker(wrong)
    with pytest.raises(BrokerUnavailable) as caught:
        broker.depth(INGEST)
    broker.close()
    assert "wrong-secret" not in str(caught.value)
    assert "wrong-secret" not in repr(Target.parse(wrong))
