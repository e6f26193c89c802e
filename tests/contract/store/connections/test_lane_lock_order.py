"""All who lock several lanes take them in one order, so that no two wait for one another."""

import threading

import pytest
import sqlalchemy as sa

from hub.exchange.outbox.emit import emit
from hub.store.deliveries import schedule, transitions
from hub.store.engine.store import Store
from hub.store.schema.tables.exchange import deliveries as table
from tests.support.database.blocked import wait_blocked
from tests.support.works import AT, number, step


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
def test_a_sweep_and_a_settling_of_the_same_lanes_do_not_wait_in_a_ring(store: Store) -> None:
    """The sweep finds the later lane first; it has to wait for the earlier one all the same."""
    lanes = [number(1), number(2)]
    with store.write() as tx:
        for n in (2, 1):
            emit(tx, [step(n, 1), step(n, 2)], AT)
        gone = {"state": "cancelled", "settled_at": AT}
        tx.execute(sa.update(table).where(table.c.state == "pending").values(gone))
    released: list[int] = []

    def sweep() -> None:
        with store.write() as tx:
            released.append(schedule.sweep_held(tx, AT))

    sweeper = threading.Thread(target=sweep)
    with store.write() as tx:
        transitions.lock_lanes(tx, "provincial", lanes[:1])
        sweeper.start()
        assert wait_blocked(store, sweeper)
        transitions.lock_lanes(tx, "provincial", lanes[1:])
    sweeper.join(20)
    assert released == [2]
