"""The figures of a hub, read at a moment, on both databases."""

from datetime import timedelta

from hub.exchange.outbox.emit import emit
from hub.operations.clients import issuing
from hub.operations.overview import figures
from hub.operations.signed_by import SignedBy
from hub.rules.clients.client import ANY, Client
from hub.store.deliveries import pauses
from hub.store.deliveries.pauses import Pause
from hub.store.engine.store import Store
from hub.store.repair import tasks
from hub.store.repair.tasks import TaskFinding
from hub.texts import Text
from tests.support.console import dead
from tests.support.works import AT, now, record, step

HOUR = timedelta(hours=1)


def test_an_empty_hub_has_a_balance_of_each_partner_and_nothing_open(store: Store) -> None:
    """Figures are there from the first minute, as zeros."""
    with store.read() as tx:
        found = figures.read(tx, ("provincial", "town_center"), now=AT)
    assert [(it.destination, it.accepted, it.holds) for it in found.balances] == [
        ("provincial", 0, True),
        ("town_center", 0, True),
    ]
    assert found.oldest == {}
    assert found.unhandled == {"accepted": 0, "early": 0, "parked": 0}
    assert (list(found.pauses), dict(found.tasks), found.ending_secrets) == ([], {}, 0)


def test_the_oldest_of_each_state_counts_by_when_it_was_opened(store: Store) -> None:
    """Of a lane's head and of its follower, each in its state."""
    with store.write() as tx:
        emit(tx, [record(1, 1)], AT)
        emit(tx, [record(2, 1), step(1, 2)], AT + HOUR)
        dead(tx, record(3, 1))
    with store.read() as tx:
        found = figures.read(tx, ("provincial",), now=AT + 2 * HOUR)
    assert found.oldest == {
        ("provincial", "pending"): AT,
        ("provincial", "held"): AT + HOUR,
        ("provincial", "dead"): AT,
    }


def test_pauses_and_tasks_are_counted(store: Store) -> None:
    """A pause with what waits for its end, the open tasks by their owner."""
    pause = Pause(
        destination="provincial",
        operation="province.dossier",
        kind="circuit",
        phase="open",
        openings=1,
        since=AT,
        until=AT + HOUR,
        expires_at=AT + HOUR,
        code="reply_timeout",
        reason_vi="x",
        reason_en="x",
    )
    task = TaskFinding(
        kind="certificate_ends",
        subject="gateway",
        destination="",
        owner="ward IT",
        detail=Text("a", "a"),
        repair=Text("b", "b"),
    )
    with store.write() as tx:
        emit(tx, [record(1, 1)], AT)
        pauses.post(tx, pause)
        tasks.open_once(tx, task, due_at=None, now=AT)
    with store.read() as tx:
        found = figures.read(tx, ("provincial",), now=AT)
    assert [(it.pause, it.waiting) for it in found.pauses] == [(pause, 1)]
    assert found.tasks == {"ward IT": 1}


def test_a_secret_that_ends_soon_counts_until_it_has_a_successor(store: Store) -> None:
    """As the task that the timer opens for it."""
    client = Client(
        id="portal",
        operations=frozenset({"messages.accept"}),
        agencies=frozenset({ANY}),
        addresses=("10.0.0.0/8",),
        calls_per_minute=60,
    )
    by: SignedBy = {"actor": "Trần Thị Bình", "reason": "a test", "now": now()}

    def ending() -> int:
        with store.read() as tx:
            return figures.read(tx, ("provincial",), now=now()).ending_secrets

    issuing.add(store, client, lasts=timedelta(days=3), by=by)
    assert ending() == 1
    issuing.rotate(store, client.id, lasts=timedelta(days=300), by=by)
    assert ending() == 0
