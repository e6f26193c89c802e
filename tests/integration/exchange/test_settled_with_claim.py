"""A claim on SQLite settles, in its own transaction, the calls that have ended meanwhile."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.broker.memory import MemoryBroker
from hub.messages import queues
from hub.messages.envelope import Message
from hub.ports import Receipt
from hub.store.engine.store import Tx
from hub.store.schema.tables.exchange import deliveries as table
from tests.support.database.stores import empty_store
from tests.support.partners.partner import Partner
from tests.support.works import Works, step

QUEUE = queues.deliver_queue("provincial")


@pytest.fixture
def works(tmp_path: Path) -> Iterator[Works[Partner]]:
    """The roles, moved by the test itself."""
    store = empty_store(tmp_path / "hub.db")
    broker = MemoryBroker()
    yield Works(store, broker, Partner())
    broker.close()
    store.close()


class Line:
    """The consumer of the deliveries, and what a turn of `Deliver` does with it."""

    def __init__(self, works: Works[Partner]) -> None:
        self.works = works
        self.publisher = works.broker.publisher()
        self.consumer = works.broker.consumer(QUEUE, prefetch=32)
        self.commits = 0
        sa.event.listen(works.store.engine, "commit", self._count)

    def _count(self, _connection: object) -> None:
        self.commits += 1

    def claim(self, *messages: Message) -> int:
        """Claim what is asked for and let its calls end; return the commits of the claim."""
        self.works.emit(*messages)
        self.works.relay.publish_some(self.publisher)
        batch = self.consumer.receive(32, wait=timedelta(seconds=5))
        before = self.commits
        with ThreadPoolExecutor(4) as pool:
            self.works.deliver.claim(self.consumer, pool, batch, 32)
            return self.commits - before

    def states(self) -> list[str]:
        """Return the states of the deliveries in the order of their numbers."""
        with self.works.store.read() as tx:
            return list(tx.execute(sa.select(table.c.state).order_by(table.c.id)).scalars())


def test_a_claim_settles_what_has_ended_with_the_same_commit(works: Works[Partner]) -> None:
    """A call that ends while others are asked for waits for one turn to write, not for two."""
    line = Line(works)
    assert line.claim(step(1, 1)) == 1
    assert line.states() == ["sending"]
    assert line.claim(step(2, 1)) == 1
    assert line.states() == ["delivered", "sending"]
    works.deliver.settle_ended(line.consumer, wait=False)
    assert line.states() == ["delivered", "delivered"]
    assert works.broker.depth(QUEUE) == 0
    assert works.deliver.ended.in_hand == 0


def test_a_word_that_cannot_be_stored_keeps_no_claim_from_going(works: Works[Partner]) -> None:
    """Its effect counts as unknown; what is claimed is sent, and what else ended is settled."""

    def broken(_tx: Tx, message: Message, _receipt: Receipt) -> None:
        if message.id == "m-1-1":
            raise ValueError("a fault of ours")

    works.deliver.settling = replace(works.deliver.settling, on_delivered=broken)
    line = Line(works)
    line.claim(step(1, 1), step(2, 1))
    line.claim(step(3, 1))
    assert line.states() == ["ambiguous", "delivered", "sending"]
    assert works.partner.calls == 3
    works.deliver.settle_ended(line.consumer, wait=False)
    assert line.states() == ["ambiguous", "delivered", "delivered"]
    assert works.deliver.ended.in_hand == 0
