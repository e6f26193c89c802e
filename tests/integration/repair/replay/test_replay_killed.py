"""A replay command that dies between two items: what is done stays done, the rest is not lost."""

import signal
from pathlib import Path

import sqlalchemy as sa

from hub.broker.memory import MemoryBroker
from hub.operations.deliveries import replay_plan
from hub.rules.deliveries.states import DeliveryState as S
from hub.store.evidence import audit
from hub.store.repair import replay_work, replays
from hub.store.repair.replays import ReplayFilter
from hub.store.schema.tables.exchange import audit as audit_table
from tests.support.database.stores import empty_store
from tests.support.partners.partner import REFUSES, Partner
from tests.support.programs.hub_command import run_hub
from tests.support.works import now, step, working

COUNT = 4


def command(directory: Path, plan: int, armed: str) -> int:
    """Run `hub deliveries replay --run` in a process of its own; return its exit code."""
    words = [
        "deliveries",
        "replay",
        "--run",
        str(plan),
        "--reason",
        "fixed there",
        "--per-second",
        "1000",
    ]
    environment = {"HUB_DATA_DIR": str(directory), "HUB_OPERATOR": "Trần Thị Bình"}
    return run_hub(environment, *words, armed=armed).returncode


def test_a_replay_that_dies_between_two_items_is_run_again(tmp_path: Path) -> None:
    """The second run does what the first one left; each delivery is sent once, all is audited."""
    store, partner = empty_store(tmp_path / "hub.db"), Partner()
    broker = MemoryBroker()
    with working(store, broker, partner) as works:
        partner.goes_wrong(*[REFUSES] * COUNT)
        works.emit(*(step(n, 1) for n in range(COUNT)))
        works.wait(lambda states: states == {S.DEAD: COUNT})
        by = {"actor": "officer", "reason": "look", "now": now()}
        plan = replay_plan.make(
            store,
            ReplayFilter(),
            [partner],
            file_path=lambda _: tmp_path,
            by=by,  # type: ignore[arg-type]
        )
        calls = partner.calls
        assert command(tmp_path, plan, "replay_between_items=kill@2") == -signal.SIGKILL
        works.wait(lambda states: states == {S.DELIVERED: 2, S.DEAD: COUNT - 2})
        with store.read() as tx:
            assert not replays.plan_of(tx, plan).over
            work = replay_work.of_plan(tx, plan)
        assert work is not None
        assert "Trần Thị Bình" in work.run_by
        assert (work.run_reason, work.per_second) == ("fixed there", 1000)
        assert command(tmp_path, plan, "") == 0
        works.wait_delivered(COUNT)
        assert partner.calls == calls + COUNT
        assert (partner.doubled(), partner.overtaken()) == (0, 0)
        with store.read() as tx:
            assert audit.verify(tx)[1] == []
            rows = tx.execute(sa.select(audit_table.c.action).order_by(audit_table.c.seq))
            actions = list(rows.scalars())
    assert actions.count("delivery.replay") == COUNT
    assert [a for a in actions if a != "delivery.replay"] == [
        *("replay.plan", "replay.run", "replay.run", "replay.finished")
    ]
    broker.close()
    store.close()
