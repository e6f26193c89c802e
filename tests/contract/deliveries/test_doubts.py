"""What is kept of an unknown effect: since when, the first "not there", which fields differ."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from hub.exchange.outbox.emit import emit
from hub.messages.local_time import LOCAL
from hub.operations.deliveries import actions, cancellation
from hub.operations.deliveries.actions import Resolution
from hub.operations.signed_by import SignedBy
from hub.operations.watchers.replies.unproven_effects import UnprovenEffects
from hub.records.rulebook import Rulebook
from hub.rules.deliveries.absence import PERSON_WAITS, UnknownEffect
from hub.rules.deliveries.states import DeliveryState as S
from hub.rules.failures.errors import EXISTS_UNSEEN
from hub.store.deliveries import attempts, doubts, schedule, transitions
from hub.store.deliveries.transitions import StateConflict
from hub.store.engine.store import Store, Tx
from hub.store.monitoring import attention
from hub.store.repair import future_times, tasks
from hub.store.schema.tables.exchange import deliveries as table
from tests.support.works import AT, number, record, step

TO = "provincial"
SECOND = timedelta(seconds=1)


def in_doubt(tx: Tx, code: str = "reply_dropped") -> None:
    """Have one step whose effect is unknown since AT."""
    emit(tx, [step(1, 1)], AT)
    transitions.claim(tx, [1], TO, now=AT, lease_until=AT + SECOND)
    attempts.start(tx, [(1, 1)], now=AT)
    transitions.doubt(tx, 1, from_state=S.SENDING, query_at=AT, code=code, detail="x", now=AT)


def test_the_first_negative_answer_is_kept_with_the_beginning_of_the_doubt(store: Store) -> None:
    """The next question is planned in the same write; a new doubt begins anew."""
    with store.write() as tx:
        in_doubt(tx, EXISTS_UNSEEN)
        assert doubts.unknown_effect(tx, 1) == UnknownEffect(since=AT, reported_existing=True)
        later = AT + 9 * SECOND
        doubts.query_once_more(tx, 1, when=later, absent_at=AT + SECOND, now=later)
        assert doubts.unknown_effect(tx, 1) == UnknownEffect(
            since=AT, absent_at=AT + SECOND, reported_existing=True
        )
        (due,) = tx.execute(sa.select(table.c.next_attempt_at)).scalars()
        assert due == later


def test_a_doubt_that_was_never_dated_is_dated_by_its_first_answer(store: Store) -> None:
    """An older version left it so."""
    with store.write() as tx:
        in_doubt(tx)
        tx.execute(sa.update(table).values(doubtful_since=None))
        doubts.query_once_more(tx, 1, when=AT, absent_at=None, now=AT + SECOND)
        assert doubts.unknown_effect(tx, 1) == UnknownEffect(since=AT + SECOND)


SAYS: Mapping[str, Callable[[Store, SignedBy], object]] = {
    "absent": lambda store, by: actions.resolve(store, 1, Resolution.ABSENT, **by),
    "by hand": lambda store, by: actions.deliver_by_hand(store, 1, **by),
    "cancel": lambda store, by: cancellation.cancel(store, 1, **by),
    "absent, cancel": lambda store, by: actions.resolve(
        store, 1, Resolution.ABSENT, cancel=True, **by
    ),
}


@pytest.mark.parametrize("verb", SAYS)
def test_while_the_partner_may_be_at_work_nobody_knows_that_it_has_nothing(
    store: Store, verb: str
) -> None:
    """Whoever looks at its screen at once sees nothing, and the effect comes after that."""
    with store.write() as tx:
        in_doubt(tx)
    over = AT + PERSON_WAITS
    with pytest.raises(StateConflict) as refused:
        SAYS[verb](store, by(over - SECOND))
    assert f"{over.astimezone(LOCAL):%H:%M:%S}" in str(refused.value)
    assert state(store) == S.AMBIGUOUS
    SAYS[verb](store, by(over))
    assert state(store) != S.AMBIGUOUS


def test_that_the_partner_has_it_is_believed_at_once(store: Store) -> None:
    """What a person has seen there will not go away."""
    with store.write() as tx:
        in_doubt(tx)
    actions.resolve(store, 1, Resolution.DELIVERED, **by(AT))
    assert state(store) == S.DELIVERED


def by(now: datetime) -> SignedBy:
    """Return who says what was found, and when."""
    return {"actor": "officer", "reason": "looked at their screen", "now": now}


def state(store: Store) -> S:
    """Return the state of the delivery."""
    with store.read() as tx:
        return transitions.place_of(tx, 1, lock=False)[0]


def test_a_lease_that_runs_out_begins_a_doubt(store: Store) -> None:
    """Its call may have been at work until then."""
    with store.write() as tx:
        emit(tx, [step(1, 1)], AT)
        transitions.claim(tx, [1], TO, now=AT, lease_until=AT)
        schedule.expire_leases(tx, now=AT + 5 * SECOND)
        assert doubts.unknown_effect(tx, 1).since == AT + 5 * SECOND


def test_a_clock_that_is_set_back_leaves_no_doubt_in_the_future(store: Store) -> None:
    """Else no answer would count for as long as the clock went back."""
    before = AT - timedelta(hours=1)
    with store.write() as tx:
        in_doubt(tx)
        doubts.query_once_more(tx, 1, when=AT, absent_at=AT, now=AT)
        present = future_times.Present(now=before, soon=before, lease_until=before)
        future_times.correct(tx, future_times.concerned(tx, present), present)
        assert doubts.unknown_effect(tx, 1) == UnknownEffect(since=before)


def test_what_was_delivered_of_a_lane_is_returned_in_its_order(store: Store) -> None:
    """Not what is open, of another dossier, or the one that is asked about."""
    messages = [record(1, 1), step(1, 1), step(1, 2), step(2, 1)]
    with store.write() as tx:
        emit(tx, messages, AT)
        delivered = {"state": "delivered", "settled_at": AT}
        tx.execute(sa.update(table).where(table.c.id != 3).values(delivered))
        found = doubts.delivered_of(tx, TO, number(1), besides=3)
        assert len(found) == 2
        assert b"r-1-1" in found[0]
        assert b"m-1-1" in found[1]
        assert doubts.delivered_of(tx, TO, number(1), besides=1, limit=1)[0] == found[1]


def left(store: Store, differs: tuple[str, ...]) -> None:
    """Have one step left to a person after a question."""
    with store.write() as tx:
        in_doubt(tx)
        attempts.start(tx, [(1, 2)], now=AT, kind="find")
        ended = attempts.Finished(
            delivery_id=1, number=2, kind="find", at=AT, outcome="unknown", differs=differs
        )
        attempts.finish(tx, [ended])
        transitions.leave_to_person(tx, 1, why="giống · alike")


def test_the_fields_that_differ_are_named_where_a_person_looks(store: Store) -> None:
    """In `hub deliveries attention`, by call for the slip, and in one task that goes with the
    delivery."""
    left(store, ("NguoiXuLy", "ThoiDiemXuLy"))
    watch = UnprovenEffects(store=store, rules=Rulebook.load())
    with store.read() as tx:
        (row,) = attention.stuck(tx)
        assert row[4:] == ("reply_dropped", "giống · alike: NguoiXuLy, ThoiDiemXuLy")
        assert attempts.differing(tx, [1]) == {(1, 2): "NguoiXuLy, ThoiDiemXuLy"}
    assert [watch.check(AT), watch.check(AT)] == [1, 0]
    with store.read() as tx:
        (task,) = tasks.still_open(tx)
    assert (task.kind, task.subject) == ("effect_unproven", number(1))
    assert "Compare NguoiXuLy, ThoiDiemXuLy" in task.repair
    assert "HUB_PROVINCE_PROFILE" in task.repair
    with store.write() as tx:
        transitions.retry_absent(tx, 1, now=AT)
    watch.check(AT)
    with store.read() as tx:
        assert tasks.still_open(tx) == []


def test_a_task_that_a_person_closed_does_not_come_again(store: Store) -> None:
    """Until the delivery is sent again and is in doubt anew."""
    left(store, ())
    watch = UnprovenEffects(store=store, rules=Rulebook.load())
    watch.check(AT)
    with store.write() as tx:
        tasks.close(tx, 1, actor="o", reason="asked them", now=AT + SECOND)
    assert watch.check(AT + 2 * SECOND) == 0
