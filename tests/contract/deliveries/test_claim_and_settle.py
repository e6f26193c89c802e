"""A batch is claimed and settled as a whole, in the same way on both databases."""

import random
from datetime import timedelta

import pytest
import sqlalchemy as sa

from hub.exchange.delivery.settle import CallOutcome, SettleContext
from hub.exchange.delivery.settle import settle as settle_outcomes
from hub.exchange.outbox.emit import emit
from hub.messages.envelope import decode
from hub.ports import Receipt
from hub.rules.deliveries.states import DeliveryState as S
from hub.store.conservation import counts
from hub.store.deliveries import attempts, claim_and_settle, transitions
from hub.store.deliveries.claim_and_settle import Delivered
from hub.store.deliveries.transitions import Claimed, StateConflict
from hub.store.engine.store import Store, Tx
from hub.store.schema.tables.conservation import delivery_count_changes
from hub.store.schema.tables.exchange import attempts as attempts_table
from hub.store.schema.tables.exchange import deliveries as deliveries_table
from tests.support.partners.partner import Partner
from tests.support.works import AT, QUICK, number, record, step

TO, LATER = "provincial", AT + timedelta(hours=1)
ALL = [1, 2, 3]


@pytest.fixture
def said(store: Store) -> Store:
    """A store with three pending deliveries, of three dossiers."""
    with store.write() as tx:
        emit(tx, [step(n, 1) for n in ALL], AT)
    return store


def claim(store: Store, ids: list[int]) -> list[Claimed]:
    """Claim in a transaction of its own."""
    with store.write_one() as tx:
        return claim_and_settle.claim_and_start(tx, ids, TO, now=AT, lease_until=LATER)


def done(claimed: list[Claimed]) -> list[Delivered]:
    """Return what was claimed as taken, each with a reference and hashes of its own."""
    return [
        Delivered(
            one,
            f"T-{one.id}" if one.id > 1 else "",
            at=AT + timedelta(minutes=one.id),
            request_hash=f"asked {one.id}",
            response_hash=f"told {one.id}" if one.id > 1 else None,
        )
        for one in claimed
    ]


def settle(store: Store, told: list[Delivered]) -> None:
    """Settle in one transaction."""
    with store.write() as tx:
        claim_and_settle.settle(tx, told, from_state=S.SENDING, kind="send", now=AT)


def states(store: Store) -> list[S]:
    """Return where all of them stand."""
    with store.read() as tx:
        return [transitions.place_of(tx, id, lock=False)[0] for id in ALL]


def calls(store: Store) -> list[tuple[object, ...]]:
    """Return the attempts: delivery, number, end, hashes."""
    a = attempts_table.c
    columns = (a.delivery_id, a.number, a.finished_at, a.request_hash, a.response_hash)
    with store.read() as tx:
        query = sa.select(*columns).order_by(a.delivery_id, a.number)
        return [tuple(row) for row in tx.execute(query)]


def test_a_claim_brings_the_messages_and_writes_down_that_calls_begin(said: Store) -> None:
    """Whoever has claimed needs nothing more of the store; what is not asked for is left alone."""
    claimed = claim(said, [3, 1])
    assert [(one.id, one.attempts, one.counted) for one in claimed] == [(1, 1, 1), (3, 1, 1)]
    assert [decode(one.body).key for one in claimed] == [one.lane for one in claimed]
    assert calls(said) == [(1, 1, None, None, None), (3, 1, None, None, None)]
    assert states(said) == [S.SENDING, S.PENDING, S.SENDING]


def test_what_was_claimed_is_not_claimed_again(said: Store) -> None:
    """Nor is a second attempt written down."""
    claim(said, ALL)
    assert claim(said, ALL) == []
    assert len(calls(said)) == len(ALL)


def test_a_waiting_delivery_that_a_newer_one_replaces_is_not_claimed(store: Store) -> None:
    """Old data is not sent when newer data of the same kind stands behind it."""
    with store.write() as tx:
        emit(tx, [record(1, 2), record(1, 3)], AT)
        transitions.claim(tx, [1], TO, now=AT, lease_until=AT)
        transitions.wait(tx, 1, from_state=S.SENDING, when=AT, code="partner_busy", detail="")
    assert claim(store, [1]) == []


def test_what_was_taken_is_settled_with_its_own_reference_and_hashes(said: Store) -> None:
    """In whatever order they ended; and they count as delivered."""
    settle(said, done(claim(said, ALL))[::-1])
    assert states(said) == [S.DELIVERED] * 3
    expected = [
        (n, 1, AT + timedelta(minutes=n), f"asked {n}", f"told {n}" if n > 1 else None) for n in ALL
    ]
    assert calls(said) == expected
    with said.read() as tx:
        query = sa.text("SELECT reference, lease_until FROM deliveries ORDER BY id")
        expected_now = [(f"T-{n}" if n > 1 else None, None) for n in ALL]
        assert [tuple(row) for row in tx.execute(query)] == expected_now
        assert counts.kept(tx)[TO]["delivered"] == len(ALL)


