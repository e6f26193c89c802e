"""Which deliveries are asked for, or asked about, first; and never more than were wanted."""

import json
from datetime import timedelta

import sqlalchemy as sa

from hub.exchange.outbox.emit import emit
from hub.store.deliveries import doubts, pauses, schedule
from hub.store.engine.store import Store
from hub.store.messages import outbox
from hub.store.schema.tables.exchange import deliveries
from tests.support.works import AT, step

c = deliveries.c
NOW = AT + timedelta(hours=1)


def test_after_a_pause_what_was_tried_least_goes_first_then_what_is_due_soonest(
    store: Store,
) -> None:
    """Chosen so, and published so; what is not due yet or was settled is not asked for."""
    tried = {1: 2, 2: 0, 3: 0, 4: 0, 5: 1, 6: 0, 7: 0, 8: 0}
    due = {3: AT + timedelta(days=3), 4: AT + timedelta(days=2)}
    with store.write() as tx:
        emit(tx, [step(n, 1) for n in tried], AT)
        outbox.delete(tx, [row.seq for row in outbox.head(tx, 100)])
        pauses.set_aside(tx, list(tried), "provincial")
        for id, counted in tried.items():
            values = {"counted": counted, "deadline": due.get(id)}
            tx.execute(sa.update(deliveries).where(c.id == id).values(values))
        later = sa.update(deliveries).where(c.id == 6)
        tx.execute(later.values(state="waiting", next_attempt_at=NOW + timedelta(hours=1)))
        over = sa.update(deliveries).where(c.id == 7)
        tx.execute(over.values(state="cancelled", settled_at=AT))
    with store.write() as tx:
        assert recalled(tx, limit=1) == [4]
        assert recalled(tx, limit=3) == [3, 2, 8]
        assert recalled(tx, limit=10) == [5, 1]
        assert recalled(tx, limit=10) == []


def recalled(tx: sa.Connection, *, limit: int) -> list[int]:
    """Recall some; return the numbers that were put into the outbox, in order."""
    seen = max((row.seq for row in outbox.head(tx, 100)), default=0)
    count = pauses.resume(tx, "provincial", "province.progress", now=NOW, limit=limit)
    rows = outbox.head(tx, 100, after=seen)
    assert len(rows) == count
    return [json.loads(row.body)["delivery"] for row in rows]


def test_no_more_than_the_limit_are_taken_at_once(store: Store) -> None:
    """A trial is one delivery, a page a page: PostgreSQL must not choose again for each row."""
    numbers = range(1, 31)
    with store.write() as tx:
        emit(tx, [step(n, 1) for n in numbers], AT)
        pauses.set_aside(tx, list(numbers), "provincial")
    with store.write() as tx:
        pages = [
            schedule.enqueue_pending(tx, now=NOW, enqueued_before=AT, limit=4) for _ in range(9)
        ]
        assert pages == [4] * 7 + [2, 0]
        waiting = {"state": "waiting", "next_attempt_at": AT, "asked_at": None}
        tx.execute(sa.update(deliveries).values(waiting))
        pages = [schedule.enqueue_due(tx, now=NOW, enqueued_before=AT, limit=7) for _ in range(6)]
        assert pages == [7] * 4 + [2, 0]
        tx.execute(sa.update(deliveries).values(state="ambiguous"))
        later = NOW + timedelta(hours=1)
        found = [
            doubts.reserve_doubtful(tx, "provincial", now=NOW, again_at=later, limit=8)
            for _ in range(5)
        ]
        assert [len(page) for page in found] == [8, 8, 8, 6, 0]
        assert len({it.id for page in found for it in page}) == 30
