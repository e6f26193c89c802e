"""A delivery that does not move while its dossier's due date comes near gets one task, on both
databases; the task goes when the delivery is settled, however that was."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub import operations
from hub.cli import app
from hub.exchange.housekeeping.timer import Pace, Timer
from hub.exchange.outbox.emit import emit
from hub.messages import payloads as p
from hub.operations.watchers.deadline_alerts import STUCK_AFTER, AlertRound, DeadlineAlerts
from hub.records.rulebook import Rulebook
from hub.rules.deliveries.states import DeliveryState as S
from hub.store.deliveries import transitions
from hub.store.engine.store import Store
from hub.store.records import dossiers
from hub.store.repair import deadline_alerts, tasks
from hub.store.schema.tables.repair import tasks as task_table
from tests.support.database.stores import empty_store
from tests.support.works import AT, number, record, step

HOUR = timedelta(hours=1)
DUE = AT + timedelta(days=1)
"""Tuesday, 7 August 2018, 16:00 at the ward."""
TWO_HOURS_LEFT = DUE - 2 * HOUR
BY: operations.SignedBy = {"actor": "clerk", "reason": "CV 12", "now": DUE}


def watching(store: Store, hours: float = 2.0) -> DeadlineAlerts:
    """Return what the timer looks with, from so many office hours on."""
    return DeadlineAlerts(store=store, rules=Rulebook.load(), within=timedelta(hours=hours))


def waiting(store: Store, id: int) -> None:
    """Let the first call of a delivery fail: it is tried again later."""
    with store.write() as tx:
        transitions.claim(tx, [id], "provincial", now=AT, lease_until=AT + HOUR)
        transitions.wait(
            tx, id, from_state=S.SENDING, when=AT + HOUR, code="partner_unreachable", detail=""
        )


def still_open(store: Store) -> list[tuple[str, int, datetime]]:
    """Return the open tasks: kind, delivery, due."""
    with store.read() as tx:
        return [(row.kind, row.delivery_id, row.due_at) for row in tasks.still_open(tx)]


def one_waiting(store: Store) -> int:
    """Say a record and its step; the record waits for its next attempt, the step behind it."""
    with store.write() as tx:
        emit(tx, [record(1, 1), step(1, 2)], AT)
    waiting(store, 1)
    return 1


def test_an_alert_is_raised_from_the_set_distance_on_and_once(store: Store) -> None:
    """Not a minute before; never a second time, by whomever; with owner, due time and what to do
    in both languages."""
    id = one_waiting(store)
    look = watching(store).check
    assert look(TWO_HOURS_LEFT - timedelta(minutes=1)) == AlertRound(0, 0, 0)
    assert look(TWO_HOURS_LEFT) == AlertRound(1, 0, 1)
    assert look(TWO_HOURS_LEFT).raised == 0
    assert watching(store).check(DUE + timedelta(days=3)).raised == 0
    assert still_open(store) == [(deadline_alerts.KIND, id, DUE)]
    with store.read() as tx:
        (task,) = tasks.still_open(tx)
        assert deadline_alerts.listing(tx) == [(id, "provincial", number(1), "waiting", DUE)]
    assert (task.subject, task.owner) == (number(1), "ward clerk")
    assert "due 16:00 07/08/2018" in task.detail
    assert all(f"hub deliveries complete {id} " in text for text in task.repair)
    assert "Nộp trực tiếp" in task.repair.vi
    assert "by hand" in task.repair


def by_hand(store: Store, id: int) -> None:
    operations.deliver_by_hand(store, id, **BY)


def cancelled(store: Store, id: int) -> None:
    operations.cancel(store, id, **BY)


def delivered(store: Store, id: int) -> None:
    with store.write() as tx:
        transitions.claim(tx, [id], "provincial", now=DUE, lease_until=DUE + HOUR)
        transitions.deliver(tx, [(id, "ref")], now=DUE, from_state=S.SENDING)
        transitions.release_followers(tx, "provincial", [number(1)], DUE)


def superseded(store: Store, id: int) -> None:
    with store.write() as tx:
        transitions.supersede(tx, id, from_state=S.WAITING, now=DUE)


@pytest.mark.parametrize(
    ("settle", "why"),
    [
        (by_hand, "by_hand"),
        (cancelled, "cancelled"),
        (delivered, "delivered"),
        (superseded, "superseded"),
    ],
)
def test_the_alert_closes_by_itself_when_the_delivery_is_settled(
    store: Store, settle: Callable[[Store, int], None], why: str
) -> None:
    """It says how; and what was held behind it has an alert of its own when it does not move."""
    id = one_waiting(store)
    look = watching(store).check
    look(TWO_HOURS_LEFT)
    settle(store, id)
    assert look(DUE) == AlertRound(0, 1, 0)
    with store.read() as tx:
        assert tasks.still_open(tx) == []
        closed = tx.execute(task_table.select()).one()
    assert (closed.closed_by, closed.closed_why, closed.closed_at) == ("hub", why, DUE)


def test_the_next_of_the_lane_gets_its_own_alert(store: Store) -> None:
    """As soon as it stands still at the head; not while it is held."""
    id = one_waiting(store)
    with store.write() as tx:
        dossiers.add(tx, dossier(1))
    look = watching(store).check
    look(TWO_HOURS_LEFT)
    by_hand(store, id)
    assert look(DUE) == AlertRound(0, 1, 0)  # it has just been asked for
    later = DUE + STUCK_AFTER
    assert look(later) == AlertRound(1, 0, 1)
    assert [found[1] for found in still_open(store)] == [id + 1]


def test_what_has_just_been_said_is_not_stuck(store: Store) -> None:
    """Most dossiers are due on the day they come in: only what does not move is alarming."""
    with store.write() as tx:
        emit(tx, [record(1, 1)], TWO_HOURS_LEFT)
    look = watching(store).check
    soon = TWO_HOURS_LEFT + STUCK_AFTER - timedelta(seconds=1)
    assert look(soon).raised == 0
    assert look(soon + timedelta(seconds=1)).raised == 1


def test_a_dead_delivery_is_told_at_once(store: Store) -> None:
    """Nothing will move it but a person."""
    with store.write() as tx:
        emit(tx, [record(1, 1)], TWO_HOURS_LEFT)
        transitions.claim(
            tx, [1], "provincial", now=TWO_HOURS_LEFT, lease_until=TWO_HOURS_LEFT + HOUR
        )
        transitions.kill(tx, 1, from_state=S.SENDING, code="partner_refused", detail="")
    assert watching(store).check(TWO_HOURS_LEFT).raised == 1


def dossier(n: int, **changes: object) -> dossiers.Dossier:
    """Return the ward's row of dossier `n`."""
    made = dossiers.Dossier(
        number=number(n),
        procedure="1.001193",
        sector="G15-TP07",
        inter_level=False,
        channel=p.Channel.COUNTER,
        applicant=p.Applicant(name="Người Thử"),
        summary="",
        components=(),
        parcels=(),
        officer="Cán bộ Thử",
        received_at=AT,
        due_at=DUE,
        first_due_at=DUE,
        status=p.Status.ACCEPTED,
        status_at=AT,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def test_the_due_date_is_that_of_the_ward_now_and_its_clock_may_stand(store: Store) -> None:
    """A date that was moved counts, not the one that the message was said with; a dossier that
    waits for papers does not come nearer."""
    one_waiting(store)
    look = watching(store).check
    with store.write() as tx:
        dossiers.add(tx, dossier(1, due_at=DUE + timedelta(days=7)))
    assert look(DUE).raised == 0
    with store.write() as tx:
        dossiers.save(tx, dossier(1, supplement_since=AT))
    assert look(DUE + HOUR).raised == 0
    with store.write() as tx:
        dossiers.save(tx, dossier(1))
    assert look(TWO_HOURS_LEFT).raised == 1


def test_an_alert_that_a_person_closed_does_not_come_again(store: Store) -> None:
    """He has said why."""
    one_waiting(store)
    look = watching(store).check
    look(TWO_HOURS_LEFT)
    with store.write() as tx:
        (task,) = tasks.still_open(tx)
        tasks.close(tx, task.number, **BY)
    assert look(DUE).raised == 0


def test_without_a_calendar_it_is_too_early_rather_than_never(store: Store) -> None:
    """A year that nobody has confirmed gives no due date, and still no alert is missed."""
    unknown = datetime(2090, 1, 1, tzinfo=AT.tzinfo)
    with store.write() as tx:
        emit(tx, [record(1, 1)], AT)
        dossiers.add(tx, dossier(1, due_at=unknown))
    waiting(store, 1)
    look = watching(store).check
    assert look(unknown - timedelta(days=20)).raised == 0
    assert look(unknown - timedelta(days=10)).raised == 1


def test_the_timer_looks_at_every_sweep(store: Store) -> None:
    """With the hub's clock, whatever the time is outside."""
    one_waiting(store)
    timer = Timer(
        store,
        clock=lambda: TWO_HOURS_LEFT,
        pace=Pace(sweep=timedelta(seconds=60)),
        also=watching(store).check,
    )
    timer.run_once()
    assert [found[0] for found in still_open(store)] == [deadline_alerts.KIND]


def test_an_operator_sees_what_is_urgent_and_settles_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In `hub deliveries attention` and in `hub tasks`, with the command that stops the
    retries; and that works
    as it stands there."""
    monkeypatch.setenv("HUB_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "400")
    store = empty_store(tmp_path / "hub.db")
    id = one_waiting(store)
    watching(store).check(TWO_HOURS_LEFT)
    run = CliRunner().invoke
    stuck = run(app, ["deliveries", "attention"]).output
    assert "Due soon" in stuck
    assert "07/08/2018 16:00" in stuck
    assert f"hub deliveries complete {id} --reason" in run(app, ["tasks"]).output
    assert "1 deliveries are close" in run(app, ["doctor"]).output
    assert run(app, ["deliveries", "complete", str(id), "--reason", "CV 12"]).exit_code == 0
    watching(store).check(DUE)
    assert "Due soon" not in run(app, ["deliveries", "attention"]).output
    store.close()
