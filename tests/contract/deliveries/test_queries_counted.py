"""Questions about a delivery are counted from its own attempts, whatever was tried elsewhere."""

from datetime import timedelta

import sqlalchemy as sa

from hub.exchange.outbox.emit import emit
from hub.store.deliveries import attempts, doubts
from hub.store.engine.store import Store, Tx
from hub.store.monitoring import attention
from hub.store.schema.tables.exchange import deliveries
from tests.support.works import AT, step

c = deliveries.c
NOW = AT + timedelta(days=1)
ASKED, TRIED, RECENT = 1, 2, 3
"""One that was asked about in vain ten times; one that was tried forty times; one asked twice."""


def try_often(tx: Tx) -> None:
    """Open three deliveries and write down their attempts; all of them are ambiguous and due."""
    emit(tx, [step(n, 1) for n in (ASKED, TRIED, RECENT)], AT)
    attempts.start(tx, [(ASKED, 1), (RECENT, 1)], now=AT)
    attempts.start(tx, [(ASKED, n) for n in range(2, 12)], now=AT, kind="find")
    attempts.start(tx, [(RECENT, n) for n in range(2, 4)], now=AT, kind="find")
    attempts.start(tx, [(TRIED, n) for n in range(1, 41)], now=AT)
    for id, tries, counted in ((ASKED, 11, 1), (TRIED, 40, 40), (RECENT, 3, 1)):
        values = {"attempts": tries, "counted": counted, "state": "ambiguous"}
        doubtful = sa.update(deliveries).where(c.id == id)
        tx.execute(doubtful.values(values | {"next_attempt_at": NOW}))


def test_a_delivery_that_was_tried_often_hides_no_question_about_another(store: Store) -> None:
    """A person is told of the one without an answer, and its next question is spaced by its own."""
    with store.write() as tx:
        try_often(tx)
    with store.read() as tx:
        assert [doubts.queries_unanswered(tx, id) for id in (ASKED, TRIED, RECENT)] == [10, 0, 2]
        assert [doubts.queries_unended(tx, id) for id in (ASKED, TRIED, RECENT)] == [10, 0, 2]
        assert [row[0] for row in attention.stuck(tx)] == [ASKED]


def test_a_delivery_that_was_tried_often_keeps_no_other_from_being_asked_about_alone(
    store: Store,
) -> None:
    """Questions that never ended may have killed the process, whatever another delivery did."""
    again = NOW + timedelta(hours=1)
    with store.write() as tx:
        try_often(tx)
        lone = doubts.reserve_doubtful(
            tx, "provincial", now=NOW, again_at=again, limit=9, alone=True
        )
        beside = doubts.reserve_doubtful(tx, "provincial", now=NOW, again_at=again, limit=9)
    assert [it.id for it in lone] == [ASKED]
    assert [it.id for it in beside] == [TRIED, RECENT]
