"""One dead delivery sent again: only as the person saw it, also while the partner is queried."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.messages.local_time import LOCAL
from hub.operations.deliveries import replay_one, replay_orders
from hub.operations.deliveries.expected import Expected
from hub.operations.deliveries.replay_one import Replayed
from hub.operations.deliveries.replay_run import NOT_SENT, SENT
from hub.operations.signed_by import SignedBy
from hub.ports import Answer, Clock, Request
from hub.rules.deliveries.states import DeliveryState as S
from hub.rules.failures.errors import TransientFailure
from hub.store.console import replay_plans
from hub.store.deliveries import attempts, pauses, transitions
from hub.store.deliveries.pauses import Pause, PersonPause
from hub.store.deliveries.transitions import StateConflict
from hub.store.engine.store import Store
from hub.store.repair.replay_work import ReplayPhase
from hub.store.repair.restore import doubt_everything
from hub.store.schema.tables.exchange import deliveries
from hub.store.schema.tables.repair import CANNOT_QUERY
from hub.texts import Text
from tests.support.console import dead
from tests.support.partners.partner import Partner
from tests.support.works import AT, now, step

BY: SignedBy = {"actor": "officer", "reason": "fixed there", "now": now()}


class AwayAfter(Partner):
    """A partner that cannot be queried, and during whose query something happens."""

    def __init__(self, happens: Callable[[], object]) -> None:
        super().__init__()
        self.happens = happens

    def find(self, request: Request) -> Answer:  # noqa: ARG002
        """It is away."""
        self.happens()
        raise TransientFailure("partner_unreachable")


def seen(store: Store, id: int) -> Expected:
    """Return what a page shows of a delivery now."""
    with store.read() as tx:
        return Expected(S.DEAD.value, transitions.situation_of(tx, id))


def replay(
    store: Store, id: int, partner: Partner, *, clock: Clock = now, unasked: bool = False
) -> Replayed:
    """Send one again, as a person does who sees it now."""
    return replay_one.replay(
        store,
        id,
        [partner],
        file_path=Path,
        by=BY,
        clock=clock,
        on_delivered=lambda *_: None,
        unasked=unasked,
        expected=seen(store, id),
    )


def state(store: Store, id: int) -> str:
    """Return the state of a delivery."""
    with store.read() as tx:
        query = sa.select(deliveries.c.state).where(deliveries.c.id == id)
        found: str = tx.execute(query).scalar_one()
        return found


@pytest.mark.parametrize("unasked", [False, True])
def test_one_that_died_again_during_its_query_is_not_sent(store: Store, unasked: bool) -> None:
    """The person decided about another fault; no plan stays behind."""
    with store.write() as tx:
        id = dead(tx, step(1, 1))

    def dies_again() -> None:
        with store.write() as tx:
            again = sa.update(deliveries).where(deliveries.c.id == id)
            tx.execute(again.values(attempts=deliveries.c.attempts + 1))

    with pytest.raises(StateConflict):
        replay(store, id, AwayAfter(dies_again), unasked=unasked)
    assert state(store, id) == S.DEAD
    with store.read() as tx:
        assert replay_plans.newest(tx) == []


def test_one_whose_plan_is_paused_before_it_goes_is_refused_in_words(store: Store) -> None:
    """The person is told which plan to see; the delivery stays dead."""
    with store.write() as tx:
        id = dead(tx, step(1, 1))

    def pausing() -> datetime:
        """Pause the plan as soon as it runs."""
        with store.read() as tx:
            plans = replay_plans.newest(tx)
        if plans and plans[0].work and plans[0].work.phase is ReplayPhase.RUNNING:
            replay_orders.order(store, plans[0].number, "pause", by=BY)
        return now()

    with pytest.raises(StateConflict) as refused:
        replay(store, id, Partner(), clock=pausing)
    assert "plan 1 was paused" in str(refused.value)
    assert state(store, id) == S.DEAD


@pytest.mark.parametrize("operation", ["", "province.progress"])
def test_a_partner_that_a_person_has_paused_is_not_queried(store: Store, operation: str) -> None:
    """The plan says so; what is left is the person's decision."""
    pause = PersonPause(
        destination="provincial",
        operation=operation,
        since=now(),
        until=now() + timedelta(hours=1),
        actor="Lê Văn Thử",
        reason="they maintain it",
    )
    with store.write() as tx:
        id = dead(tx, step(1, 1))
        pauses.keep_person_pause(tx, pause)
    partner = Partner()
    found = replay(store, id, partner)
    assert (found.verdict, found.outcome) == (CANNOT_QUERY, NOT_SENT)
    assert "is paused" in Text.read(found.detail).en
    assert partner.asked == 0
    with store.write() as tx:
        pauses.end_person_pause(tx, "provincial", operation)
    assert replay(store, id, partner).outcome == SENT


