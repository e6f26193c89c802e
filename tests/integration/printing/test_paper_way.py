"""A paper's whole way: ordered by the command, carried by the hub, printed once by the printer."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.simulation.faults import Fault, FaultKind
from adapters.simulation.process import SimulatorProcess
from hub.bootstrap.build import build
from hub.drill.sandbox import loopback
from hub.messages import catalog
from hub.rules.deliveries.states import DeliveryState as S
from hub.settings import Settings
from hub.store.console import history
from hub.store.console.listing import ListedDelivery
from hub.store.engine.store import Store
from tests.support.database.stores import lay_store
from tests.support.dossiers.slips import add_dossier
from tests.support.programs.hub_command import run_hub
from tests.support.works import number

ACTOR = ("--actor", "Nguyễn Thị An")


@pytest.fixture
def printer(tmp_path: Path) -> Iterator[SimulatorProcess]:
    """A simulated printer."""
    ledger = tmp_path / "printer.db"
    with SimulatorProcess.start("adapters.devices.printer.simulator", ledger=ledger) as running:
        yield running


def prints(store: Store) -> list[ListedDelivery]:
    """Return the deliveries to printers."""
    with store.read() as tx:
        found = history.of_number(tx, number(1)).deliveries
    return [it for it in found if it.destination == catalog.DEVICES]


def await_state(store: Store, *states: S) -> None:
    """Wait until the prints are so: the hub's threads give no signal to a test."""
    end = time.monotonic() + 30
    while [it.state for it in prints(store)] != list(states):
        assert time.monotonic() < end, prints(store)
        time.sleep(0.02)


def test_a_paper_waits_for_its_printer_and_is_printed_once(
    tmp_path: Path, printer: SimulatorProcess
) -> None:
    """While the printer is away the delivery waits with its cause, and no attempt is used up."""
    devices = tmp_path / "devices.toml"
    address = printer.url.replace("http://", "ipp://") + "/ipp/print"
    devices.write_text(f'[printer-1]\nkind = "printer"\naddress = "{address}"\n', encoding="utf-8")
    settings = Settings(
        data_dir=str(tmp_path),
        http_port=loopback.free_port(),
        devices_file=str(devices),
        pin_cpu="off",
    )
    environment = {"HUB_DATA_DIR": str(tmp_path), "HUB_DEVICES_FILE": str(devices)}
    ordering = ("print", "cover-sheet", number(1), "--reason", "scan", *ACTOR)
    lay_store(tmp_path)
    hub = build(settings, sources=[])
    with hub.store.write() as tx:
        add_dossier(tx)
    printer.set_faults([Fault(kind=FaultKind.DOWN)])
    hub.start()
    try:
        done = run_hub(environment, *ordering)
        assert done.returncode == 0, done.stderr
        await_state(hub.store, S.WAITING)
        (waiting,) = prints(hub.store)
        assert waiting.code == "printer_not_ready"
        printer.clear_faults()
        sent = run_hub(
            environment, "deliveries", "replay", str(waiting.id), "--reason", "paper", *ACTOR
        )
        assert sent.returncode == 0, sent.stderr
        await_state(hub.store, S.DELIVERED)
        assert prints(hub.store)[0].reference.startswith("printer-1/")
        assert len(printer.effects(dossier=number(1))) == 1
    finally:
        hub.stop()