OWN = {"id", "delivery_id", "message_id", "lane"}
"""Columns in which no two deliveries agree."""


def written(tx: Tx, ids: list[int]) -> list[list[dict[str, object]]]:
    """Return what settling writes of deliveries, column by column: their rows, calls and counts."""
    d, a, n = deliveries_table, attempts_table, delivery_count_changes
    queries = (
        sa.select(d).where(d.c.id.in_(ids)).order_by(d.c.id),
        sa.select(a).where(a.c.delivery_id.in_(ids)).order_by(a.c.delivery_id),
        sa.select(n).order_by(n.c.id),
    )
    return [
        [{k: v for k, v in row.items() if k not in OWN} for row in tx.execute(query).mappings()]
        for query in queries
    ]


@pytest.mark.parametrize("kind", ["send", "find"])
def test_one_statement_leaves_what_the_single_functions_leave(store: Store, kind: str) -> None:
    """PostgreSQL names the columns of `delivered` a second time: both leave the same in each."""
    with store.write() as tx:
        emit(tx, [step(n, 1) for n in range(1, 7)], AT)
        claimed = claim_and_settle.claim_and_start(
            tx, [*range(1, 7)], TO, now=AT, lease_until=LATER
        )
        failed = {"code": "partner_busy", "detail": "busy", "partner_code": "77"}
        tx.execute(sa.update(deliveries_table).values(failed))
        tx.execute(sa.update(attempts_table).values(kind=kind))
    replies = [("", None, None), ("T", "asked", "told"), ("T", "asked", None)]
    told = [
        Delivered(one, reference, at=LATER, request_hash=asked, response_hash=reply)
        for one, (reference, asked, reply) in zip(claimed, replies * 2, strict=True)
    ]
    with store.write() as tx:
        tx.execute(sa.delete(delivery_count_changes))
        claim_and_settle.settle(tx, told[:3], from_state=S.SENDING, kind=kind, now=LATER)
        together = written(tx, [1, 2, 3])
        tx.execute(sa.delete(delivery_count_changes))
        singly = [(it.claimed.id, it.reference) for it in told[3:]]
        transitions.deliver(tx, singly, now=LATER, from_state=S.SENDING)
        attempts.finish(tx, [it.finished(kind) for it in told[3:]])
        assert together == written(tx, [4, 5, 6])
    assert {row["finished_at"] for row in together[1]} == {LATER}
    assert together[2] != []


def test_nothing_to_settle_writes_nothing(said: Store) -> None:
    """And is no error."""
    settle(said, [])
    assert states(said) == [S.PENDING] * 3


def test_nothing_is_settled_where_one_is_at_a_later_attempt(said: Store) -> None:
    """The word on an earlier call must not settle a later one, nor harm those beside it."""
    first = claim(said, ALL)
    with said.write() as tx:
        transitions.wait(tx, 2, from_state=S.SENDING, when=AT, code="partner_busy", detail="")
    claim(said, [2])
    with pytest.raises(StateConflict):
        settle(said, done(first))
    assert states(said) == [S.SENDING] * 3
    assert [row[2] for row in calls(said)] == [None] * 4
    settle(said, done([first[0], first[2]]))
    assert states(said) == [S.DELIVERED, S.SENDING, S.DELIVERED]


def test_one_that_is_told_twice_is_refused(said: Store) -> None:
    """Else it would count twice."""
    (one,) = done(claim(said, [1]))
    with pytest.raises((StateConflict, ValueError)):
        settle(said, [one, one])
    assert states(said)[0] is S.SENDING


def test_dossiers_learn_of_receipts_in_their_order_in_whatever_order_calls_ended(
    said: Store,
) -> None:
    """Receive locks dossiers and legs in that order: in another one the two deadlock."""
    told: list[str] = []
    settling = SettleContext(
        store=said,
        destination=TO,
        traits=Partner().traits,
        policy=QUICK,
        on_delivered=lambda _tx, message, _receipt: told.append(message.key),
        draw=random.Random(1),
    )
    outcomes = [
        CallOutcome(claimed=one, message=decode(one.body), result=Receipt(), finished_at=AT)
        for one in claim(said, ALL)
    ]
    shuffled = [outcomes[2], outcomes[0], outcomes[1]]
    settle_outcomes(settling, shuffled, from_state=S.SENDING, kind="send")
    assert told == [number(n) for n in ALL]
    assert states(said) == [S.DELIVERED] * 3
