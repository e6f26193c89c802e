"""Stopping: a call under way is waited for and written down, what has not begun is left."""

import threading
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from hub.bootstrap.partners.destinations import make_destinations
from hub.broker.memory import MemoryBroker
from hub.exchange.delivery.settle import SETTLE_AT_STOP
from hub.rules.deliveries.states import DeliveryState as S
from hub.runtime.role import Role
from hub.runtime.telemetry import logging_to
from hub.settings import Settings
from hub.store.engine.store import Store
from tests.support.partners.partner import Partner
from tests.support.works import step, working

COMPOSE = Path(__file__).parents[3] / "docker-compose.yml"
SETTINGS = Settings(
    province_url="http://127.0.0.1:9",
    province_password="x",
    town_url="http://127.0.0.1:9",
    town_client_id="hub",
    town_client_secret="x",
    town_callback_secret="x",
)


@pytest.fixture
def store(sqlite_store: Store) -> Store:
    """An empty SQLite store."""
    return sqlite_store


def test_a_stop_during_a_call_waits_for_it_and_sends_nothing_more(store: Store) -> None:
    """The call is delivered, nothing is in doubt, and what had not begun goes out next time."""
    partner, broker = Partner(concurrency=1), MemoryBroker()
    with working(store, broker, partner) as works:
        partner.gate.clear()
        works.emit(*(step(n, 1) for n in range(4)))
        assert partner.entered.acquire(timeout=20)
        works.wait(lambda states: states == {S.SENDING: 4})
        stopper = threading.Thread(target=works.deliver.stop)
        stopper.start()
        assert works.deliver.stopping.wait(20)
        partner.gate.set()
        stopper.join(20)
        works.timer.stop()
        assert works.states() == {S.DELIVERED: 1, S.WAITING: 3}
        assert partner.calls == 1
    with working(store, broker, partner) as works:
        works.wait_delivered(4)
    assert (partner.calls, partner.asked) == (4, 0)
    broker.close()


def test_a_call_may_take_all_of_its_exchanges(store: Store) -> None:
    """Real partners log in, lose their session and compare: the stop waits for all of that, the
    lease outlasts it, and the containers are not killed before."""
    grace = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["x-hub"]["stop_grace_period"]
    assert grace.endswith("m")
    for destination in make_destinations(SETTINGS):
        traits = destination.traits
        assert traits.longest_send >= timedelta(seconds=7 * 35)
        with_settling = traits.longest_send + SETTLE_AT_STOP
        assert timedelta(minutes=int(grace[:-1])) > with_settling
        destination.close()
    slow = Partner()
    with working(store, MemoryBroker(), slow) as works:
        longest = slow.traits.longest_send
        assert works.deliver.stop_within >= longest.total_seconds()
        assert works.reconcile.stop_within >= longest.total_seconds()
        assert works.deliver.lease > longest


def started(role: Role) -> threading.Thread:
    """Start a role; return its thread, which `stop` forgets when it gives up."""
    role.start()
    assert role.thread is not None
    return role.thread


def test_a_role_that_does_not_end_in_its_time_is_named(tmp_path: Path) -> None:
    """Whoever stops the hub learns that something was left behind."""
    entered, let_go = threading.Event(), threading.Event()

    class Stubborn(Role):
        name = "stubborn"
        stop_within = 0.01

        def run(self) -> None:
            entered.set()
            let_go.wait(20)

    role = Stubborn()
    with logging_to(tmp_path / "log"):
        thread = started(role)
        assert entered.wait(20)
        role.stop()
        let_go.set()
        thread.join(20)  # its last word goes to the log
    assert '"stop_overdue"' in (tmp_path / "log").read_text()


def test_roles_that_were_asked_together_are_waited_for_together(tmp_path: Path) -> None:
    """Each has its time from the request on, so that a container's grace is enough for all."""
    let_go = threading.Event()

    class Stubborn(Role):
        name = "stubborn"
        stop_within = 600.0

        def run(self) -> None:
            let_go.wait(20)

    role = Stubborn()
    with logging_to(tmp_path / "log"):
        thread = started(role)
        role.request_stop()
        assert role._stop_requested_at is not None
        role._stop_requested_at -= role.stop_within  # as long as the others before it have taken
        role.stop()  # a second wait of ten minutes would end this test
        let_go.set()
        thread.join(20)
    assert '"stop_overdue"' in (tmp_path / "log").read_text()
