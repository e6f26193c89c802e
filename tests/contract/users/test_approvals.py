"""Proposals on both databases: decided once, by another person, and emptied then."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from hub.rules.users.approvals import LASTS, ApprovalState, ApprovalVerb
from hub.rules.users.scope import Thing
from hub.store.engine.store import Store
from hub.store.users import approvals
from hub.store.users.approvals import Proposal
from hub.texts import Text
from tests.support.works import now


def proposal(at: datetime) -> Proposal:
    """Return a proposal to cancel two deliveries."""
    return Proposal(
        verb=ApprovalVerb.CANCEL,
        expected={"12": "dead", "3": "waiting"},
        terms=b'{"papers": null}',
        thing=Thing(sector="G13-TN02", partners=frozenset({"provincial"})),
        reason="a test",
        proposer="binh",
        proposed_at=at,
        ends_at=at + LASTS,
    )


def add(store: Store, at: datetime) -> int:
    """Add a proposal; return its number."""
    with store.write() as tx:
        return approvals.add(tx, proposal(at))


def decide(
    store: Store, number: int, state: ApprovalState, approver: str | None, at: datetime
) -> bool:
    """Decide a proposal."""
    with store.write() as tx:
        return approvals.decide(
            tx, number, state, approver=approver, why="", outcome=Text("xong", "done"), now=at
        )


def test_a_proposal_comes_back_as_it_was_made(store: Store) -> None:
    """With the states that the proposer saw; what it holds is in no readable repr."""
    at = now()
    number = add(store, at)
    with store.read() as tx:
        kept = approvals.numbered(tx, number)
        assert kept
        assert kept.proposal == proposal(at)
        assert kept.state is ApprovalState.OPEN
        assert "papers" not in repr(kept)
        assert [one.number for one in approvals.open_ones(tx, now=at)] == [number]
        assert [one.number for one in approvals.of_proposer(tx, "binh", most=5)] == [number]
        assert approvals.of_proposer(tx, "an", most=5) == []
        assert approvals.numbered(tx, number + 1) is None


def test_of_many_that_decide_at_once_one_does(store: Store) -> None:
    """However often it is clicked; what it held is gone then."""
    at = now()
    number = add(store, at)
    with ThreadPoolExecutor(8) as threads:
        done = list(
            threads.map(lambda _: decide(store, number, ApprovalState.DONE, "an", at), range(16))
        )
    assert sum(done) == 1
    with store.read() as tx:
        kept = approvals.numbered(tx, number)
    assert kept
    assert kept.proposal == replace(proposal(at), terms=b"")
    assert (kept.state, kept.approver, kept.outcome) == ("done", "an", Text("xong", "done"))


@pytest.mark.parametrize("approver", ["binh", None])
def test_the_database_refuses_an_act_by_one_person(store: Store, approver: str | None) -> None:
    """Whatever a program does."""
    number = add(store, now())
    with pytest.raises(sa.exc.IntegrityError):
        decide(store, number, ApprovalState.DONE, approver, now())


def test_what_nobody_decides_ends(store: Store) -> None:
    """Once; it is no more in the list before."""
    at = now()
    number = add(store, at)
    with store.write() as tx:
        assert approvals.expire(tx, now=at + LASTS - timedelta(seconds=1)) == []
        assert approvals.open_ones(tx, now=at + LASTS) == []
        assert approvals.expire(tx, now=at + LASTS) == [number]
        assert approvals.expire(tx, now=at + LASTS) == []
    assert not decide(store, number, ApprovalState.DONE, "an", at)
