"""Fetching a partner's contract touches no delivery: no time, no attempt, no circuit, no fault."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.provincial.destination import ProvincialDestination
from adapters.provincial.served_contract import contract_reader
from adapters.simulation.faults import Fault, FaultKind
from adapters.simulation.process import SimulatorProcess
from hub.bootstrap.build import build
from hub.broker.memory import MemoryBroker
from hub.drill.sandbox import loopback
from hub.messages import catalog
from hub.operations.contracts.watching import ContractWatch
from hub.rules.calls.call_limits import CallLimits
from hub.settings import Settings
from hub.store.deliveries import pauses
from hub.store.engine.store import Store
from hub.store.repair.replies import contracts
from tests.support.database.stores import lay_store
from tests.support.partners.province import effects, settings_for, start_province
from tests.support.works import now, number, record, working

K = FaultKind


@pytest.fixture
def province(tmp_path: Path) -> Iterator[SimulatorProcess]:
    """A simulated province."""
    with start_province(tmp_path / "province") as found:
        yield found


@pytest.fixture
def store(sqlite_store: Store) -> Store:
    """An empty SQLite store."""
    return sqlite_store


def was_read(store: Store) -> bool:
    """Tell whether a fetch of the province's contract has ended, well or not."""
    with store.read() as tx:
        return contracts.of_partner(tx, catalog.PROVINCIAL) is not None


@pytest.mark.parametrize(
    ("kind", "seconds"),
    [(K.LATE, 3.0), (K.DROP_AFTER_ACCEPT, 0.0), (K.SERVER_ERROR, 0.0), (K.HUGE, 0.0)],
)
def test_a_fetch_that_goes_wrong_all_the_time_is_not_noticed_by_deliveries(
    store: Store, province: SimulatorProcess, kind: FaultKind, seconds: float
) -> None:
    """All is delivered at the first attempt, nothing is paused, and the fault that a call would
    meet is still there."""
    province.set_faults([Fault(kind=kind, seconds=seconds, operations=("contract",))])
    settings = settings_for(province.url)
    reader = contract_reader(settings)
    assert reader is not None
    watch = ContractWatch(
        store, [reader], clock=now, every=timedelta(milliseconds=50), known=CallLimits()
    )
    destination = ProvincialDestination(settings)
    watch.start()
    try:
        with working(store, MemoryBroker(), destination) as works:
            works.emit(*(record(n, 1) for n in range(1, 13)))
            works.wait_delivered(12)
            works.wait(lambda _: was_read(store))  # 64 MB may take longer than all of them
    finally:
        watch.stop()
        destination.close()
    with store.read() as tx:
        attempts = tx.exec_driver_sql("SELECT attempts FROM deliveries").scalars().all()
        assert pauses.listed(tx, now=now()) == []
        assert contracts.of_partner(tx, catalog.PROVINCIAL) is not None
    assert attempts == [1] * 12
    assert effects(province, number(1)) == ["dossier"]


def test_a_fault_of_calls_passes_the_contract_by(store: Store, province: SimulatorProcess) -> None:
    """A drill that loses one reply loses that of a delivery, whenever the contract is fetched."""
    fault = Fault(kind=K.SERVER_ERROR, remaining=1)
    province.set_faults([fault])
    reader = contract_reader(settings_for(province.url))
    assert reader is not None
    watch = ContractWatch(store, [reader], clock=now, every=timedelta(days=1), known=CallLimits())
    assert watch.check(reader)
    reader.close()
    assert province.faults() == [fault]


@pytest.mark.parametrize(("every", "wanted"), [(86_400.0, True), (0.0, False)])
def test_a_hub_watches_unless_it_is_told_not_to(
    tmp_path: Path, province: SimulatorProcess, every: float, wanted: bool
) -> None:
    """In the timer's process, and only for partners whose profile names an address."""
    settings = Settings(
        data_dir=str(tmp_path),
        http_port=loopback.free_port(),
        province_url=province.url,
        town_url="http://127.0.0.1:1",
        town_client_id="x",
        town_client_secret="x",
        town_callback_secret="x",
        contract_every=every,
    )
    lay_store(tmp_path)
    hub = build(settings, sources=[])
    watching = [role for role in hub.roles if isinstance(role, ContractWatch)]
    hub.stop()
    assert [it.name for role in watching for it in role.readers] == ["provincial"] * wanted
