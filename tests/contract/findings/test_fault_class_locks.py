"""Settling unknown reply codes never deadlocks: the codes in their order, then the rows."""

import random
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from hub.exchange.delivery.settle import CallOutcome, SettleContext, settle
from hub.exchange.outbox.emit import emit
from hub.rules.deliveries.states import DeliveryState as S
from hub.rules.failures.errors import unknown_code
from hub.store.deliveries import transitions
from hub.store.engine.store import Store
from hub.store.repair.replies import fault_classes
from hub.store.schema.migrate import migrate
from tests.support.database.blocked import wait_blocked
from tests.support.partners.partner import Partner
from tests.support.works import AT, QUICK, step

pytestmark = pytest.mark.postgres


@pytest.fixture
def store(postgres_url: str) -> Iterator[Store]:
    """A migrated, empty store on PostgreSQL."""
    made = Store(postgres_url)
    migrate(made)
    yield made
    made.close()


def context(store: Store) -> SettleContext:
    """Return what settling a call of the partner needs."""
    return SettleContext(
        store=store,
        destination="provincial",
        traits=Partner().traits,
        policy=QUICK,
        on_delivered=lambda *_: None,
        draw=random.Random(1),
    )


def replied(store: Store, ids: list[int], *codes: str) -> list[CallOutcome]:
    """Claim deliveries, whose calls were then answered with these codes."""
    with store.write() as tx:
        claims = transitions.claim(tx, ids, "provincial", now=AT, lease_until=AT)
    return [
        CallOutcome(
            claimed=claimed,
            message=None,
            result=unknown_code(code, "error_code"),
            finished_at=AT,
            digest="0" * 64,
            operation="DongBoHoSoMC",
        )
        for claimed, code in zip(claims, codes, strict=True)
    ]


def test_two_processes_that_meet_the_same_codes_in_another_order_both_settle(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each would else hold the code that the other one wants next."""
    with store.write() as tx:
        emit(tx, [step(n, 1) for n in range(1, 5)], AT)
    batches = [replied(store, [1, 2], "77", "78"), replied(store, [3, 4], "78", "77")]
    note, noted, go_on = fault_classes.count_reply, threading.Event(), threading.Event()

    def note_and_wait(*args: Any, **told: Any) -> str | None:
        verdict = note(*args, **told)
        if threading.current_thread() is first and not noted.is_set():
            noted.set()
            assert go_on.wait(20)
        return verdict

    monkeypatch.setattr(fault_classes, "count_reply", note_and_wait)
    failures: list[Exception] = []

    def settle_one(batch: list[CallOutcome]) -> None:
        try:
            settle(context(store), batch, from_state=S.SENDING, kind="send")
        except Exception as error:
            failures.append(error)

    first, second = (threading.Thread(target=settle_one, args=(batch,)) for batch in batches)
    first.start()
    assert noted.wait(20)
    second.start()
    assert wait_blocked(store, second)
    go_on.set()
    first.join(20)
    second.join(20)
    assert failures == []
    with store.read() as tx:
        assert [(row.code, row.count) for row in fault_classes.tasks(tx)] == [("77", 2), ("78", 2)]
        states = {transitions.place_of(tx, id, lock=False)[0] for id in range(1, 5)}
    assert states == {S.AMBIGUOUS}


def test_the_code_is_locked_before_the_delivery(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As for a person who classifies one: the order of ARCHITECTURE's table."""
    with store.write() as tx:
        emit(tx, [step(1, 1)], AT)
    outcomes = replied(store, [1], "77")
    locked: list[str] = []
    for module, name in ((transitions, "check_attempt"), (fault_classes, "count_reply")):
        real = getattr(module, name)

        def lock(*args: Any, real: Any = real, **told: Any) -> Any:
            locked.append(real.__name__)
            return real(*args, **told)

        monkeypatch.setattr(module, name, lock)
    settle(context(store), outcomes, from_state=S.SENDING, kind="send")
    assert locked == ["count_reply", "check_attempt"]
