"""Faults of a story's broker: each is drawn only where it takes effect."""

from datetime import timedelta

import pytest

from hub.messages import queues
from hub.ports import ConsumerLost, Outgoing
from tests.simulation.world.broker import StoryBroker, StoryConsumer
from tests.simulation.world.chance import Chance

AT_ONCE = timedelta()


def consumer(messages: int) -> StoryConsumer:
    """A consumer of a queue with so many messages, whose channel always goes and order changes."""
    chance = Chance(1, weights={"consumer lost": 1e6, "messages reordered": 1e6})
    broker = StoryBroker(chance)
    broker.publisher()._inner.publish(
        [
            Outgoing(routing_key=queues.INGEST, body=b"{}", message_id=f"{n}", type="t", headers={})
            for n in range(messages)
        ],
        timeout=timedelta(seconds=1),
    )
    made: StoryConsumer = broker.consumer(queues.INGEST, prefetch=10)
    return made


def test_an_empty_queue_has_no_order_to_change_and_no_channel_to_lose() -> None:
    """Nothing in hand, nothing to give back: no fault is counted."""
    taking = consumer(1)
    assert len(taking.receive(5, wait=AT_ONCE)) == 1
    assert not taking._broker.chance.struck


def test_what_was_in_hand_comes_again_when_the_channel_goes_before_its_ack() -> None:
    """The work was done; the next `receive` says that the channel is gone."""
    taking = consumer(2)
    first = taking.receive(1, wait=AT_ONCE)
    taking.ack(first)
    with pytest.raises(ConsumerLost):
        taking.receive(1, wait=AT_ONCE)
    assert taking._broker.chance.met["fault consumer lost"] == 1
    assert taking._broker.ready == 2
