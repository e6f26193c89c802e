"""Orders about replay plans and the lease of the process that works one off, on both databases."""

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from hub.operations.deliveries import replay_orders
from hub.operations.deliveries.replay_orders import OrderRefused
from hub.operations.deliveries.replay_run import ReplayRun
from hub.operations.signed_by import SignedBy
from hub.rules.deliveries.selection import Selection
from hub.store.console import replay_plans
from hub.store.engine.store import Store
from hub.store.evidence import audit
from hub.store.repair import replay_work, replays
from hub.store.repair.replay_work import LEASE, ReplayPhase
from hub.store.schema.tables.exchange import audit as audit_table
from tests.support.console import TO, dead
from tests.support.database.blocked import wait_blocked
from tests.support.works import AT, record, step

DEAD = Selection(state="dead", partner=TO, fault="partner_refused", up_to=2)
BY: SignedBy = {"actor": "Trần Thị Bình (account binh)", "reason": "fixed there", "now": AT}
SECOND = timedelta(seconds=1)
QUERIES, RUNS = (replay_work.PlansIn(it) for it in (ReplayPhase.PLANNING, ReplayPhase.RUNNING))


def phase(store: Store, plan: int) -> ReplayPhase:
    """Return where a plan is."""
    with store.read() as tx:
        work = replay_work.of_plan(tx, plan)
    assert work is not None
    return work.phase


def ready(store: Store) -> int:
    """Return a plan whose queries are through."""
    plan = replay_orders.order_plan(store, DEAD, form="f", by=BY)
    with store.write() as tx:
        assert replay_work.move(tx, plan, {ReplayPhase.PLANNING}, ReplayPhase.READY)
    return plan


def test_a_form_that_is_sent_again_orders_nothing_new(store: Store) -> None:
    """One plan, one row in the audit."""
    numbers = {replay_orders.order_plan(store, DEAD, form="f", by=BY) for _ in range(3)}
    assert len(numbers) == 1
    assert replay_orders.order_plan(store, DEAD, form="g", by=BY) not in numbers


def test_one_process_works_on_a_plan_until_its_lease_ends(store: Store) -> None:
    """Then another one claims it, and the first is told at its next item."""
    plan = replay_orders.order_plan(store, DEAD, form="f", by=BY)
    with store.write() as tx:
        first = QUERIES.claim(tx, "a", now=AT)
        assert first is not None
        assert first.plan == plan
        assert QUERIES.claim(tx, "b", now=AT + LEASE) is None
        assert replay_work.extend(tx, plan, "a", now=AT + LEASE)
        assert not QUERIES.is_some_free(tx, now=AT + 2 * LEASE)
        assert QUERIES.claim(tx, "b", now=AT + 2 * LEASE + SECOND) is not None
        assert not replay_work.extend(tx, plan, "a", now=AT + 2 * LEASE + SECOND)
        replay_work.release(tx, plan, "a")
        assert replay_work.extend(tx, plan, "b", now=AT + 2 * LEASE + SECOND)
        replay_work.release(tx, plan, "b")
        assert QUERIES.claim(tx, "c", now=AT) is not None


def test_orders_move_a_plan_and_are_audited(store: Store) -> None:
    """Start, pause, go on, cancel; the person of the run is who started it."""
    plan = ready(store)
    for verb, end in (
        ("start", ReplayPhase.RUNNING),
        ("pause", ReplayPhase.PAUSED),
        ("resume", ReplayPhase.RUNNING),
        ("cancel", ReplayPhase.CANCELLED),
    ):
        replay_orders.order(store, plan, verb, by=BY, per_second=1000)
        assert phase(store, plan) is end
    with store.read() as tx:
        work, kept = replay_work.of_plan(tx, plan), replays.plan_of(tx, plan, lock=False)
        assert audit.verify(tx)[1] == []
        actions = list(tx.execute(sa.select(audit_table.c.action)).scalars())
    assert work is not None
    assert (work.run_by, work.run_reason, work.per_second) == (BY["actor"], "fixed there", 50)
    assert kept.over
    assert "fixed there" in (kept.why or "")
    assert actions == [f"replay.{it}" for it in ("plan", "start", "pause", "resume", "cancel")]


@pytest.mark.parametrize("verb", ["start", "pause", "resume"])
def test_an_order_that_comes_too_late_changes_nothing(store: Store, verb: str) -> None:
    """The refusal says where the plan is."""
    plan = ready(store)
    replay_orders.order(store, plan, "cancel", by=BY)
    with pytest.raises(OrderRefused) as refused:
        replay_orders.order(store, plan, verb, by=BY)
    assert "is now: cancelled" in refused.value.text.en
    assert phase(store, plan) is ReplayPhase.CANCELLED


def test_a_run_whose_process_ended_is_continued_as_its_person_ordered(store: Store) -> None:
    """Under that person's name, for that reason, at that pace, although another one started it."""
    plan = ready(store)
    replay_orders.order(store, plan, "start", by=BY, per_second=50)
    with store.write() as tx:
        replay_work.take_over(
            tx, plan, "a", run_by="officer", run_reason="slowly", per_second=0.01, now=AT
        )
        assert RUNS.claim(tx, "b", now=AT + LEASE) is None
        work = RUNS.claim(tx, "b", now=AT + LEASE + SECOND)
    assert work is not None
    assert (work.run_by, work.run_reason, work.per_second) == ("officer", "slowly", 0.01)


