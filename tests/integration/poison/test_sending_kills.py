"""A delivery of which the process dies: it ends with its attempts, and a person is told."""

import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.broker.memory import MemoryBroker
from hub.exchange.delivery.unproven_texts import never_there
from hub.exchange.outbox.emit import emit
from hub.messages.envelope import Message
from hub.messages.payloads import Payload
from hub.ports import Answer, Receipt, Request
from hub.rules.poison import ISOLATE_FROM, ISOLATED_QUERIES
from hub.store.deliveries.transitions import Claimed
from hub.store.engine.store import Store
from hub.store.monitoring import attention
from hub.store.schema.tables.exchange import attempts, deliveries
from hub.texts import Text
from tests.integration.poison import mortal_sender
from tests.support.database.stores import empty_store
from tests.support.partners.partner import Partner
from tests.support.programs.forked import ForkedProgram
from tests.support.works import QUICK, Works, now, step


@pytest.mark.slow
def test_a_call_that_kills_is_made_as_often_as_attempts_allow(tmp_path: Path) -> None:
    """Each death costs an attempt, a lease and a question; then it is dead and in `hub
    deliveries attention`."""
    url = f"sqlite:///{tmp_path}/hub.db"
    store = empty_store(tmp_path / "hub.db")
    with store.write() as tx:
        emit(tx, [step(0, 1)], now())
    log = tmp_path / "log"
    ends: list[int | None] = []
    while not ends or (ends[-1] == -signal.SIGKILL and len(ends) <= QUICK.attempts + 1):
        life = ForkedProgram(
            mortal_sender.main, [url, str(len(ends))], os.environ, stdout=log, stderr=log
        )
        ends.append(life.wait(100))
    assert ends == [-signal.SIGKILL] * QUICK.attempts + [0]
    with store.read() as tx:
        ((_, _, _, state, code, detail),) = attention.stuck(tx)
        calls = sa.select(sa.func.count()).where(attempts.c.kind == "send")
        assert tx.execute(calls).scalar_one() == QUICK.attempts
    assert (state, code) == ("dead", "attempts_exhausted")
    assert detail == Text.read(never_there()).en
    store.close()


class Died(BaseException):
    """The process ends here: nothing of ours catches it, and nothing is written down."""


class Deadly(Partner):
    """Nobody survives building a request for it, be it to send or to ask."""

    def prepare(self, *_: object) -> Request:
        raise Died


def test_a_question_that_kills_is_left_to_a_person(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten alone that never ended: it is not asked about any more, and `hub deliveries
    attention` says why."""
    with store.write() as tx:
        emit(tx, [step(0, 1)], now())
        values = {"state": "ambiguous", "code": "lease_expired", "next_attempt_at": now()}
        tx.execute(sa.update(deliveries).values(values))
    works = Works(store, MemoryBroker(), Deadly())
    time = [now()]
    # Time moves between two lives only: in one life a question is reserved until it has ended.
    monkeypatch.setattr(works.reconcile, "clock", lambda: time[0])
    with ThreadPoolExecutor(1) as pool:
        for _ in range(ISOLATE_FROM + ISOLATED_QUERIES):
            time[0] += works.reconcile.reserved_for
            with store.read() as tx:
                assert tx.execute(sa.select(deliveries.c.next_attempt_at)).scalar_one() is not None
            with pytest.raises(Died):
                works.reconcile.query_some(pool)
        time[0] += works.reconcile.reserved_for
        assert works.reconcile.query_some(pool) == 0
    with store.read() as tx:
        ((_, _, _, state, code, detail),) = attention.stuck(tx)
        assert tx.execute(sa.select(deliveries.c.next_attempt_at)).scalar_one() is None
    assert (state, code) == ("ambiguous", "lease_expired")
    assert detail == "the process ended during each of 10 questions asked alone"


class DeadlyOne(Partner):
    """Nobody survives building a request about one of its deliveries; it has all the others."""

    deadly = "m-1-1"

    def __init__(self) -> None:
        super().__init__()
        self.taken: list[set[str]] = []
        """What was taken to be asked about at once."""
        self.died = threading.Event()

    def prepare(self, message: Message, payload: Payload) -> Request:
        if message.id == self.deadly:
            raise Died
        return super().prepare(message, payload)

    def find(self, request: Request) -> Answer:
        if self.deadly in self.taken[-1]:
            assert self.died.wait(20)  # what is in hand beside it does not end either
        return Receipt(reference=f"T-{request.number}")


def dies(works: Works[DeadlyOne]) -> bool:
    """Let a process ask about what is due; tell whether it has died of it."""
    works.partner.died.clear()
    with ThreadPoolExecutor(4) as pool:
        try:
            works.reconcile.query_some(pool)
        except Died:
            return True
        finally:
            works.partner.died.set()
    return False


def doubtful(store: Store) -> list[tuple[str, bool]]:
    """Return by message id what is ambiguous, and whether it is left to a person."""
    c = deliveries.c
    query = sa.select(c.message_id, c.next_attempt_at.is_(None)).where(c.state == "ambiguous")
    with store.read() as tx:
        return [(id, bool(left)) for id, left in tx.execute(query.order_by(c.message_id))]


def note_what_is_taken(works: Works[DeadlyOne], monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the partner know which deliveries each reservation took together."""
    take = works.reconcile._reserve

    def seen(limit: int, *, alone: bool = False) -> list[Claimed]:
        taken = take(limit, alone=alone)
        if taken:
            works.partner.taken.append({one.message_id for one in taken})
        return taken

    monkeypatch.setattr(works.reconcile, "_reserve", seen)


def test_a_question_that_kills_takes_no_other_with_it(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After three ends together each is asked about alone: the others are settled at once."""
    with store.write() as tx:
        emit(tx, [step(n, 1) for n in range(1, 6)], now())
        values = {"state": "ambiguous", "code": "lease_expired", "next_attempt_at": now()}
        tx.execute(sa.update(deliveries).values(values))
    works = Works(store, MemoryBroker(), DeadlyOne())
    partner, reconcile, time = works.partner, works.reconcile, [now()]
    with store.write() as tx:  # four come together each time, the fifth when they come alone
        fifth = sa.update(deliveries).where(deliveries.c.message_id == "m-5-1")
        later = time[0] + ISOLATE_FROM * reconcile.reserved_for
        tx.execute(fifth.values(next_attempt_at=later))
    monkeypatch.setattr(reconcile, "clock", lambda: time[0])
    note_what_is_taken(works, monkeypatch)
    four = {f"m-{n}-1" for n in range(1, 5)}
    for _ in range(ISOLATE_FROM):
        assert dies(works)
        assert partner.taken.pop() == four
        time[0] += reconcile.reserved_for
    # What the first life has not come to is asked about by the second, at the same moment.
    assert [dies(works), dies(works)] == [True, False]
    assert {"m-5-1"} in partner.taken
    assert all(len(taken) == 1 for taken in partner.taken)
    assert doubtful(store) == [(partner.deadly, False)]
    for _ in range(ISOLATED_QUERIES - 1):
        time[0] += reconcile.reserved_for
        assert dies(works)
    time[0] += reconcile.reserved_for
    assert not dies(works)
    assert doubtful(store) == [(partner.deadly, True)]
