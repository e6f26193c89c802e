"""The province goes down and comes back: real broker, real calls, and what an operator reads."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from adapters.provincial.destination import ProvincialDestination
from adapters.simulation.faults import Fault, FaultKind
from adapters.simulation.process import SimulatorProcess
from hub.broker.admin import declare
from hub.broker.rabbit.broker import RabbitBroker
from hub.broker.topology import TOPOLOGY
from hub.cli import app
from hub.messages import queues
from hub.records.deadlines.calendar import local
from hub.rules.calls import circuit
from hub.store.deliveries import pauses
from hub.store.engine.store import Store
from tests.support import works as works_module
from tests.support.partners.province import effects, settings_for, start_province
from tests.support.services import RabbitService
from tests.support.works import now, number, record, working

LONG_PAUSES = circuit.CircuitPolicy(first_pause=timedelta(minutes=5), width=4)
QUEUE = queues.deliver_queue("provincial")
FIRST, DOSSIERS = 40, 60


@pytest.fixture
def store(installed: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The store of the installation that the commands look at."""
    monkeypatch.setenv("COLUMNS", "240")
    return installed


@pytest.fixture
def broker(rabbit: RabbitService) -> Iterator[RabbitBroker]:
    """A virtual host of a private node, with the hub's topology."""
    with rabbit.own_vhost() as url:
        declare.apply(TOPOLOGY, url, rabbit.management_url)
        broker = RabbitBroker(url)
        yield broker
        broker.close()


@pytest.fixture
def province(tmp_path: Path) -> Iterator[SimulatorProcess]:
    """A simulated province of this test's own, because it goes down."""
    with start_province(tmp_path / "province") as found:
        yield found


def typed(*words: str) -> str:
    """Return what a command prints."""
    return CliRunner().invoke(app, [*words]).output


def reads(output: str, standing: list[pauses.ListedPause]) -> None:
    """Check that each pause is told: partner, operation, why in the language, until when."""
    for item in standing:
        it = item.pause
        assert it.destination in output
        assert f"({it.operation})" in output
        assert (it.reason_en in output, it.reason_vi in output) == (True, False)
        assert f"{local(it.until):%d/%m/%Y %H:%M:%S}" in output


def paused(store: Store, at: datetime) -> list[pauses.ListedPause]:
    """Return the pauses in force, as the command lists them."""
    with store.read() as tx:
        return pauses.listed(tx, now=at)


@pytest.mark.rabbit
def test_the_province_is_down_and_comes_back(
    store: Store,
    broker: RabbitBroker,
    province: SimulatorProcess,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A few calls, then none; the asks stay in RabbitMQ; when it is back all arrive once."""
    by = timedelta()

    def ahead() -> datetime:
        return now() + by

    monkeypatch.setattr(works_module, "now", ahead)
    destination = ProvincialDestination(settings_for(province.url))
    province.set_faults([Fault(kind=FaultKind.DOWN)])
    assert "Nothing is paused" in typed("partners", "pauses")
    with working(store, broker, destination, policy=LONG_PAUSES) as works:
        works.emit(*(record(n, 1) for n in range(FIRST)))
        every = len(destination.traits.accepts)
        works.wait(lambda it: "sending" not in it and len(paused(store, ahead())) == every)
        works.emit(*(record(n, 1) for n in range(FIRST, DOSSIERS)))
        # at least these: of the first ones all may have been taken before the circuit opened
        works.wait(lambda _: broker.depth(QUEUE) >= DOSSIERS - FIRST)
        found = paused(store, ahead())
        assert sum(it.waiting for it in found) == DOSSIERS
        for words in (("partners", "pauses"), ("verify",), ("deliveries", "attention")):
            output = typed(*words)
            reads(output, found)
        assert province.ledger()["faults"]["down"] == 1
        province.clear_faults()
        by = max(it.pause.until for it in found) + timedelta(seconds=1) - now()
        works.deliver.wake()
        works.wait_delivered(DOSSIERS)
    assert all(len(effects(province, number(n))) == 1 for n in range(DOSSIERS))
    destination.close()
