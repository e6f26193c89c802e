"""Every broker keeps the contract of `hub.ports.Broker`: one suite for RabbitMQ and in-process."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from hub.messages.queues import DEAD, INGEST, INVALID
from hub.ports import Broker, BrokerUnavailable, Confirm, Consumer
from tests.support.network.broker_talk import NONE_LEFT, WITHIN, ids, outgoing, publish, take

CAPACITY = 20
DELIVERY_LIMIT = 10


def test_a_message_arrives_as_it_was_published(
    broker: Broker, consume: Callable[..., Consumer]
) -> None:
    """Body, id, type and headers come through; a fresh message was never delivered before."""
    assert publish(broker, 1) == [Confirm.CONFIRMED]
    [message] = take(consume(), 1)
    sent = outgoing(1)
    assert (message.body, message.message_id, message.type) == (
        sent.body,
        sent.message_id,
        sent.type,
    )
    assert sent.headers.items() <= message.headers.items()
    assert (message.redelivered, message.delivery_count) == (False, 0)


def test_an_acknowledged_message_is_gone(broker: Broker, consume: Callable[..., Consumer]) -> None:
    """What was acknowledged does not come again, also not to another consumer."""
    publish(broker, 1, 2, 3)
    first = consume()
    first.ack(take(first, 3))
    first.close()
    assert consume().receive(10, wait=NONE_LEFT) == []
    assert broker.depth(INGEST) == 0


def test_messages_come_in_the_order_of_publishing(
    broker: Broker, consume: Callable[..., Consumer]
) -> None:
    """Order holds inside a batch and from batch to batch."""
    publisher = broker.publisher()
    for start in range(0, 1000, 250):
        batch = [outgoing(it) for it in range(start, start + 250)]
        assert set(publisher.publish(batch, timeout=WITHIN)) == {Confirm.CONFIRMED}
    publisher.close()
    consumer = consume(prefetch=100)
    seen: list[str] = []
    while len(seen) < 1000:
        batch_in = consumer.receive(70, wait=WITHIN)
        assert 0 < len(batch_in) <= 70
        seen += ids(batch_in)
        consumer.ack(batch_in)
    assert seen == [f"m-{it}" for it in range(1000)]


def test_only_what_was_acknowledged_is_settled(
    broker: Broker, consume: Callable[..., Consumer]
) -> None:
    """Acknowledging some, in any order, twice, or with gaps, settles these and no others."""
    publish(broker, *range(10))
    first = consume()
    messages = take(first, 10)
    first.ack([messages[7], messages[0], messages[1], messages[4]])
    first.ack([messages[4], messages[0]])
    first.ack([])
    first.close()
    again = take(consume(), 6)
    assert ids(again) == [f"m-{it}" for it in (2, 3, 5, 6, 8, 9)]
    assert all(message.redelivered for message in again)
    assert broker.depth(INGEST) == 0


def test_no_more_than_the_prefetch_is_in_hand(
    broker: Broker, consume: Callable[..., Consumer]
) -> None:
    """The rest stays in the queue for others, until something is settled."""
    publish(broker, *range(20))
    consumer = consume(prefetch=5)
    messages = take(consumer, 5)
    assert broker.depth(INGEST) == 15
    assert consumer.receive(10, wait=NONE_LEFT) == []
    consumer.ack(messages[:2])
    assert ids(take(consumer, 2)) == ["m-5", "m-6"]


def test_a_message_for_no_queue_is_unroutable_alone(broker: Broker) -> None:
    """One outcome for each message, in order; the others of the batch are confirmed."""
    publisher = broker.publisher()
    batch = [outgoing(0), outgoing(1, "deliver.nowhere"), outgoing(2), outgoing(1)]
    outcomes = publisher.publish(batch, timeout=WITHIN)
    publisher.close()
    assert outcomes == [
        Confirm.CONFIRMED,
        Confirm.UNROUTABLE,
        Confirm.CONFIRMED,
        Confirm.CONFIRMED,
    ]
    assert broker.depth(INGEST) == 3


def test_an_empty_batch_is_nothing(broker: Broker) -> None:
    """No messages, no outcomes."""
    assert publish(broker) == []


def test_a_full_queue_refuses_and_loses_nothing(
    make: Callable[[int], Broker],
) -> None:
    """REFUSED means certainly not queued, CONFIRMED certainly queued; room is used again."""
    broker = make(CAPACITY)
    confirmed: list[str] = []
    refused = 0
    publisher = broker.publisher()
    for number in range(CAPACITY * 10):
        [outcome] = publisher.publish([outgoing(number)], timeout=WITHIN)
        assert outcome in (Confirm.CONFIRMED, Confirm.REFUSED)
        if outcome is Confirm.CONFIRMED:
            confirmed.append(f"m-{number}")
        else:
            refused += 1
    assert refused
    assert len(confirmed) >= CAPACITY
    consumer = broker.consumer(INGEST, prefetch=500)
    messages = take(consumer, len(confirmed))
    assert ids(messages) == confirmed
    consumer.ack(messages)
    assert consumer.receive(1, wait=NONE_LEFT) == []
    assert publisher.publish([outgoing(0)], timeout=WITHIN) == [Confirm.CONFIRMED]
    assert len(take(consumer, 1)) == 1
    consumer.close()
    publisher.close()


def test_a_rejected_message_goes_to_the_dead_letters(
    broker: Broker, consume: Callable[..., Consumer]
) -> None:
    """With its body, and with the queue that it came from and why."""
    publish(broker, 1, 2)
    consumer = consume()
    first, second = take(consumer, 2)
    consumer.reject(first)
    consumer.ack([first, second])
    [dead] = take(consume(DEAD), 1)
    assert (dead.message_id, dead.body) == (first.message_id, first.body)
    assert dead.headers["x-first-death-queue"] == INGEST
    assert dead.headers["x-first-death-reason"] == "rejected"


def test_a_failing_message_ends_in_the_dead_letters(
    broker: Broker, consume: Callable[..., Consumer]
) -> None:
    """`fail` brings it again as often as the delivery limit allows; others are not touched."""
    publish(broker, 1, 2)
    consumer = consume()
    bad, good = take(consumer, 2)
    counts = []
    for _ in range(DELIVERY_LIMIT):
        consumer.fail(bad)
        [bad] = take(consumer, 1)
        counts.append(bad.delivery_count)
    assert counts == list(range(1, DELIVERY_LIMIT + 1))
    consumer.fail(bad)
    [dead] = take(consume(DEAD), 1)
    assert dead.message_id == "m-1"
    assert dead.headers["x-first-death-reason"] == "delivery_limit"
    consumer.ack([good])
    consumer.close()
    assert broker.depth(INGEST) == 0


def test_a_crash_loop_ends_at_the_delivery_limit(
    broker: Broker, consume: Callable[..., Consumer]
) -> None:
    """A message whose consumer goes away without settling it, again and again, is parked."""
    publish(broker, 1)
    for _ in range(DELIVERY_LIMIT + 1):
        consumer = consume()
        assert ids(take(consumer, 1)) == ["m-1"]
        consumer.close()
    assert ids(take(consume(DEAD), 1)) == ["m-1"]
    assert broker.depth(INGEST) == 0


def test_parked_messages_stay_however_often_they_are_looked_at(
    broker: Broker, consume: Callable[..., Consumer]
) -> None:
    """The queues where people look have no limit that a look counts towards."""
    publish(broker, 1, queue=INVALID)
    for _ in range(DELIVERY_LIMIT * 2 + 5):
        consumer = consume(INVALID)
        assert ids(take(consumer, 1)) == ["m-1"]
        consumer.close()
    assert broker.depth(INVALID) == 1


def test_wake_ends_a_waiting_receive(broker: Broker, consume: Callable[..., Consumer]) -> None:
    """Another thread may call it, before or during the wait; it counts once."""
    consumer = consume()
    consumer.wake()
    assert consumer.receive(1, wait=timedelta(minutes=1)) == []
    waker = threading.Thread(target=consumer.wake)
    waker.start()
    assert consumer.receive(1, wait=timedelta(minutes=1)) == []
    waker.join()
    publishing = threading.Thread(target=publish, args=(broker, 1))
    publishing.start()
    assert ids(consumer.receive(1, wait=WITHIN)) == ["m-1"]
    publishing.join()


def test_wake_loses_no_message(broker: Broker, consume: Callable[..., Consumer]) -> None:
    """However often it is woken, everything comes, once."""
    consumer = consume()
    stop = threading.Event()

    def keep_waking() -> None:
        while not stop.is_set():
            consumer.wake()

    waker = threading.Thread(target=keep_waking)
    waker.start()
    try:
        publish(broker, *range(200))
        seen: list[str] = []
        while len(seen) < 200:
            messages = consumer.receive(10, wait=WITHIN)
            seen += ids(messages)
            consumer.ack(messages)
    finally:
        stop.set()
        waker.join()
    assert seen == [f"m-{it}" for it in range(200)]


def test_several_publishers_and_consumers_share_a_queue(
    broker: Broker, consume: Callable[..., Consumer]
) -> None:
    """Each message goes to one consumer."""
    threads = [
        threading.Thread(target=publish, args=(broker, *range(start, start + 50)))
        for start in (0, 50, 100)
    ]
    for thread in threads:
        thread.start()
    consumers = [consume(prefetch=20), consume(prefetch=20)]
    seen: list[str] = []
    while len(seen) < 150:
        for consumer in consumers:
            messages = consumer.receive(20, wait=timedelta(milliseconds=20))
            seen += ids(messages)
            consumer.ack(messages)
    for thread in threads:
        thread.join()
    assert sorted(seen) == sorted(f"m-{it}" for it in range(150))


def test_an_unknown_queue_is_unavailable(broker: Broker, consume: Callable[..., Consumer]) -> None:
    """Neither its depth nor its messages can be had; the broker itself goes on."""
    with pytest.raises(BrokerUnavailable, match=r"no queue.*deliver\.nowhere"):
        broker.depth("deliver.nowhere")
    with pytest.raises(BrokerUnavailable, match=r"no queue.*deliver\.nowhere"):
        consume("deliver.nowhere").receive(1, wait=timedelta(seconds=2))
    assert publish(broker, 1) == [Confirm.CONFIRMED]
    assert broker.depth(INGEST) == 1


def test_closing_twice_is_harmless(broker: Broker, consume: Callable[..., Consumer]) -> None:
    """Also when nothing was ever connected."""
    used, unused = broker.publisher(), broker.publisher()
    used.publish([outgoing(1)], timeout=WITHIN)
    consumer = consume()
    [message] = take(consumer, 1)
    for _ in range(2):
        used.close()
        unused.close()
        consumer.close()
        broker.close()
    consumer.ack([message])
