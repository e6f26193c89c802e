"""The chained logs give away every change, on SQLite and on PostgreSQL."""

import random
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from hub import operations
from hub.broker.memory import MemoryBroker
from hub.exchange.delivery.settle import CallOutcome, SettleContext, settle
from hub.exchange.outbox.emit import emit
from hub.messages.catalog import READERS
from hub.rules.deliveries.states import DeliveryState as S
from hub.rules.failures.errors import (
    DeliveryFailure,
    NotAttempted,
    PermanentFailure,
    TransientFailure,
)
from hub.store.conservation import balance
from hub.store.deliveries import attempts, transitions
from hub.store.engine.store import Store
from hub.store.evidence import audit, chain, handovers, verification
from hub.store.schema.tables.exchange import chain_heads
from hub.store.schema.tables.exchange import handovers as table
from tests.support.partners.partner import BUSY, Partner, digest_of
from tests.support.works import QUICK, number, step, working

AT = datetime(2018, 8, 6, 9, 0, tzinfo=UTC)


def handed_over(n: int) -> handovers.Handover:
    """Return the evidence of the `n`-th call of a dossier."""
    return handovers.Handover(
        delivery_id=n,
        attempt=1,
        partner="provincial",
        operation="DongBoHoSoMC",
        number=number(1),
        direction=handovers.OUT,
        kind="send",
        request_hash="a" * 64,
        response_hash="b" * 64,
        sent_at=AT,
        answered_at=AT + timedelta(seconds=n),
        receipt=f"P-{n}",
        recorded_at=AT + timedelta(seconds=n),
        outcome="delivered",
    )


@pytest.fixture
def four(store: Store) -> Store:
    """Four hand-overs, written in two transactions."""
    for pair in ((1, 2), (3, 4)):
        with store.write() as tx:
            handovers.record(tx, [handed_over(n) for n in pair])
    return store


def problems(store: Store) -> tuple[str, ...]:
    """Return what verifying the hand-overs finds."""
    with store.read() as tx:
        return verification.verify(tx, chain.HANDOVERS).problems


def test_a_chain_that_nobody_touched_is_whole(four: Store) -> None:
    """No false alarm, and the head is the last row's hash."""
    with four.read() as tx:
        verdict = verification.verify(tx, chain.HANDOVERS)
        last = tx.execute(sa.select(table.c.hash).where(table.c.seq == 4)).scalar_one()
    assert (verdict.count, verdict.problems, verdict.head) == (4, (), last)


def then(store: Store, statement: str, act: Callable[[], None]) -> None:
    """Have `act` done by somebody else right after the first statement that has these words."""
    left = [act]

    def after(*args: Any) -> None:
        if left and statement in args[2]:
            left.pop()()

    sa.event.listen(store.engine, "after_cursor_execute", after)


@pytest.mark.parametrize("statement", ["FROM handovers", "FROM chain_heads"])
def test_a_hub_at_work_raises_no_false_alarm(four: Store, statement: str) -> None:
    """A row that comes while the chain is being looked at is neither missing nor too much."""

    def append() -> None:
        with four.write() as tx:
            handovers.record(tx, [handed_over(5)])

    then(four, statement, append)
    assert problems(four) == ()
    assert problems(four) == ()


def test_the_balance_of_a_hub_at_work_holds(store: Store) -> None:
    """What is said while it is being counted is in both counts, or in none."""

    def tell(n: int) -> None:
        with store.write() as tx:
            emit(tx, [step(n, 1)], AT)

    tell(1)
    then(store, "FROM delivery_counts", lambda: tell(2))
    with store.read() as tx:
        assert all(found.holds for found in balance.balance(tx, set(READERS.values())))


@pytest.mark.parametrize("place", [1, 2, 4])
@pytest.mark.parametrize("column", [column.name for column in table.columns])
def test_a_change_in_any_column_at_any_place_is_found(four: Store, column: str, place: int) -> None:
    """First, middle and last row; also the number, the hash and the link themselves."""
    kind = table.c[column].type
    value: object = 99
    if isinstance(kind, sa.Text):
        value = "x"
    elif column.endswith("_at"):
        value = AT + timedelta(days=1)
    with four.write() as tx:
        tx.execute(sa.update(table).where(table.c.seq == place).values({column: value}))
    assert problems(four)


@pytest.mark.parametrize("places", [[1], [2], [4], [3, 4], [1, 2, 3, 4]])
def test_a_missing_row_is_found_and_named(four: Store, places: list[int]) -> None:
    """Also the last one, and all of them."""
    with four.write() as tx:
        tx.execute(sa.delete(table).where(table.c.seq.in_(places)))
    named = f"row {places[0]} is" if len(places) == 1 else f"rows {places[0]} to {places[-1]} are"
    assert f"handovers: {named} missing" in problems(four)


def test_a_row_put_in_at_the_end_and_a_changed_head_are_found(four: Store) -> None:
    """A well-made row that no head names, and a head that names another row."""
    row = {name: getattr(handed_over(5), name) for name in chain.HANDOVERS.columns}
    with four.write() as tx:
        previous = tx.execute(sa.select(table.c.hash).where(table.c.seq == 4)).scalar_one()
        own = chain.digest(previous, 5, [row[name] for name in chain.HANDOVERS.columns])
        forged = {**row, "seq": 5, "previous_hash": previous, "hash": own}
        tx.execute(sa.insert(table), [forged])
    assert problems(four) == ("handovers: the last row is not the one that the head names",)
    with four.write() as tx:
        tx.execute(sa.delete(chain_heads).where(chain_heads.c.chain == "handovers"))
    assert problems(four) == ("handovers: the head is missing",)


