"""The clock is set while the hub works: nothing is doubled, nothing waits for the lost hour."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from hub.broker.memory import MemoryBroker
from hub.exchange.housekeeping.timer import Pace
from hub.exchange.outbox.emit import emit
from hub.runtime.clock import clock_of
from tests.support import works as works_module
from tests.support.database.stores import empty_store
from tests.support.partners.partner import DROPS_AFTER, Partner
from tests.support.works import Works, number, step, working

HOUR = timedelta(hours=1)
SETTLE = timedelta(milliseconds=300)


class Wrong:
    """A clock that goes wrong by `by`."""

    def __init__(self) -> None:
        self.by = timedelta()

    def __call__(self) -> datetime:
        return clock_of("")() + self.by


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Wrong:
    """The clock of everything in this test."""
    wrong = Wrong()
    monkeypatch.setattr(works_module, "now", wrong)
    pace = Pace(
        tick=timedelta(milliseconds=20), sweep=timedelta(milliseconds=50), grace_period=SETTLE
    )
    monkeypatch.setattr(works_module, "PACE", pace)
    return wrong


@pytest.fixture
def works(tmp_path: Path, clock: Wrong) -> Iterator[Works[Partner]]:
    """A small hub on SQLite."""
    store = empty_store(tmp_path / "hub.db")
    broker = MemoryBroker()
    with working(store, broker, Partner()) as running:
        yield running
    broker.close()
    store.close()


def test_the_clock_jumps_an_hour_ahead_while_a_call_is_under_way(
    works: Works[Partner], clock: Wrong
) -> None:
    """The lease runs out at once, the question waits until the call has ended: one effect."""
    works.partner.gate.clear()
    works.emit(step(1, 1), step(1, 2))
    assert works.partner.entered.acquire(timeout=10)
    clock.by = HOUR
    works.wait(lambda states: states.get("ambiguous") == 1)
    works.partner.gate.set()
    works.wait_delivered(2)
    assert works.partner.ledger == [(number(1), 1), (number(1), 2)]


def test_the_clock_goes_back_an_hour_and_nothing_waits_for_it(
    works: Works[Partner], clock: Wrong
) -> None:
    """What was planned by the wrong time is planned anew: a question as well as a retry."""
    clock.by = HOUR
    works.partner.goes_wrong(DROPS_AFTER)
    works.partner.gate.clear()
    works.emit(step(1, 1))
    assert works.partner.entered.acquire(timeout=10)
    with works.store.write() as tx:
        # asked for by the wrong time, and the queue message is lost
        emit(tx, [step(2, 1)], clock())
        tx.exec_driver_sql("DELETE FROM outbox")
    clock.by = timedelta()
    works.partner.gate.set()
    works.wait_delivered(2)
    assert works.partner.doubled() == 0


def test_a_drills_clock_goes_wrong_by_what_stands_in_its_file(tmp_path: Path) -> None:
    """At once, in both directions; without file or with nonsense in it, it is right."""
    place = tmp_path / "offset"
    wrong, right = clock_of(str(place)), clock_of("")
    second = timedelta(seconds=1)
    assert abs(wrong() - right()) < second
    for text, offset in (("3600", HOUR), ("-3600", -HOUR), ("soon", timedelta())):
        place.write_text(text)
        assert abs(wrong() - right() - offset) < second