def test_a_run_of_nobody_is_not_claimed_until_a_person_resumes_it(store: Store) -> None:
    """No delivery is sent without an actor; the person who resumes is the actor."""
    plan = ready(store)
    with store.write() as tx:
        assert replay_work.move(tx, plan, {ReplayPhase.READY}, ReplayPhase.RUNNING)
        assert not RUNS.is_some_free(tx, now=AT)
        assert RUNS.claim(tx, "a", now=AT) is None
    replay_orders.order(store, plan, "pause", by=BY)
    replay_orders.order(store, plan, "resume", by=BY)
    with store.write() as tx:
        work = RUNS.claim(tx, "a", now=AT)
    assert work is not None
    assert (work.run_by, work.run_reason) == (BY["actor"], "fixed there")


def test_queries_and_runs_do_not_wait_for_each_other(store: Store) -> None:
    """Thousands of queries do not hold up what a person has decided, nor a slow run the queries."""
    older = replay_orders.order_plan(store, DEAD, form="older", by=BY)
    plan = ready(store)
    replay_orders.order(store, plan, "start", by=BY)
    with store.write() as tx:
        claimed = [it.claim(tx, worker, now=AT) for it in (RUNS, QUERIES) for worker in "ab"]
    assert [it and it.plan for it in claimed] == [plan, None, older, None]


def test_a_pause_between_the_claim_and_the_run_is_kept(store: Store) -> None:
    """The worker that had claimed the plan does not take it back."""
    plan = ready(store)
    replay_orders.order(store, plan, "start", by=BY)
    with store.write() as tx:
        assert RUNS.claim(tx, "a", now=AT) is not None
    replay_orders.order(store, plan, "pause", by=BY)
    run = ReplayRun(
        store,
        plan,
        actor="x",
        reason="y",
        clock=lambda: AT,
        on_delivered=lambda *_: None,
        patience=None,
        worker="a",
    )
    assert run.run().outcomes == {}
    assert phase(store, plan) is ReplayPhase.PAUSED


def test_two_clicks_at_the_same_time_make_one_plan(store: Store) -> None:
    """The second one waits for the first and gets its number."""
    found: list[int] = []

    def click() -> None:
        found.append(replay_orders.order_plan(store, DEAD, form="f", by=BY))

    second = threading.Thread(target=click)
    with store.write() as tx:
        first = replays.create(tx, replays.ReplayFilter(), [], actor="x", now=AT)
        assert replay_work.add(tx, first, ReplayPhase.PLANNING, form="f")
        second.start()
        if store.engine.dialect.name == "postgresql":
            assert wait_blocked(store, second)
    second.join(20)
    assert found == [first]
    with store.read() as tx:
        assert [it.number for it in replay_plans.newest(tx)] == [first]
        assert list(tx.execute(sa.select(audit_table.c.action)).scalars()) == []


def test_a_worker_loses_its_plan_by_an_order(store: Store) -> None:
    """Paused, it may not do the next item; the lease does not keep others away."""
    plan = ready(store)
    replay_orders.order(store, plan, "start", by=BY)
    with store.write() as tx:
        assert RUNS.claim(tx, "a", now=AT) is not None
    replay_orders.order(store, plan, "pause", by=BY)
    with store.write() as tx:
        assert not replay_work.extend(tx, plan, "a", now=AT)
        assert RUNS.claim(tx, "b", now=AT) is None
    replay_orders.order(store, plan, "resume", by=BY)
    with store.write() as tx:
        assert not replay_work.extend(tx, plan, "a", now=AT)
        assert RUNS.claim(tx, "b", now=AT) is not None


def test_an_order_needs_a_reason_and_a_plan(store: Store) -> None:
    """Nothing is done without either."""
    plan = ready(store)
    with pytest.raises(OrderRefused):
        replay_orders.order(store, plan, "start", by={**BY, "reason": "  "})
    with pytest.raises(replays.NoSuchPlan):
        replay_orders.order(store, plan + 1, "start", by=BY)
    assert phase(store, plan) is ReplayPhase.READY


def test_a_plan_of_an_older_release_is_ordered_about(store: Store) -> None:
    """It has no row of its work yet, and gets one."""
    with store.write() as tx:
        plan = replays.create(tx, replays.ReplayFilter(), [], actor="x", now=AT)
    replay_orders.order(store, plan, "start", by=BY)
    assert phase(store, plan) is ReplayPhase.RUNNING


def test_a_selection_of_a_plan_does_not_grow(store: Store) -> None:
    """What is opened later is not in it; codes of the hub and of the partner both find."""
    with store.write() as tx:
        ids = [dead(tx, record(n, 1)) for n in range(1, 5)]
        dead(tx, step(9, 1), code="reply_rejected")
    plan = replay_orders.order_plan(store, DEAD, form="f", by=BY)
    wanted = replay_orders.filter_of(Selection(state="dead", fault="partner_refused", up_to=ids[1]))
    with store.read() as tx:
        assert [it.id for it in replays.select(tx, wanted)] == ids[:2]
        kept = replays.selection_of(tx, plan)
    assert kept == replay_orders.filter_of(DEAD)
