"""A role that finds nothing to do does not write: it looks several times a second, all the time."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from hub.exchange.housekeeping.timer import Timer
from hub.exchange.outbox.emit import emit
from hub.rules.deliveries.states import DeliveryState as S
from hub.store.deliveries import schedule, transitions
from hub.store.engine.store import Store
from tests.integration.reconcile.test_two_reconcilers import in_doubt, reconciler
from tests.support.partners.partner import Partner
from tests.support.works import AT, step

SOON = AT + timedelta(minutes=1)
LATER = SOON + timedelta(minutes=1)


@pytest.fixture
def store(sqlite_store: Store) -> Store:
    return sqlite_store


def waiting(store: Store) -> None:
    """Let one delivery wait for its next attempt, SOON."""
    with store.write() as tx:
        emit(tx, [step(1, 1)], AT)
        transitions.claim(tx, [1], "provincial", now=AT, lease_until=LATER)
        transitions.wait(tx, 1, from_state=S.SENDING, when=SOON, code="partner_busy", detail="")


def test_a_timer_with_nothing_due_takes_no_turn_to_write(store: Store) -> None:
    """Inside another write of the same thread a turn would be refused."""
    waiting(store)
    at = [AT]
    timer = Timer(store, clock=lambda: at[0])
    assert timer.run_once() == 0  # the first look sweeps
    with store.write():
        assert timer.run_once() == 0
    at[0] = SOON
    assert timer.run_once() == 1


def test_a_reconciler_with_nothing_in_doubt_takes_no_turn_to_write(store: Store) -> None:
    """Neither where nothing is ambiguous, nor before its time has come."""
    partner, at = Partner(), [AT]
    asker = reconciler(store, partner, lambda: at[0])
    with ThreadPoolExecutor(1) as pool:
        with store.write():
            assert asker.query_some(pool) == 0
        in_doubt(store, partner, 1)
        with store.write():
            assert asker.query_some(pool) == 0
        at[0] = SOON
        assert asker.query_some(pool) == 1


@pytest.mark.parametrize(
    ("now", "before", "due"),
    [(AT, AT, False), (SOON, AT, True), (SOON, LATER, True), (LATER, SOON, True)],
)
def test_a_look_finds_what_would_be_asked_for(
    store: Store, now: datetime, before: datetime, due: bool
) -> None:
    """The look that is made before a turn is taken agrees with what is done in the turn."""
    waiting(store)
    with store.read() as tx:
        assert schedule.is_due(tx, now=now, enqueued_before=before) is due
    with store.write() as tx:
        assert schedule.enqueue_due(tx, now=now, enqueued_before=before) == int(due)
    with store.read() as tx:  # its ask is on the way, unless that was too long ago
        assert not schedule.is_due(tx, now=now, enqueued_before=now)
        assert schedule.is_due(tx, now=now, enqueued_before=now + timedelta(hours=1)) is due
