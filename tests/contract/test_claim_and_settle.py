"""A batch is claimed and settled as a whole, in the same way on both databases."""

import random
from datetime import timedelta

import pytest
import sqlalchemy as sa

from hub.flow.outcome import Outcome, Settling
from hub.flow.outcome import settle as settle_outcomes
from hub.flow.say import say
from hub.messages.envelope import decode
from hub.ports import Receipt
from hub.rules.states import DeliveryState as S
from hub.store import attempts, claiming, delivered, deliveries
from hub.store.conservation import counts
from hub.store.delivered import Delivered
from hub.store.deliveries import Claimed, StateConflict
from hub.store.engine import Store
from hub.store.tables import attempts as attempts_table
from tests.support.partner import Partner
from tests.support.works import AT, QUICK, number, record, step

TO, LATER = "provincial", AT + timedelta(hours=1)
ALL = [1, 2, 3]


@pytest.fixture
def said(store: Store) -> Store:
    """A store with three pending deliveries, of three dossiers."""
    with store.write() as tx:
        say(tx, [step(n, 1) for n in ALL], AT)
    return store


def claim(store: Store, ids: list[int]) -> list[Claimed]:
    """Claim in a transaction of its own."""
    with store.write_one() as tx:
        return claiming.claim_and_start(tx, ids, TO, now=AT, lease_until=LATER)


def done(claimed: list[Claimed]) -> list[Delivered]:
    """Return what was claimed as taken, each with a reference and hashes of its own."""
    return [
        Delivered(
            one,
            f"T-{one.id}",
            attempts.Finished(
                delivery_id=one.id,
                number=one.attempts,
                at=AT + timedelta(minutes=one.id),
                outcome="delivered",
                request_hash=f"asked {one.id}",
                response_hash=f"told {one.id}" if one.id > 1 else None,
            ),
        )
        for one in claimed
    ]


def settle(store: Store, told: list[Delivered]) -> None:
    """Settle in one transaction."""
    with store.write() as tx:
        delivered.settle(tx, told, since=S.SENDING, now=AT)


def states(store: Store) -> list[S]:
    """Return where all of them stand."""
    with store.read() as tx:
        return [deliveries.place_of(tx, id, lock=False)[0] for id in ALL]


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
        say(tx, [record(1, 2), record(1, 3)], AT)
        deliveries.claim(tx, [1], TO, now=AT, lease_until=AT)
        deliveries.wait(tx, 1, since=S.SENDING, when=AT, code="partner_busy", detail="")
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
        assert [tuple(row) for row in tx.execute(query)] == [(f"T-{n}", None) for n in ALL]
        assert counts.kept(tx)[TO]["delivered"] == len(ALL)


def test_nothing_is_settled_where_one_is_at_a_later_attempt(said: Store) -> None:
    """The word on an earlier call must not settle a later one, nor harm those beside it."""
    first = claim(said, ALL)
    with said.write() as tx:
        deliveries.wait(tx, 2, since=S.SENDING, when=AT, code="partner_busy", detail="")
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
    """Receive locks dossiers and legs in that order: in another one the two wait in a ring."""
    told: list[str] = []
    settling = Settling(
        store=said,
        destination=TO,
        traits=Partner().traits,
        policy=QUICK,
        on_delivered=lambda _tx, message, _receipt: told.append(message.key),
        draw=random.Random(1),
    )
    outcomes = [
        Outcome(claimed=one, message=decode(one.body), result=Receipt(), finished_at=AT)
        for one in claim(said, ALL)
    ]
    shuffled = [outcomes[2], outcomes[0], outcomes[1]]
    settle_outcomes(settling, shuffled, since=S.SENDING, kind="send")
    assert told == [number(n) for n in ALL]
    assert states(said) == [S.DELIVERED] * 3
