"""A fault of our own while a delivery is sent: the delivery ends with an outcome all the same."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from hub.broker.memory import MemoryBroker
from hub.exchange.delivery import call as calling
from hub.exchange.delivery.call import make_call
from hub.exchange.delivery.settle import CallOutcome
from hub.runtime.telemetry import logging_to
from tests.support.database.stores import empty_store
from tests.support.partners.partner import Partner
from tests.support.works import Works, step, working


@pytest.fixture
def works(tmp_path: Path) -> Iterator[Works[Partner]]:
    """A small hub with one thread for calls."""
    store, broker = empty_store(tmp_path / "hub.db"), MemoryBroker()
    with working(store, broker, Partner(concurrency=1)) as opened:
        yield opened
    assert opened.deliver.ended.in_hand == 0
    broker.close()
    store.close()


def failing_once(real: Callable[..., Any]) -> Callable[..., Any]:
    """Return `real`, whose first call fails by a fault of ours."""
    calls: list[int] = []

    def call(*args: Any, **named: Any) -> Any:
        calls.append(1)
        if len(calls) == 1:
            raise ValueError("a fault of ours")
        return real(*args, **named)

    return call


def first_outcome(works: Works[Partner], id: int) -> tuple[str, str | None]:
    """Return how the first attempt of a delivery ended: class and code."""
    query = "SELECT outcome, code FROM attempts WHERE delivery_id = ? AND number = 1"
    with works.store.read() as tx:
        row = tx.exec_driver_sql(query, (id,)).one()
    return row.outcome, row.code


@pytest.mark.parametrize("place", ["finished", "veto", "acquire"])
def test_a_fault_of_admission_takes_no_room_for_good(
    works: Works[Partner], monkeypatch: pytest.MonkeyPatch, place: str, tmp_path: Path
) -> None:
    """Every delivery goes out once, the fault is in the log, and the role stops in its time."""
    monkeypatch.setattr(works.admission, place, failing_once(getattr(works.admission, place)))
    with logging_to(tmp_path / "log"):
        works.emit(*(step(n, 1) for n in range(20)))
        works.wait_delivered(20)
    assert (works.partner.calls, works.partner.doubled()) == (20, 0)
    assert '"delivery_crashed"' in (tmp_path / "log").read_text()


def test_a_fault_before_the_call_is_no_doubt(
    works: Works[Partner], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Certainly nothing was sent: the attempt counts, and the partner is not asked."""
    monkeypatch.setattr(works.admission, "veto", failing_once(works.admission.veto))
    works.emit(step(1, 1))
    works.wait_delivered(1)
    assert first_outcome(works, 1) == ("transient", "call_not_begun")
    assert (works.partner.calls, works.partner.asked) == (1, 0)


def test_no_thread_for_a_call_is_no_doubt(
    works: Works[Partner], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine at its limit of threads has not sent what it could not begin."""
    monkeypatch.setattr(ThreadPoolExecutor, "submit", failing_once_bound(ThreadPoolExecutor.submit))
    works.emit(step(1, 1))
    works.wait_delivered(1)
    assert first_outcome(works, 1) == ("transient", "call_not_begun")
    assert (works.partner.calls, works.partner.asked) == (1, 0)


def test_a_call_that_the_pool_queued_before_it_failed_is_not_made_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pool has a thread, and for a moment none for the second call, which is made once."""
    store, broker = empty_store(tmp_path / "hub.db"), MemoryBroker()
    grow = ThreadPoolExecutor._adjust_thread_count
    started: list[int] = []

    def grow_once(pool: ThreadPoolExecutor) -> None:
        started.append(1)
        if len(started) == 2:
            raise RuntimeError("can't start new thread")
        grow(pool)

    partner = Partner(concurrency=2)
    with working(store, broker, partner) as works:
        monkeypatch.setattr(ThreadPoolExecutor, "_adjust_thread_count", grow_once)
        partner.gate.clear()
        works.emit(step(1, 1), step(2, 1))
        partner.gate.set()
        works.wait_delivered(2)
        assert works.partner.calls == 2
        assert works.deliver.ended.in_hand == 0
    broker.close()
    store.close()


def failing_once_bound(real: Callable[..., Any]) -> Callable[..., Any]:
    """Return `real` as a method, whose first call fails as it does without a free thread."""
    calls: list[int] = []

    def submit(pool: ThreadPoolExecutor, work: Callable[..., Any], *args: Any) -> Any:
        calls.append(1)
        if len(calls) == 1:
            raise RuntimeError("can't start new thread")
        return real(pool, work, *args)

    return submit


def test_a_fault_in_the_call_itself_is_a_doubt(
    works: Works[Partner], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bytes may have left: the partner is asked, and nothing is sent twice."""
    calls: list[int] = []

    def call(*args: Any, **told: Any) -> CallOutcome:
        outcome = make_call(*args, **told)
        calls.append(1)
        if len(calls) == 1:
            raise ValueError("after the call")
        return outcome

    monkeypatch.setattr(calling, "make_call", call)
    works.emit(step(1, 1))
    works.wait_delivered(1)
    assert first_outcome(works, 1) == ("ambiguous", "send_crashed")
    assert (works.partner.calls, works.partner.doubled(), works.partner.asked) == (1, 0, 1)


def test_a_call_gets_the_end_of_its_claim_as_its_deadline(works: Works[Partner]) -> None:
    """A process that stands still between claim and first byte leaves the call to others."""
    began = time.monotonic()
    works.emit(step(1, 1))
    works.wait_delivered(1)
    (deadline,) = works.partner.deadlines
    spare = works.deliver.lease - works.partner.traits.longest_call
    assert began <= deadline - spare.total_seconds() <= time.monotonic()
