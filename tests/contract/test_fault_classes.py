"""An unknown reply code is one task; its verdict counts for all that wait and all to come."""

import random
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from hub.flow.outcome import Outcome, Settling, settle
from hub.flow.say import say
from hub.operations.classify import Verdict, classify
from hub.rules.errors import unknown_code
from hub.rules.states import DeliveryState as S
from hub.store import chain, deliveries, fault_classes
from hub.store.engine import Store
from hub.store.tables import deliveries as table
from tests.support.partner import Partner
from tests.support.works import QUICK, step

AT = datetime(2018, 8, 6, 9, 0, tzinfo=UTC)


def answered(store: Store, n: int, code: str, operation: str = "DongBoHoSoMC") -> int:
    """Send a step of dossier `n` to which the partner replies with an unknown code."""
    with store.write() as tx:
        say(tx, [step(n, 1)], AT)
        query = sa.select(table.c.id).where(table.c.message_id == f"m-{n}-1")
        id = int(tx.execute(query).scalar_one())
        (claimed,) = deliveries.claim(tx, [id], "provincial", now=AT, lease_until=AT)
    settling = Settling(
        store=store,
        destination="provincial",
        traits=Partner().traits,
        policy=QUICK,
        on_delivered=lambda *_: None,
        draw=random.Random(1),
    )
    outcome = Outcome(
        claimed=claimed,
        message=None,
        result=unknown_code(code, "error_code"),
        finished_at=AT,
        digest="0" * 64,
        operation=operation,
    )
    settle(settling, [outcome], since=S.SENDING, kind="send")
    return id


def place(store: Store, id: int) -> tuple[S, str | None]:
    """Return state and code of a delivery."""
    with store.read() as tx:
        row = tx.execute(sa.select(table.c.state, table.c.code).where(table.c.id == id)).one()
    return S(row.state), row.code


def test_many_replies_are_one_task(store: Store) -> None:
    """One row a code and operation, counted."""
    for n in (1, 2, 3):
        answered(store, n, "77")
    answered(store, 4, "77", "CapNhatTienDoHoSoMC")
    with store.read() as tx:
        found = [
            (row.operation, row.code, row.count, row.verdict) for row in fault_classes.tasks(tx)
        ]
    assert found == [("CapNhatTienDoHoSoMC", "77", 1, None), ("DongBoHoSoMC", "77", 3, None)]


@pytest.mark.parametrize(
    ("verdict", "state", "code"),
    [
        (Verdict.TRANSIENT, S.WAITING, "partner_busy"),
        (Verdict.PERMANENT, S.DEAD, "partner_refused"),
        (Verdict.DELIVERED, S.DELIVERED, None),
    ],
)
def test_a_verdict_moves_what_waits_and_what_comes(
    store: Store, verdict: Verdict, state: S, code: str | None
) -> None:
    """Another code, also one that begins the same, stays; both chains stay whole."""
    mine, longer = answered(store, 1, "77"), answered(store, 2, "778")
    moved = classify(
        store, "provincial", "77", verdict, actor="officer", reason="they said so", now=AT
    )
    assert moved == 1
    later = answered(store, 3, "77")
    assert place(store, mine) == place(store, later) == (state, code)
    assert place(store, longer) == (S.AMBIGUOUS, "reply_unknown_code")
    with store.read() as tx:
        assert [chain.verify(tx, one).problems for one in chain.CHAINS] == [(), ()]


def test_a_verdict_for_one_operation_leaves_the_others(store: Store) -> None:
    """The same code may mean something else elsewhere."""
    mine, other = answered(store, 1, "77"), answered(store, 2, "77", "CapNhatTienDoHoSoMC")
    moved = classify(
        store,
        "provincial",
        "77",
        Verdict.PERMANENT,
        operation="DongBoHoSoMC",
        actor="officer",
        reason="x",
        now=AT,
    )
    assert (moved, place(store, mine)[0], place(store, other)[0]) == (1, S.DEAD, S.AMBIGUOUS)
