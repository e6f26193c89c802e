"""Questions are counted: about a delivery by its attempts, all of a partner for its quotas."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import msgspec
import pytest
import sqlalchemy as sa

from hub.exchange.admission.limited_queries import LimitedQueries
from hub.exchange.outbox.emit import emit
from hub.messages import catalog
from hub.rules.calls.call_limits import HOUR, CallLimits, Dated, Quota
from hub.rules.failures.errors import NotAttempted
from hub.store.deliveries import attempts, doubts, partner_queries, pauses
from hub.store.engine.store import Store, Tx
from hub.store.monitoring import attention
from hub.store.schema.tables.exchange import deliveries
from tests.support.partners.partner import Partner
from tests.support.works import AT, record, step

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


ALLOWED = Quota(
    partner="provincial",
    operation="province.dossier",
    calls=6,
    reason_vi="Tỉnh giới hạn.",
    reason_en="The province limits.",
    valid_from=date(2018, 1, 1),
    source="test",
)


class Asking:
    """Queries a partner at a moment, as another process may, too."""

    def __init__(
        self, store: Store, partner: Partner, *quotas: Quota, closed: Sequence[Dated] = ()
    ) -> None:
        self.at = AT
        limits = CallLimits(windows=tuple(closed), quotas=quotas)
        self.counted = LimitedQueries(partner, store, limits, clock=lambda: self.at)
        message = record(1, 1)
        self.request = self.counted.prepare(message, catalog.read(message))

    def __call__(self, at: datetime = AT) -> None:
        self.at = at
        self.counted.find(self.request)


def test_queries_of_persons_use_half_of_a_quota(store: Store) -> None:
    """Of all processes together, and deliveries see what they used; an hour later it is free."""
    partner = Partner()
    ask, beside = Asking(store, partner, ALLOWED), Asking(store, partner, ALLOWED)
    for one in (ask, beside, ask):
        one()
    for one in (ask, beside):
        with pytest.raises(NotAttempted):
            one()
    assert partner.asked == 3
    with store.write() as tx:
        made, _ = pauses.calls_since(
            tx, "provincial", ALLOWED.operation, since=AT - HOUR, now=AT, above=0
        )
    assert made == [AT] * 3
    ask(AT + HOUR)
    with store.read() as tx:
        left = partner_queries.made_since(tx, "provincial", AT - HOUR)
    assert left == [AT + HOUR], "what is older than an hour is gone"


@pytest.mark.parametrize(("calls", "asked"), [(1, 0), (3, 1)])
def test_of_an_odd_quota_deliveries_keep_the_larger_half(
    store: Store, calls: int, asked: int
) -> None:
    """The only call of an hour is never used for a query."""
    partner = Partner()
    ask = Asking(store, partner, msgspec.structs.replace(ALLOWED, calls=calls))
    for _ in range(asked):
        ask()
    with pytest.raises(NotAttempted):
        ask()
    assert partner.asked == asked


def test_deliveries_leave_less_for_queries(store: Store) -> None:
    """A quota that is half used has no room for them."""
    with store.write() as tx:
        try_often(tx)  # long ago, and of another operation
        emit(tx, [record(9, 1)], AT)
        (id,) = tx.execute(sa.select(c.id).where(c.lane == record(9, 1).key)).scalars()
        attempts.start(tx, [(id, n) for n in range(1, 4)], now=AT)
    with pytest.raises(NotAttempted):
        Asking(store, Partner(), ALLOWED)()


def test_without_a_quota_nothing_is_counted(store: Store) -> None:
    """Nor read: most partners have none."""
    partner = Partner()
    for _ in range(9):
        Asking(store, partner)()
    assert partner.asked == 9
    with store.read() as tx:
        assert partner_queries.made_since(tx, "provincial", AT - HOUR) == []


def test_a_partner_that_is_closed_is_not_queried(store: Store) -> None:
    """Plans and comparisons learn in its maintenance that it is closed, and ask afterwards."""
    partner = Partner()
    maintenance = Dated(
        partner="provincial",
        reason_vi="Bảo trì.",
        reason_en="Maintenance.",
        valid_from=AT.date(),
        source="test",
        starts=AT,
        ends=AT + HOUR,
    )
    ask = Asking(store, partner, ALLOWED, closed=[maintenance])
    with pytest.raises(NotAttempted, match="closed until") as refused:
        ask(AT + HOUR / 2)
    assert (refused.value.code, partner.asked) == ("partner_paused", 0)
    ask(AT + HOUR)
    assert partner.asked == 1
