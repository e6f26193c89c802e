"""A consumer of every broker takes as much at once as it is told to, and nothing while paused."""

from collections.abc import Callable
from datetime import timedelta

from hub.messages.queues import INGEST
from hub.ports import Broker, Consumer
from tests.support.network.broker_talk import NONE_LEFT, ids, publish, take


def test_a_paused_consumer_leaves_everything_ready_and_goes_on_as_wide_as_it_is_told(
    broker: Broker, consume: Callable[..., Consumer]
) -> None:
    """What was handed out is settled as ever, the rest lies in the queue; then 1, then 3 at once,
    in the old order."""
    publish(broker, *range(20))
    consumer = consume(prefetch=10)
    in_hand = take(consumer, 4)
    consumer.set_prefetch(0)
    for _ in range(200):
        assert consumer.receive(10, wait=timedelta(milliseconds=20)) == []
        if broker.depth(INGEST) == 16:
            break
    consumer.ack(in_hand)
    assert consumer.receive(10, wait=NONE_LEFT) == []
    assert broker.depth(INGEST) == 16
    consumer.set_prefetch(1)
    one = take(consumer, 1)
    assert consumer.receive(10, wait=NONE_LEFT) == []
    consumer.set_prefetch(3)
    two = take(consumer, 2)
    assert consumer.receive(10, wait=NONE_LEFT) == []
    assert ids(one + two) == ["m-4", "m-5", "m-6"]
    consumer.ack(one + two)
    consumer.set_prefetch(500)
    rest = take(consumer, 13)
    assert ids(rest) == [f"m-{it}" for it in range(7, 20)]
    assert max(message.delivery_count for message in rest) <= 1
    consumer.ack(rest)


def test_a_consumer_may_begin_paused(broker: Broker, consume: Callable[..., Consumer]) -> None:
    """It takes nothing before it is told to."""
    publish(broker, 1, 2)
    consumer = consume(prefetch=10)
    consumer.set_prefetch(0)
    assert consumer.receive(10, wait=NONE_LEFT) == []
    assert broker.depth(INGEST) == 2
    consumer.set_prefetch(10)
    assert ids(take(consumer, 2)) == ["m-1", "m-2"]
