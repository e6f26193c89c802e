"""A paper's way to a printer at a workstation: the whole hub, a real agent, CUPS's own printer."""

import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from hub.bootstrap.build import build
from hub.bootstrap.hub import Hub
from hub.drill.sandbox import loopback
from hub.messages import catalog
from hub.operations.edge import enrolling, hosted_printers
from hub.ports.printing.waits import FIRST_WAIT
from hub.rules.deliveries.states import DeliveryState as S
from hub.runtime.clock import utc_now
from hub.settings import Settings
from hub.store.console import history
from hub.store.console.listing import ListedDelivery
from tests.integration.devices.test_printer import A4
from tests.support.devices.eve_printer import EvePrinter, eve_printer
from tests.support.dossiers.slips import add_dossier
from tests.support.gateway.edge_agent import signed
from tests.support.programs.hub_command import run_hub
from tests.support.works import number

pytestmark = pytest.mark.long
AGENT, PRINTER = "quay-2", "may-in-2"
ACTOR = ("--actor", "Nguyễn Thị An")
PATIENCE = 60.0


def await_true(true: Callable[[], bool], what: str) -> None:
    """Wait until something is so: neither hub nor agent gives a signal to a test."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.02)


@dataclass
class Ward:
    """A hub, and a workstation with a printer."""

    hub: Hub
    eve: EvePrinter
    directory: Path
    url: str
    agent: subprocess.Popen[bytes] | None = None

    def enrol(self) -> None:
        """Make the workstation an agent, by its own command."""
        devices = self.directory / "workstation.toml"
        devices.write_text(f'[{PRINTER}]\nkind = "printer"\naddress = "{self.eve.uri}"\n')
        code = enrolling.add(self.hub.store, AGENT, by=signed())
        made = self._edge("enroll", self.url, code.text, "--devices", str(devices))
        assert made.wait(60) == 0

    def start(self) -> None:
        """Start the agent's process, and wait for its first word."""
        self.agent = self._edge("run")
        await_true(self._reached, "the agent reports its printer")

    def kill(self) -> None:
        """End the agent's process by signal 9."""
        assert self.agent is not None
        self.agent.send_signal(signal.SIGKILL)
        self.agent.wait(30)

    def print_out(self) -> None:
        """Order a paper, by the command."""
        words = ("print", "cover-sheet", number(1), "--printer", PRINTER, "--reason", "scan")
        environment = {
            "HUB_DATA_DIR": str(self.directory),
            "HUB_DEVICES_FILE": str(self.directory / "hub.toml"),
        }
        done = run_hub(environment, *words, *ACTOR)
        assert done.returncode == 0, done.stderr

    def prints(self) -> list[ListedDelivery]:
        """Return the deliveries to printers."""
        with self.hub.store.read() as tx:
            found = history.of_number(tx, number(1)).deliveries
        return [it for it in found if it.destination == catalog.DEVICES]

    def await_states(self, *states: S) -> None:
        """Wait until the prints are so, the newest first or last."""
        wanted = sorted(states)
        await_true(lambda: sorted(it.state for it in self.prints()) == wanted, str(wanted))

    def has_begun(self) -> bool:
        """Tell whether bytes of a paper may have gone to the printer."""
        with closing(sqlite3.connect(self.directory / "edge" / "spool.sqlite3")) as spool:
            return bool(spool.execute("SELECT 1 FROM prints WHERE state = 'begun'").fetchall())

    def job_states(self) -> list[str]:
        """Return where each paper is, as the hub knows it."""
        with self.hub.store.read() as tx:
            return [row[0] for row in tx.exec_driver_sql("SELECT state FROM edge_prints").all()]

    def stop(self) -> None:
        """End the agent as a service manager does."""
        if self.agent is not None and self.agent.poll() is None:
            self.agent.send_signal(signal.SIGTERM)
            self.agent.wait(30)

    def _reached(self) -> bool:
        with self.hub.store.read() as tx:
            return hosted_printers.finding(tx, AGENT, PRINTER, now=utc_now()) is None

    def _edge(self, *words: str) -> "subprocess.Popen[bytes]":
        hub = (sys.executable, "-c", "import hub.cli; hub.cli.main()", "edge", *words)
        log = (self.directory / "edge.log").open("ab")
        with log:
            return subprocess.Popen(
                [*hub, "--directory", str(self.directory / "edge")],
                env={"PATH": "/usr/bin:/bin"},
                stdout=log,
                stderr=log,
            )


@contextmanager
def ward(tmp_path: Path, eve: EvePrinter) -> Iterator[Ward]:
    """Run a hub whose printer stands at a workstation."""
    devices = tmp_path / "hub.toml"
    devices.write_text(f'[{PRINTER}]\nkind = "printer"\nagent = "{AGENT}"\n', encoding="utf-8")
    port = loopback.free_port()
    settings = Settings(
        data_dir=str(tmp_path), http_port=port, devices_file=str(devices), pin_cpu="off"
    )
    hub = build(settings, sources=[])
    with hub.store.write() as tx:
        add_dossier(tx)
    hub.start()
    made = Ward(hub, eve, tmp_path, f"http://127.0.0.1:{port}")
    try:
        made.enrol()
        yield made
    finally:
        made.stop()
        hub.stop()


@pytest.fixture
def eve(tmp_path: Path) -> Iterator[EvePrinter]:
    """A printer with A4 in its tray."""
    folder = tmp_path / "printer"
    folder.mkdir()
    with eve_printer(folder, media=A4) as running:
        yield running


def test_a_paper_is_printed_at_a_workstation(tmp_path: Path, eve: EvePrinter) -> None:
    """Byte for byte the paper of the file store, once, with the receipt of that printer."""
    with ward(tmp_path, eve) as made:
        made.start()
        made.print_out()
        made.await_states(S.DELIVERED)
        (printed,) = eve.printed
        (delivery,) = made.prints()
        assert delivery.reference.startswith(f"{PRINTER}/")
        assert printed.startswith(b"%PDF")
        stored = [it.read_bytes() for it in (tmp_path / "files").rglob("*") if it.is_file()]
        assert printed in stored


def test_an_agent_killed_while_it_prints_prints_once(tmp_path: Path, eve: EvePrinter) -> None:
    """The printer stands still for want of paper: unknown at once, then the printer's own word."""
    with ward(tmp_path, eve) as made:
        made.start()
        eve.will_lack("media-empty")
        made.print_out()
        await_true(made.has_begun, "bytes went to the printer")
        await_true(lambda: (eve.folder / "lack").exists(), "the printer has the job")
        made.kill()
        made.await_states(S.AMBIGUOUS)
        assert made.job_states() == ["taken"]
        made.start()
        await_true(lambda: made.job_states() == ["unknown"], "it comes back with the truth")
        eve.fill()
        made.await_states(S.DELIVERED)
        assert len(eve.printed) == 1


def test_a_paper_waits_for_a_workstation_that_is_off(tmp_path: Path, eve: EvePrinter) -> None:
    """No attempt is used up; it is printed when the agent is there, and asks."""
    with ward(tmp_path, eve) as made:
        made.print_out()
        made.await_states(S.WAITING)
        assert made.prints()[0].code == "printer_not_ready"
        made.start()
        made.await_states(S.DELIVERED)
        assert FIRST_WAIT.total_seconds() < PATIENCE
        assert len(eve.printed) == 1