@pytest.mark.parametrize(("kind", "queries"), [("quota", 0), ("window", 0), ("circuit", 1)])
def test_a_partner_that_is_closed_is_not_queried(store: Store, kind: str, queries: int) -> None:
    """Nor one whose calls are used up; a query may find out that an open circuit is over."""
    pause = Pause(
        destination="provincial",
        operation="province.progress",
        kind=kind,
        phase="open",
        openings=1,
        since=now(),
        until=now() + timedelta(hours=1),
        expires_at=now() + timedelta(hours=1),
        code="",
        reason_vi="x",
        reason_en="x",
    )
    with store.write() as tx:
        id = dead(tx, step(1, 1))
        pauses.post(tx, pause)
    partner = Partner()
    replay(store, id, partner)
    assert partner.asked == queries


def test_what_a_lagging_look_up_does_not_show_is_not_sent_too_soon(store: Store) -> None:
    """A partner may refuse what it did; until its look-up must show that, nothing is proven."""
    partner, lag, ended = Partner(), timedelta(seconds=30), AT + timedelta(seconds=10)
    partner.traits = replace(partner.traits, lag=lag)
    with store.write() as tx:
        id = dead(tx, step(1, 1))
        end = attempts.Finished(
            delivery_id=id, number=1, kind="send", at=ended, outcome="permanent"
        )
        attempts.finish(tx, [end])
    found = replay(store, id, partner, clock=lambda: ended + lag - timedelta(seconds=1))
    assert (found.verdict, found.outcome) == (CANNOT_QUERY, NOT_SENT)
    counts_from = (ended + lag).astimezone(LOCAL)
    assert f"{counts_from:%H:%M:%S %d/%m/%Y}" in Text.read(found.detail).en
    assert replay(store, id, partner, clock=lambda: ended + lag).outcome == SENT


@pytest.mark.parametrize("findable", [True, False])
def test_what_died_before_an_old_copy_was_put_back_may_have_been_sent_since(
    store: Store, findable: bool
) -> None:
    """Somebody may have replayed it in the time that was lost: its refusal proves nothing now."""
    partner, lag, restored = Partner(), timedelta(seconds=30), AT + timedelta(hours=1)
    partner.traits = replace(
        partner.traits, findable=findable, lag=lag if findable else timedelta()
    )
    with store.write() as tx:
        id = dead(tx, step(1, 1))
        end = attempts.Finished(delivery_id=id, number=1, kind="send", at=AT, outcome="permanent")
        attempts.finish(tx, [end])
        doubt_everything(tx, now=restored)
    found = replay(store, id, partner, clock=lambda: restored + timedelta(seconds=1))
    assert (found.verdict, found.outcome) == (CANNOT_QUERY, NOT_SENT)
    later = replay(store, id, partner, clock=lambda: restored + lag)
    assert later.outcome == (SENT if findable else NOT_SENT)


def test_a_refusal_after_the_old_copy_was_put_back_is_believed(store: Store) -> None:
    """It says what is so now."""
    partner = Partner()
    partner.traits = replace(partner.traits, findable=False)
    with store.write() as tx:
        id = dead(tx, step(1, 1))
        doubt_everything(tx, now=AT)
        ended = AT + timedelta(hours=1)
        end = attempts.Finished(
            delivery_id=id, number=1, kind="send", at=ended, outcome="permanent"
        )
        attempts.finish(tx, [end])
    assert replay(store, id, partner, clock=lambda: ended).outcome == SENT