def test_writers_at_the_same_time_do_not_fork_the_chain(store: Store) -> None:
    """Eight threads, one chain, every row in it; a transaction that is rolled back leaves none."""

    def write(n: int) -> None:
        for m in range(5):
            with store.write() as tx:
                handovers.record(tx, [handed_over(10 * n + m)])
                audit.record(tx, "officer", "test", object=str(n), now=AT)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    with pytest.raises(RuntimeError), store.write() as tx:
        handovers.record(tx, [handed_over(1)])
        raise RuntimeError
    for thread in threads:
        thread.join()
    with store.read() as tx:
        verdicts = [verification.verify(tx, one) for one in chain.CHAINS]
    assert [(it.count, it.problems) for it in verdicts] == [(40, ()), (40, ())]


def settling(store: Store, partner: Partner) -> SettleContext:
    """Return what settling a call of the partner needs."""
    return SettleContext(
        store=store,
        destination="provincial",
        traits=partner.traits,
        policy=QUICK,
        on_delivered=lambda *_: None,
        draw=random.Random(1),
    )


def test_each_call_leaves_its_evidence(store: Store) -> None:
    """A call that failed and the one that worked: hashes, times, receipt, outcome."""
    partner = Partner([BUSY])
    with working(store, MemoryBroker(), partner) as works:
        works.emit(step(1, 1))
        works.wait_delivered(1)
    with store.read() as tx:
        failed, row = handovers.of_dossier(tx, number(1))
    assert (failed.kind, failed.attempt, failed.code) == ("send", 1, "partner_busy")
    assert (row.outcome, row.attempt, row.receipt) == ("delivered", 2, f"T-{number(1)}")
    assert row.request_hash == digest_of(number(1), 1)
    assert row.sent_at <= row.answered_at <= row.recorded_at
    failure = TransientFailure("partner_busy", "HTTP 503")
    failure.response_hash = "c" * 64
    claimed = claim_one(store)
    outcome = CallOutcome(claimed=claimed, message=None, result=failure, finished_at=AT, digest="d")
    settle(settling(store, partner), [outcome], from_state=S.SENDING, kind="send")
    with store.read() as tx:
        (row,) = handovers.of_dossier(tx, number(2))
        assert (row.outcome, row.code, row.response_hash) == ("transient", failure.code, "c" * 64)
    assert problems(store) == ()


@pytest.mark.parametrize(
    "unsent",
    [
        NotAttempted("claim_late", "not sent", retry_after=timedelta()),
        NotAttempted("partner_paused", "not sent", retry_after=timedelta(seconds=1)),
        PermanentFailure("mapping_missing", "MaQuyTrinh"),
    ],
    ids=lambda it: it.code,
)
@pytest.mark.parametrize("since", [S.SENDING, S.AMBIGUOUS])
def test_what_was_never_called_is_no_evidence(
    store: Store, unsent: DeliveryFailure, since: S
) -> None:
    """The attempt says why; the slip has no line and the chain is whole."""
    claimed = claim_one(store)
    if since is S.AMBIGUOUS:
        with store.write() as tx:
            transitions.doubt(
                tx, claimed.id, from_state=S.SENDING, query_at=None, code="x", detail=""
            )
    with store.write() as tx:
        attempts.start(tx, [(claimed.id, claimed.attempts)], now=AT)
    digest = (
        "d" if isinstance(unsent, NotAttempted) else ""
    )  # a call may be held after it was prepared
    outcome = CallOutcome(
        claimed=claimed, message=None, result=unsent, finished_at=AT, digest=digest
    )
    settle(settling(store, Partner()), [outcome], from_state=since, kind="send")
    with store.read() as tx:
        assert handovers.of_dossier(tx, number(2)) == []
        told = tx.execute(sa.text("SELECT code FROM attempts")).scalars().all()
        verdict = verification.verify(tx, chain.HANDOVERS)
    assert told == [unsent.code]
    assert (verdict.count, verdict.problems) == (0, ())


def claim_one(store: Store) -> transitions.Claimed:
    """Say a step of dossier 2 and claim it."""
    with store.write() as tx:
        emit(tx, [step(2, 1)], AT)
        ids = tx.execute(sa.text("SELECT id FROM deliveries WHERE state = 'pending'")).scalars()
        (claimed,) = transitions.claim(tx, list(ids), "provincial", now=AT, lease_until=AT)
    return claimed


def test_what_a_person_found_is_a_hand_over_too(store: Store) -> None:
    """Resolving leaves a line on the slip; who and why is in the audit."""
    claimed = claim_one(store)
    with store.write() as tx:
        transitions.doubt(
            tx, claimed.id, from_state=S.SENDING, query_at=None, code="reply_timeout", detail=""
        )
    operations.resolve(
        store,
        claimed.id,
        operations.Resolution.DELIVERED,
        actor="officer",
        reason="seen on their screen",
        now=AT,
    )
    with store.read() as tx:
        (row,) = handovers.of_dossier(tx, number(2))
        verdicts = [verification.verify(tx, one) for one in chain.CHAINS]
    assert (row.kind, row.outcome) == ("person", "delivered")
    assert [(it.count, it.problems) for it in verdicts] == [(1, ()), (1, ())]
