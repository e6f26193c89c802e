"""Several processes ask one slow partner about what is in doubt: each question is asked once."""

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import sqlalchemy as sa

from hub.exchange.delivery.reconcile import Reconcile
from hub.exchange.delivery.settle import SettleContext
from hub.exchange.outbox.emit import emit
from hub.ports import Clock
from hub.rules.deliveries.states import DeliveryState as S
from hub.store.deliveries import attempts, schedule, transitions
from hub.store.engine.store import Store
from hub.store.schema.tables.exchange import deliveries as table
from tests.support.partners.partner import Partner
from tests.support.works import AT, QUICK, number, step

SECOND = timedelta(seconds=1)


def reconciler(store: Store, partner: Partner, clock: Clock) -> Reconcile:
    """Return a process that asks one question at once, and again after half a second."""
    settling = SettleContext(
        store=store,
        destination="provincial",
        traits=partner.traits,
        policy=replace(QUICK, query_interval=SECOND / 2),
        on_delivered=lambda *_: None,
        draw=random.Random(1),
    )
    return Reconcile(partner, settling, clock=clock, poll=0.02, at_once=1)


def in_doubt(store: Store, partner: Partner, count: int) -> None:
    """Let `count` dossiers be at the partner, and their sender have died."""
    with store.write() as tx:
        emit(tx, [step(n, 1) for n in range(1, count + 1)], AT)
        ids = list(range(1, count + 1))
        transitions.claim(tx, ids, "provincial", now=AT, lease_until=AT)
        attempts.start(tx, [(id, 1) for id in ids], now=AT)
        schedule.expire_leases(tx, now=AT + SECOND)
    partner.ledger += [(number(n), 1) for n in range(1, count + 1)]


def settled(store: Store) -> int:
    """Return how many deliveries are delivered."""
    with store.read() as tx:
        query = sa.select(sa.func.count()).where(table.c.state == S.DELIVERED.value)
        return int(tx.execute(query).scalar_one())


def test_a_question_that_takes_longer_than_the_next_one_is_not_asked_twice(store: Store) -> None:
    """What one process has in hand the other leaves alone, and its late answer counts."""
    partner, at = Partner(), [AT + SECOND]
    in_doubt(store, partner, 1)
    first, second = (reconciler(store, partner, lambda: at[0]) for _ in range(2))
    partner.answers.clear()
    with ThreadPoolExecutor(3) as pool:
        slow = pool.submit(first.query_some, pool)
        assert partner.asking.acquire(timeout=10)
        at[0] += first.settling.policy.query_interval * 3  # and less than the longest call
        asked = second.query_some(pool)
        partner.answers.set()
        assert (slow.result(10), asked) == (1, 0)
    assert partner.asked == 1
    assert settled(store) == 1


def test_nobody_takes_more_than_can_be_asked_at_once(store: Store) -> None:
    """While one process waits for its answer, the other asks about everything else."""
    partner, at = Partner(), [AT + SECOND]
    in_doubt(store, partner, 4)
    first, second = (reconciler(store, partner, lambda: at[0]) for _ in range(2))
    partner.answers.clear()
    with ThreadPoolExecutor(4) as pool:
        slow = pool.submit(first.query_some, pool)
        assert partner.asking.acquire(timeout=10)
        others = pool.submit(second.query_some, pool)
        assert partner.asking.acquire(timeout=10)
        partner.answers.set()
        assert slow.result(10) + others.result(10) == 4
    assert partner.asked == 4
    assert settled(store) == 4
