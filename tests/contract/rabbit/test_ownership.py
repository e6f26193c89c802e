"""The mark that names the store whose hub owns the queues, at a real broker."""

import threading

import pika
import pytest

from hub.broker.admin import ownership
from hub.broker.admin.own_vhost import own_vhost
from hub.broker.admin.ownership import OwnedByAnother, StillConsumed
from hub.drill.sandbox.rabbit_node import PrivateRabbit
from hub.messages.queues import INGEST
from hub.ports import BrokerUnavailable

OURS, OTHER = "ward-pc-20261128-0a1b2c3d", "other-pc-20251001-4e5f6a7b"


def test_queues_without_an_owner_belong_to_the_first_store_that_claims_them(url: str) -> None:
    """Asking changes nothing; claiming again changes nothing either."""
    assert ownership.owner(url) == ""
    assert ownership.owner(url) == ""
    ownership.claim(url, OURS)
    ownership.claim(url, OURS)
    assert ownership.owner(url) == OURS


def test_another_store_is_refused_and_told_whose_the_queues_are(url: str) -> None:
    """The mark stays what it was, also for the longest ids."""
    ours = OURS.replace("ward-pc", "w" * 20)
    ownership.claim(url, ours)
    with pytest.raises(OwnedByAnother) as refused:
        ownership.claim(url, OTHER.replace("other-pc", "o" * 20))
    assert refused.value.owner == ours
    assert ownership.owner(url) == ours


def test_a_store_knows_its_own_mark_also_where_the_brokers_answer_is_cut(
    node: PrivateRabbit,
) -> None:
    """In a virtual host with a long name no hub could start again after its first start."""
    with own_vhost(node.url, node.management_url, prefix="ward" * 40) as url:
        ownership.claim(url, OURS)
        assert ownership.owner(url) != OURS  # the answer is cut
        assert ownership.owner(url, own=OURS) == OURS
        assert ownership.owner(url, own=OTHER) not in ("", OURS, OTHER)
        assert ownership.take_over(url, OURS) == OURS


def test_of_stores_that_claim_in_the_same_moment_one_gets_the_queues(url: str) -> None:
    """The broker decides; all others are told the same owner."""
    together, won, told = threading.Barrier(4), [], []

    def claim(id: str) -> None:
        together.wait(10)
        try:
            ownership.claim(url, id)
            won.append(id)
        except OwnedByAnother as refused:
            told.append(refused.owner)

    threads = [threading.Thread(target=claim, args=(f"store-{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(won) == 1
    assert told == won * 3
    assert ownership.owner(url) == won[0]


def test_queues_are_taken_over_only_when_nobody_consumes_from_them(url: str) -> None:
    """A hub that runs keeps its queues; afterwards the former store is the one that is refused."""
    ownership.claim(url, OTHER)
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        connection.channel().basic_consume(INGEST, lambda *_: None)
        with pytest.raises(StillConsumed, match=INGEST):
            ownership.take_over(url, OURS)
    assert ownership.owner(url) == OTHER
    assert ownership.take_over(url, OURS) == OTHER
    assert ownership.take_over(url, OURS) == OURS
    with pytest.raises(OwnedByAnother):
        ownership.claim(url, OTHER)


def test_a_broker_that_is_away_is_unavailable() -> None:
    """It is not taken for one without an owner."""
    with pytest.raises(BrokerUnavailable):
        ownership.owner("amqp://a:b@127.0.0.1:1/")
