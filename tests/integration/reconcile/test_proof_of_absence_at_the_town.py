"""Everyday habits of the town's database double nothing and lose nothing: on real roles, over real
sockets, with the simulated town speaking as such software does."""

import itertools
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec import structs

from adapters.simulation.faults import Fault, FaultKind
from adapters.simulation.process import SimulatorProcess
from adapters.town_center import profile
from adapters.town_center.destination import TownCenter
from hub.broker.memory import MemoryBroker
from hub.messages.payloads import TownStep, TownSupplement
from hub.operations.comparison.daily import compare
from hub.rules.deliveries.states import DeliveryState as S
from hub.store.engine.store import Store
from hub.store.monitoring import attention
from tests.support.partners.town import (
    HUE,
    LittleHub,
    message_of,
    running_town,
    settings_for,
    transfer,
)
from tests.support.works import now, working

TRANSFER, SUPPLEMENT = "TiepNhanHoSo", "CapNhatTrangThaiBoSungHoSo"
LAG = timedelta(seconds=0.3)
"""What a proof of absence waits for twice."""
AT_WORK = timedelta(seconds=0.6)
"""The reply timeout: how long after a call the town may be at work on it."""
K = FaultKind
Place = tuple[LittleHub, SimulatorProcess]
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A town that asks for a supplement of every dossier."""
    with running_town(tmp_path_factory.mktemp("town"), "--supplement-share", "1") as found:
        yield found


@pytest.fixture
def place(shared: Place) -> Iterator[Place]:
    yield shared
    shared[1].clear_faults()
    shared[1].speak()


@pytest.fixture
def store(sqlite_store: Store) -> Store:
    return sqlite_store


@pytest.fixture
def partner(place: Place) -> Iterator[TownCenter]:
    """The town as a destination, with a short lag and patience."""
    shipped = profile.shipped()
    made = TownCenter(
        settings_for(
            place[1].url,
            place[0].url,
            reply_timeout=AT_WORK,
            profile=structs.replace(shipped, lookup=structs.replace(shipped.lookup, lag=LAG)),
        )
    )
    yield made
    made.close()


@pytest.fixture
def number() -> str:
    return f"000.99.02.H57-180727-{next(_numbers):04d}"


def lost(kind: FaultKind, operation: str, **more: Any) -> Fault:
    """Return a fault that one call meets."""
    return Fault(kind=kind, operations=(operation,), remaining=1, **more)


def handing_over(number: str) -> Any:
    """Return a hand-over whose times have seconds and fractions."""
    at = datetime(2018, 7, 24, 8, 30, 17, 345_000, tzinfo=HUE)
    return transfer(number, received_at=at, due_at=at + timedelta(days=40, seconds=11))


@pytest.mark.parametrize("habits", [(), ("whole_seconds",), ("minutes",), ("late_replica",)])
@pytest.mark.parametrize("fault", [K.DROP_AFTER_ACCEPT, K.LOST])
def test_a_hand_over_whose_reply_is_lost_is_there_once(
    store: Store,
    place: Place,
    partner: TownCenter,
    number: str,
    habits: tuple[str, ...],
    fault: FaultKind,
) -> None:
    """Fractions or seconds cut off, a look-up that lags: delivered, once, and no conflict."""
    town, broker = place[1], MemoryBroker()
    town.speak(*habits, lag_seconds=LAG.total_seconds() * 0.8)
    town.set_faults([lost(fault, TRANSFER)])
    with working(store, broker, partner) as works:
        works.emit(message_of(handing_over(number)))
        works.wait(lambda states: states == {S.DELIVERED: 1}, seconds=40)
    broker.close()
    done = [row["kind"] for row in town.effects(dossier=number)]
    assert done == ["dossier"]


@pytest.mark.parametrize(
    "fault",
    [
        lost(K.DROP_AFTER_ACCEPT, SUPPLEMENT),
        lost(K.LOST, SUPPLEMENT),
        lost(K.PROXY_GIVES_UP, SUPPLEMENT, status=503, seconds=0.4),
        lost(K.LINE_GIVES_UP, SUPPLEMENT, seconds=0.4),
    ],
    ids=lambda fault: fault.kind,
)
def test_a_supplement_is_there_once_however_its_call_ended(
    store: Store, place: Place, partner: TownCenter, number: str, fault: Fault
) -> None:
    """The town records a repeated one again, and its look-up lags: none is repeated."""
    (hub, town), broker = place, MemoryBroker()
    town.speak("late_replica", "minutes", lag_seconds=LAG.total_seconds() * 0.8)
    with working(store, broker, partner) as works:
        works.emit(message_of(handing_over(number)))
        works.wait(lambda states: states == {S.DELIVERED: 1}, seconds=40)
        hub.wait_for(lambda: len(hub.sink.steps(number)) == 3)
        wanted = hub.sink.steps(number)[-1]
        assert wanted.step is TownStep.AWAITING_SUPPLEMENT
        town.set_faults([fault])
        at = wanted.at + timedelta(days=1)
        given = TownSupplement(number=number, version=2, supplied_at=at, due_at=at)
        works.emit(message_of(given))
        works.wait(lambda states: states == {S.DELIVERED: 2}, seconds=40)
    broker.close()
    assert [row["kind"] for row in town.effects(dossier=number)] == ["dossier", "event"]
    with store.read() as tx:
        assert attention.stuck(tx) == []
    town.speak("minutes")
    found = compare(store, {partner.name: partner}, number, now=now()).findings
    assert {one.kind for one in found} <= {"not_sent"}
