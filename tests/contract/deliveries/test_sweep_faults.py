"""A fault in what the timer looks for besides keeps no delivery waiting."""

from datetime import datetime, timedelta

import pytest

from hub.bootstrap.roles.timer import check_all
from hub.exchange.housekeeping.timer import Timer
from hub.rules.deliveries.states import DeliveryState as S
from hub.store.engine.store import Store
from tests.contract.store.test_store import NOW, claim, open_deliveries, progress, state_of

LATER = NOW + timedelta(minutes=2)


def broken(_now: datetime) -> None:
    """Fail, as a statement does that the server cut off."""
    raise OSError("cut off")


def test_leases_end_although_what_is_looked_for_besides_fails(store: Store) -> None:
    """The fault is raised, because it must not stay unseen; the mark of the calls is written."""
    claim(store, *open_deliveries(store, progress(1, 1)))
    marked: list[bool] = []
    timer = Timer(store, clock=lambda: LATER, also=broken, on_sweep=lambda: marked.append(True))
    with pytest.raises(OSError, match="cut off"):
        timer.run_once()
    assert state_of(store, "m-1-1") is S.AMBIGUOUS
    assert marked


def test_one_look_that_fails_does_not_keep_the_others_from_looking() -> None:
    """All look, in their order; the fault is raised afterwards."""
    looked: list[str] = []
    looks = [lambda _: looked.append("first"), broken, lambda _: looked.append("last")]
    with pytest.raises(OSError, match="cut off"):
        check_all(looks, NOW)
    assert looked == ["first", "last"]
