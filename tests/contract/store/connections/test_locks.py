"""Row locks on PostgreSQL: repairing and settling transactions never deadlock."""

import random
import threading
from collections.abc import Mapping, Sequence
from datetime import datetime

import pytest
import sqlalchemy as sa

from hub import operations
from hub.exchange.admission.admission import Admission
from hub.exchange.outbox.emit import emit
from hub.ports import Incoming
from hub.rules.deliveries.states import DeliveryState as S
from hub.store.deliveries import pauses, transitions
from hub.store.deliveries.transitions import Claimed
from hub.store.engine.store import Store
from hub.store.schema.tables.exchange import deliveries
from tests.support.circuits import POLICY
from tests.support.database.blocked import wait_blocked
from tests.support.database.watched import after_each_statement
from tests.support.works import AT, number, record, step

pytestmark = pytest.mark.postgres


@pytest.fixture
def store(postgres_store: Store) -> Store:
    """A migrated, empty store on PostgreSQL."""
    return postgres_store


def test_a_held_delivery_is_cancelled_while_the_one_before_is_settled(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each has what the other wants next; both come through, and the third goes on."""
    with store.write() as tx:
        emit(tx, [step(1, 1), step(1, 2), step(1, 3)], AT)
        transitions.claim(tx, [1], "provincial", now=AT, lease_until=AT)
    cancelled = threading.Event()

    def note(statement: str) -> None:
        if "UPDATE deliveries" in statement and threading.current_thread() is person:
            cancelled.set()

    after_each_statement(monkeypatch, store, note)
    failures: list[Exception] = []

    def cancel() -> None:
        try:
            operations.cancel(store, 2, actor="officer", reason="by phone", now=AT)
        except Exception as error:
            failures.append(error)

    person = threading.Thread(target=cancel)
    with store.write() as tx:
        transitions.lock_lanes(tx, "provincial", [number(1)])
        transitions.deliver(tx, [(1, "")], now=AT, from_state=S.SENDING)
        person.start()
        assert cancelled.wait(10)
        transitions.release_followers(tx, "provincial", [number(1)], AT)
    person.join(10)
    assert failures == []
    with store.read() as tx:
        states = [transitions.place_of(tx, id, lock=False)[0] for id in (1, 2, 3)]
    assert states == [S.DELIVERED, S.CANCELLED, S.PENDING]


class EndOfPauses(threading.Thread):
    """Ends the pauses of operations in a transaction of its own."""

    def __init__(self, store: Store, operations: Sequence[str]) -> None:
        super().__init__()
        self.store, self.operations = store, operations
        self.failure: Exception | None = None

    def run(self) -> None:
        """End them."""
        try:
            with self.store.write() as tx:
                pauses.change(tx, "provincial", [], self.operations, now=AT)
        except Exception as error:
            self.failure = error


def test_pauses_of_two_operations_end_while_their_deliveries_are_claimed(store: Store) -> None:
    """Both lock the deliveries by their numbers, whatever operations they are of."""
    with store.write() as tx:
        emit(tx, [step(1, 1), record(2, 1)], AT)
        tx.execute(sa.update(deliveries).values(asked_at=AT))
        types = sorted(tx.execute(sa.select(deliveries.c.type)).scalars())
    other = EndOfPauses(store, types)
    with store.write() as tx:
        transitions.place_of(tx, 1)
        other.start()
        assert wait_blocked(store, other)
        transitions.place_of(tx, 2)  # the record's operation would be the first by its name
    other.join(10)
    assert other.failure is None


class _SecondOnly(Admission):
    """Lets the second of two deliveries go and holds the first one back, as one probe may."""

    def _permits(self, work: Mapping[int, Incoming], now: datetime) -> list[bool]:  # noqa: ARG002
        return [id == max(work) for id in work]


def test_a_pause_ends_while_some_of_its_deliveries_are_claimed_and_others_set_aside(
    store: Store,
) -> None:
    """A claim of the later one and setting aside the earlier one lock both in their order."""
    with store.write() as tx:
        emit(tx, [step(1, 1), step(2, 1)], AT)
        tx.execute(sa.update(deliveries).values(asked_at=AT))
        types = sorted(tx.execute(sa.select(deliveries.c.type)).scalars())
    admission = _SecondOnly(store, "provincial", types, POLICY, draw=random.Random(1))
    work = {
        id: Incoming(body=b"", type=types[0], message_id=f"{id}", tag=id, session=1)
        for id in (2, 1)
    }
    other = EndOfPauses(store, types)
    with store.write() as tx:

        def claim(ids: Sequence[int]) -> list[Claimed]:
            claimed = transitions.claim(tx, ids, "provincial", now=AT, lease_until=AT)
            other.start()
            assert wait_blocked(store, other)
            return claimed

        admitted = admission.claim_admitted(tx, work, AT, claim=claim)
    other.join(10)
    assert other.failure is None
    assert ([it.id for it in admitted.claims], admitted.aside) == ([2], True)
