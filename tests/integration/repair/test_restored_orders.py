"""An old copy is put back: what persons ordered in it may have been done in the lost time."""

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.operations.approvals import deciding
from hub.operations.approvals.keeping import ProposalNotDone
from hub.operations.deliveries import replay_orders, replay_plan
from hub.operations.deliveries.replay_role import ReplayParts, Replays
from hub.operations.restore import restore
from hub.operations.signed_by import SignedBy
from hub.rules.deliveries.states import DeliveryState as S
from hub.rules.users.approvals import ApprovalState, ApprovalVerb
from hub.rules.users.rights import UserRole
from hub.store.deliveries import attempts
from hub.store.engine.store import Store
from hub.store.repair import replays
from hub.store.repair.replays import ReplayFilter
from hub.store.repair.restore import CallCounterFile, doubt_everything
from hub.store.schema.tables.exchange import deliveries
from hub.store.users import approvals
from hub.texts import Text
from tests.support.console import dead
from tests.support.partners.partner import Partner
from tests.support.users import add_user
from tests.support.works import AT, now, step

BY: SignedBy = {"actor": "officer", "reason": "disk lost", "now": now()}
LATER = now() + timedelta(hours=1)


def put_back(store: Store, place: Path) -> None:
    """Prepare a database for its start, as the command does."""
    restore(store, lambda _entry: None, CallCounterFile(place / "mark"), BY)


def state(store: Store, id: int) -> S:
    """Return the state of a delivery."""
    with store.read() as tx:
        chosen = sa.select(deliveries.c.state).where(deliveries.c.id == id)
        return S(tx.execute(chosen).scalar_one())


@pytest.mark.parametrize("orders", [(), ("start",), ("start", "pause")])
def test_a_plan_of_the_copy_ends(store: Store, tmp_path: Path, orders: tuple[str, ...]) -> None:
    """Ready, running or paused: it asked before the time that was lost, so nobody goes on."""
    partner = Partner()
    with store.write() as tx:
        id = dead(tx, step(1, 1))
    plan = replay_plan.make(
        store, ReplayFilter(delivery=id), [partner], file_path=Path, by=BY, clock=now
    )
    for verb in orders:
        replay_orders.order(store, plan, verb, by=BY)

    put_back(store, tmp_path)

    parts = ReplayParts(destinations=[partner], file_path=Path, on_delivered=lambda *_, **__: None)
    role = Replays(store, parts, clock=lambda: LATER)
    role.stopping.set()
    role.step()
    assert state(store, id) is S.DEAD
    for verb in ("start", "resume"):
        with pytest.raises(replay_orders.OrderRefused):
            replay_orders.order(store, plan, verb, by=BY)
    with store.write() as tx:
        ended = replays.plan_of(tx, plan)
    assert ended.over
    assert "old copy" in Text.read(ended.why or "").en


def test_a_proposal_of_the_copy_ends(store: Store, tmp_path: Path) -> None:
    """Approved in the time that was lost, it would be carried out a second time."""
    with store.write() as tx:
        id = dead(tx, step(1, 1))
    operator = add_user(store, "operator", role=UserRole.OPERATOR, now=now()).visitor
    head = add_user(store, "head", role=UserRole.HEAD, now=now()).visitor
    signed: SignedBy = {"actor": operator.actor, "reason": "a test", "now": now()}
    number = deciding.propose(
        store, ApprovalVerb.REPLAY_UNASKED, id, expected="dead", terms=b"", who=operator, by=signed
    )

    put_back(store, tmp_path)

    with pytest.raises(ProposalNotDone):
        deciding.approve(store, number, who=head, by={**signed, "actor": head.actor})
    assert state(store, id) is S.DEAD
    with store.read() as tx:
        ended = approvals.numbered(tx, number)
    assert ended is not None
    assert ended.state is ApprovalState.STALE
    assert "old copy" in (ended.outcome or Text("", "")).en


def test_a_clock_that_is_behind_makes_no_call_younger_than_the_restore(store: Store) -> None:
    """The machine of the rescue may be seconds behind the one that made the last call."""
    ended = AT + timedelta(seconds=10)
    with store.write() as tx:
        id = dead(tx, step(1, 1))
        end = attempts.Finished(
            delivery_id=id, number=1, kind="send", at=ended, outcome="permanent"
        )
        attempts.finish(tx, [end])
        doubt_everything(tx, now=AT)
        assert replays.is_restored_since(tx, id)
        assert replays.last_restored(tx) == ended
