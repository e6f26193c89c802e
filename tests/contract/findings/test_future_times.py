"""What a clock wrote that was ahead is corrected when it is set back, a page at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from hub.exchange.housekeeping.timer import Pace, Timer
from hub.exchange.outbox.emit import emit
from hub.store.deliveries import attempts
from hub.store.engine.store import Store
from hub.store.repair import future_times
from hub.store.repair.future_times import Present
from hub.store.schema.tables.exchange import deliveries as table
from tests.support.works import AT, step

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def present(now: datetime = AT) -> Present:
    """Return what counts as present."""
    return Present(now=now, soon=now + MINUTE, lease_until=now + 10 * MINUTE)


def correct(store: Store, at: Present) -> int:
    """Correct everything in one transaction."""
    with store.write() as tx:
        return future_times.correct(tx, future_times.concerned(tx, at), at)


@contextmanager
def updates(store: Store) -> Iterator[list[int]]:
    """Give how many deliveries each UPDATE moves."""
    counted: list[int] = []

    def note(_line: Any, cursor: Any, sql: str, *_: object) -> None:
        if sql.startswith("UPDATE deliveries"):
            counted.append(cursor.rowcount)

    sa.event.listen(store.engine, "after_cursor_execute", note)
    try:
        yield counted
    finally:
        sa.event.remove(store.engine, "after_cursor_execute", note)


def test_times_in_the_future_are_corrected_once_and_real_ones_left_alone(store: Store) -> None:
    """A partner that asked for two hours of peace keeps them; a second look changes nothing."""
    planned: list[tuple[dict[str, object], datetime]] = [
        ({"state": "waiting", "next_attempt_at": AT + HOUR}, AT + HOUR),
        ({"state": "sending", "lease_until": AT + 2 * HOUR}, AT + HOUR),
        ({"state": "waiting", "next_attempt_at": AT + 2 * HOUR}, AT),
    ]
    with store.write() as tx:
        emit(tx, [step(n, 1) for n in range(1, 4)], AT)
        for id, (values, tried) in enumerate(planned, start=1):
            change = sa.update(table).where(table.c.id == id).values(attempts=1, **values)
            tx.execute(change)
            attempts.start(tx, [(id, 1)], now=tried)
    at = present()
    assert correct(store, at) == 2
    with store.read() as tx:
        assert future_times.concerned(tx, present(AT + timedelta(seconds=1))) == []
        query = sa.select(table.c.next_attempt_at, table.c.lease_until).order_by(table.c.id)
        assert [tuple(row) for row in tx.execute(query)] == [
            (at.soon, None),
            (None, at.lease_until),
            (AT + 2 * HOUR, None),
        ]


def test_what_is_settled_meanwhile_is_left_alone(store: Store) -> None:
    """Between the read and the correction others go on."""
    with store.write() as tx:
        emit(tx, [step(1, 1), step(2, 1)], AT + HOUR)
    with store.read() as tx:
        ids = future_times.concerned(tx, present())
    assert ids == [1, 2]
    with store.write() as tx:
        gone = {"state": "cancelled", "settled_at": AT}
        tx.execute(sa.update(table).where(table.c.id == 1).values(gone))
        assert future_times.correct(tx, ids, present()) == 1
        assert tx.execute(sa.select(table.c.asked_at).order_by(table.c.id)).scalars().all() == [
            AT + HOUR,
            None,
        ]


def test_the_timer_corrects_a_few_deliveries_in_a_transaction(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With all that is open in one, SQLite's writers would wait, and PostgreSQL would end it."""
    monkeypatch.setattr(future_times, "PAGE", 2)
    with store.write() as tx:
        emit(tx, [step(n, 1) for n in range(1, 6)], AT + HOUR)
        tx.execute(sa.text("DELETE FROM outbox"))
    timer = Timer(store, clock=lambda: AT, pace=Pace(grace_period=timedelta()))
    with updates(store) as moved:
        timer.sweep(AT)
    assert max(moved[:-1]) <= 2
    with store.read() as tx:
        assert future_times.concerned(tx, present()) == []
        # asked for again: what asked by the wrong time may be lost
        assert tx.execute(sa.text("SELECT count(*) FROM outbox")).scalar_one() == 5
