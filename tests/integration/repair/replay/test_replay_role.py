"""The role that works replay plans off: as ordered, once each, on after pauses and restarts."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from hub.operations.deliveries import replay_orders
from hub.operations.deliveries.replay_orders import shown_phase
from hub.operations.deliveries.replay_role import ReplayParts, Replays
from hub.operations.deliveries.replay_run import SENT, ReplayRun
from hub.ports import Answer, Clock, Request
from hub.rules.deliveries.selection import Selection
from hub.rules.deliveries.states import DeliveryState as S
from hub.store.repair import replay_work, replays
from hub.store.repair.replay_work import LEASE, PlansIn, ReplayPhase
from tests.integration.repair.replay.desk import Desk, by
from tests.support.partners.partner import REFUSES, Partner
from tests.support.works import now, step

ALL = Selection(state="dead", partner="provincial", up_to=2**40)
RUNS = PlansIn(ReplayPhase.RUNNING)


class Worker(Replays):
    """The role, whose pauses end with the next settlement, and which a test can interrupt."""

    def __init__(self, desk: Desk, *, interrupt: Callable[[], object] = lambda: None) -> None:
        works = desk.works
        parts = ReplayParts(
            destinations=[works.partner],
            file_path=desk.files.path,
            on_delivered=lambda *_: None,
            on_commit=works.committed,
        )
        super().__init__(works.store, parts, clock=now)
        self.desk, self.interrupt = desk, interrupt

    def _pause(self, seconds: float) -> None:
        self.desk.pause(seconds)
        if self.desk.works.states().get(S.DELIVERED):
            self.interrupt()


def phase(desk: Desk, plan: int) -> str:
    """Return where a plan is."""
    with desk.works.store.read() as tx:
        work = replay_work.of_plan(tx, plan)
        return shown_phase(
            replays.plan_of(tx, plan, lock=False).state, work.phase if work else None
        )


def planned(desk: Desk, selection: Selection = ALL) -> int:
    """Order a plan and have it made."""
    plan = replay_orders.order_plan(desk.works.store, selection, form="f", by=by("look"))
    assert Worker(desk).step()
    assert phase(desk, plan) == "ready"
    return plan


def command(desk: Desk, plan: int, *, pause: Callable[[float], object], clock: Clock) -> ReplayRun:
    """Return the run of a command that sends a delivery in a hundred seconds."""
    return ReplayRun(
        desk.works.store,
        plan,
        actor="officer",
        reason="slowly",
        clock=clock,
        on_delivered=lambda *_: None,
        per_second=0.01,
        patience=timedelta(seconds=20),
        on_commit=desk.works.committed,
        pause=pause,
    )


def order(desk: Desk, plan: int, verb: str) -> None:
    """Order something about a plan."""
    replay_orders.order(desk.works.store, plan, verb, by=by("fixed there"), per_second=50)


def test_an_ordered_plan_is_made_and_then_run(open_desk: Callable[..., Desk]) -> None:
    """Nothing goes out before the order; then each once, in the order of its lane."""
    desk = open_desk()
    desk.die(*(step(n, version) for n in range(1, 4) for version in (1, 2)))
    calls = desk.works.partner.calls
    plan = planned(desk)
    assert not Worker(desk).step()
    assert desk.works.partner.calls == calls
    order(desk, plan, "start")
    assert Worker(desk).step()
    assert phase(desk, plan) == "finished"
    desk.works.wait_delivered(6)
    assert (desk.works.partner.doubled(), desk.works.partner.overtaken()) == (0, 0)
    assert desk.works.partner.calls == calls + 6


def test_a_paused_plan_goes_on_where_it_was(open_desk: Callable[..., Desk]) -> None:
    """What was sent before the pause is not sent again."""
    desk = open_desk()
    desk.die(*(step(n, 1) for n in range(1, 6)))
    plan = planned(desk)
    order(desk, plan, "start")
    paused: list[int] = []

    def pause() -> None:
        if not paused:
            paused.append(plan)
            order(desk, plan, "pause")

    assert Worker(desk, interrupt=pause).step()
    assert phase(desk, plan) == "paused"
    with desk.works.store.read() as tx:
        sent = replays.outcomes_of(tx, plan)
    assert 0 < sum(sent.values()) < 5
    assert not Worker(desk).step()
    order(desk, plan, "resume")
    assert Worker(desk).step()
    assert phase(desk, plan) == "finished"
    desk.works.wait_delivered(5)
    assert desk.works.partner.doubled() == 0


def test_a_plan_goes_on_after_a_restart_of_the_hub(open_desk: Callable[..., Desk]) -> None:
    """A role that stops gives its plan back; the next one sends the rest."""
    desk = open_desk()
    desk.die(*(step(n, 1) for n in range(1, 6)))
    plan = planned(desk)
    order(desk, plan, "start")
    first = Worker(desk)
    first.interrupt = first.stopping.set
    assert first.step()
    assert phase(desk, plan) == "running"
    assert Worker(desk).step()
    assert phase(desk, plan) == "finished"
    desk.works.wait_delivered(5)
    assert desk.works.partner.doubled() == 0


def test_a_slow_run_of_a_command_keeps_its_plan(open_desk: Callable[..., Desk]) -> None:
    """A hundred seconds between two deliveries are no reason for the hub to go on in its place."""
    desk = open_desk()
    desk.die(*(step(n, 1) for n in range(1, 4)))
    late, claims = timedelta(), list[object]()

    def pause(seconds: float) -> None:
        nonlocal late
        if seconds < 1:
            desk.pause(seconds)
            return
        late += timedelta(seconds=seconds)
        with desk.works.store.write() as tx:
            claims.append(RUNS.claim(tx, "the hub", now=now() + late))

    run = command(desk, desk.plan()[0], pause=pause, clock=lambda: now() + late)
    assert run.run().outcomes == {SENT: 3}
    assert late >= timedelta(seconds=200)
    assert set(claims) == {None}
    desk.works.wait_delivered(3)


def test_a_run_of_a_command_that_breaks_off_is_paused(open_desk: Callable[..., Desk]) -> None:
    """Ctrl-C: nobody goes on without an order; after it the hub sends the rest."""
    desk = open_desk()
    desk.die(*(step(n, 1) for n in range(1, 5)))
    plan, _ = desk.plan()

    def pause(seconds: float) -> None:
        if seconds >= 1:
            raise KeyboardInterrupt
        desk.pause(seconds)

    with pytest.raises(KeyboardInterrupt):
        command(desk, plan, pause=pause, clock=now).run()
    assert phase(desk, plan) == "paused"
    assert desk.actions()[-1] == ("replay.broke_off", str(plan))
    assert not Worker(desk).step()
    with desk.works.store.write() as tx:
        assert RUNS.claim(tx, "later", now=now() + 2 * LEASE) is None
    with desk.works.store.read() as tx:
        work = replay_work.of_plan(tx, plan)
    assert work is not None
    assert (work.run_by, work.run_reason, work.per_second) == ("officer", "slowly", 0.01)
    order(desk, plan, "resume")
    assert Worker(desk).step()
    assert phase(desk, plan) == "finished"
    desk.works.wait_delivered(4)
    assert desk.works.partner.doubled() == 0


def test_the_first_repeat_of_the_fault_stops_the_plan(open_desk: Callable[..., Desk]) -> None:
    """And the plan says which delivery it was, and with which fault."""
    desk = open_desk()
    desk.die(*(step(n, 1) for n in range(1, 5)))
    plan = planned(desk)
    desk.works.partner.goes_wrong(REFUSES)
    order(desk, plan, "start")
    assert Worker(desk).step()
    assert phase(desk, plan) == "stopped"
    with desk.works.store.read() as tx:
        why = replays.plan_of(tx, plan, lock=False).why or ""
        first = replays.items_of(tx, plan)[0]
    assert f"delivery {first.delivery_id} failed again with partner_refused" in why
    assert desk.works.states() == {S.DEAD: 4}


def test_a_plan_that_is_cancelled_while_it_is_made_has_no_items(
    open_desk: Callable[..., Desk],
) -> None:
    """The worker notices it and writes nothing more."""
    cancelled: list[int] = []

    class Cancelling(Partner):
        """A partner at whose first query a person cancels the plan."""

        def find(self, request: Request) -> Answer:
            if not cancelled and plans:
                cancelled.extend(plans)
                order(desk, plans[0], "cancel")
            return super().find(request)

    plans: list[int] = []
    desk = open_desk(Cancelling())
    desk.die(*(step(n, 1) for n in range(1, 4)))
    plans.append(replay_orders.order_plan(desk.works.store, ALL, form="f", by=by("look")))
    assert Worker(desk).step()
    assert phase(desk, plans[0]) == "cancelled"
    with desk.works.store.read() as tx:
        assert replays.items_of(tx, plans[0]) == []
    assert not Worker(desk).step()


@pytest.mark.parametrize("other", [Selection(state="dead", partner="town_center", up_to=9)])
def test_a_plan_without_deliveries_is_ready_and_ends_at_once(
    open_desk: Callable[..., Desk], other: Selection
) -> None:
    """An empty selection is no fault."""
    desk = open_desk()
    plan = planned(desk, other)
    order(desk, plan, "start")
    assert Worker(desk).step()
    assert phase(desk, plan) == "finished"
