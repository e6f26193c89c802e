"""The queue on either database: a number once, called by one desk, acts from what was seen."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
import sqlalchemy as sa

from hub.operations.counter import queue
from hub.operations.counter.queue import TicketRefused
from hub.operations.signed_by import SignedBy
from hub.rules.counter.plan import packaged
from hub.rules.counter.tickets import KEPT, DeskAct, Ticket, TicketState
from hub.store.counter import tickets
from hub.store.engine.store import Store
from hub.store.evidence import audit
from hub.store.schema.tables.exchange import audit as audit_table

PLAN = packaged()
BEFORE_MIDNIGHT = datetime(2018, 8, 6, 16, 59, 59, tzinfo=UTC)
"""One second before the day ends in the ward's zone."""
NOW = datetime(2018, 8, 6, 2, 0, tzinfo=UTC)


def by(now: datetime = NOW) -> SignedBy:
    return {"actor": "Trần Thị Bình", "reason": "desk 1", "now": now}


def issued(store: Store, request: str, category: str = "A", *, now: datetime = NOW) -> Ticket:
    return queue.issue(store, PLAN, category, request=request, by=by(now))


def test_numbers_begin_anew_at_the_ward_s_midnight(store: Store) -> None:
    """That is 17:00 by UTC."""
    late = [issued(store, f"r-{n}", now=BEFORE_MIDNIGHT).label for n in range(2)]
    next_day = issued(store, "r-2", now=BEFORE_MIDNIGHT + timedelta(seconds=1))
    assert late == ["A001", "A002"]
    assert (next_day.label, next_day.day) == ("A001", "2018-08-07")


def test_a_form_that_is_sent_again_gets_the_same_ticket(store: Store) -> None:
    """Ten clicks are one number, and one row of the audit."""
    labels = {issued(store, "same").label for _ in range(10)}
    assert labels == {"A001"}
    assert issued(store, "other").label == "A002"
    with store.read() as tx:
        assert audit.verify(tx) == (2, [])


def test_many_at_once_get_each_a_number(store: Store) -> None:
    """Several kiosks: no number twice, and each form one ticket."""
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda n: issued(store, f"r-{n % 20}"), range(40)))
    labels = Counter(it.label for it in made)
    assert len(labels) == 20
    assert set(labels.values()) == {2}


def test_a_ticket_is_called_by_one_desk(store: Store) -> None:
    """Desks that call at the same moment get different tickets, the oldest first."""
    for n in range(4):
        issued(store, f"r-{n}", "R", now=NOW + timedelta(seconds=n))
    with ThreadPoolExecutor(4) as pool:
        called = list(pool.map(lambda desk: queue.call_next(store, PLAN, desk, by=by()), "1234"))
    assert sorted(it.label for it in called) == ["R001", "R002", "R003", "R004"]


def test_two_officers_at_one_desk_call_one_ticket(store: Store) -> None:
    """A second ticket would be shown in the hall, and on no officer's page."""
    for n in range(16):
        issued(store, f"r-{n}", "R")
    together = Barrier(4)

    def call(_: int) -> bool:
        together.wait(20)
        try:
            queue.call_next(store, PLAN, "1", by=by())
        except TicketRefused:
            return False
        return True

    for _ in range(4):
        with ThreadPoolExecutor(4) as pool:
            assert sum(pool.map(call, range(4))) == 1
        with store.read() as tx:
            present = tickets.at_desk(tx, NOW.date(), "1")
        assert present is not None
        queue.end_or_recall(store, PLAN, present.id, DeskAct.SERVED, calls=1, by=by())


def test_a_desk_calls_the_next_when_it_has_ended_the_one_before(store: Store) -> None:
    """The refusal names the ticket."""
    issued(store, "a")
    issued(store, "b")
    first = queue.call_next(store, PLAN, "1", by=by())
    with pytest.raises(TicketRefused, match="A001"):
        queue.call_next(store, PLAN, "1", by=by())
    queue.end_or_recall(store, PLAN, first.id, DeskAct.SERVED, calls=1, by=by())
    assert queue.call_next(store, PLAN, "1", by=by()).label == "A002"


def test_nobody_waits_for_another_desk_s_category(store: Store) -> None:
    """Land is desk 4's."""
    issued(store, "a", "D")
    with pytest.raises(TicketRefused, match="No ticket waits"):
        queue.call_next(store, PLAN, "1", by=by())


@pytest.mark.parametrize("act", [DeskAct.RECALL, DeskAct.NO_SHOW, DeskAct.PASS_ON])
def test_an_act_from_an_old_page_is_refused(store: Store, act: DeskAct) -> None:
    """What another officer did meanwhile is said; the ticket stays as it is."""
    issued(store, "a")
    ticket = queue.call_next(store, PLAN, "1", by=by())
    queue.end_or_recall(store, PLAN, ticket.id, DeskAct.RECALL, calls=1, by=by())
    with pytest.raises(TicketRefused, match="has changed"):
        queue.end_or_recall(store, PLAN, ticket.id, act, calls=1, category="B", by=by())
    with store.read() as tx:
        kept = tickets.get(tx, ticket.id)
    assert kept is not None
    assert (kept.state, kept.calls) == (TicketState.CALLED, 2)


def test_a_ticket_that_is_passed_on_keeps_its_place(store: Store) -> None:
    """It waits in the other category before those that came later."""
    first = issued(store, "a")
    issued(store, "b", "B", now=NOW + timedelta(minutes=1))
    ticket = queue.call_next(store, PLAN, "1", by=by())
    queue.end_or_recall(store, PLAN, ticket.id, DeskAct.PASS_ON, calls=1, category="B", by=by())
    assert queue.call_next(store, PLAN, "2", by=by()).label == first.label


def test_the_figures_are_those_of_the_day(store: Store) -> None:
    """Waiting by category, and the average wait to the first call."""
    for n in range(3):
        issued(store, f"r-{n}", now=NOW)
    issued(store, "old", now=NOW - timedelta(days=1))
    for minutes in (2, 6):
        ticket = queue.call_next(store, PLAN, "1", by=by(NOW + timedelta(minutes=minutes)))
        queue.end_or_recall(store, PLAN, ticket.id, DeskAct.SERVED, calls=1, by=by())
    with store.read() as tx:
        figures = queue.figures(tx, now=NOW)
        last = [it.label for it in tickets.called_last(tx, NOW.date())]
    assert figures.waiting == {"A": 1}
    assert figures.average_wait == timedelta(minutes=4)
    assert last == ["A002", "A001"]


def test_old_tickets_are_deleted(store: Store) -> None:
    """Those of the last thirty days stay."""
    issued(store, "old", now=NOW - KEPT - timedelta(days=1))
    issued(store, "kept", now=NOW - KEPT)
    queue.forget_old(store, NOW)
    with store.read() as tx:
        assert tickets.of_request(tx, "old") is None
        assert tickets.of_request(tx, "kept") is not None


def test_the_audit_names_tickets_and_no_person(store: Store) -> None:
    """Who called which number, at which desk."""
    issued(store, "a")
    queue.call_next(store, PLAN, "1", by=by())
    with store.read() as tx:
        query = sa.select(audit_table.c.action, audit_table.c.object).order_by("seq")
        rows = [tuple(row) for row in tx.execute(query)]
    assert rows == [
        ("ticket.issue", "ticket 2018-08-06 A001"),
        ("ticket.call", "ticket 2018-08-06 A001"),
    ]
