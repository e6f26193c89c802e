"""A move that the state table does not have, made by a role."""

from typing import Any

import pytest

from hub.records.rulebook import Rulebook
from hub.store.deliveries import schedule
from hub.store.engine.store import Tx
from tests.simulation.play import play
from tests.simulation.plot import Plot
from tests.simulation.promises.promise import Promise, sentence_of


@pytest.mark.timeout(60)
def test_a_move_that_the_database_refuses_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    """The role ends with the error of the trigger; what is wrong is the move."""
    expire = schedule.expire_leases

    def sends_again(tx: Tx, **named: Any) -> Any:
        tx.exec_driver_sql("UPDATE deliveries SET state = 'sending' WHERE state = 'delivered'")
        return expire(tx, **named)

    monkeypatch.setattr(schedule, "expire_leases", sends_again)
    found = sentence_of(play(Plot(seed=1, dossiers=2), Rulebook.load()).broken)
    assert found
    assert found[0] is Promise.LEGAL_MOVES
