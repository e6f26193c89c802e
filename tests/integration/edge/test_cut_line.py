"""A workstation in a network namespace of its own, as a real second process, with the line cut."""

import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from hub.operations.edge import enrolling
from hub.rules.edge.numbers import FIRST
from hub.store.edge import agents, numbers
from hub.store.engine.store import Store
from tests.support.gateway.client_gateway import Gateway
from tests.support.gateway.edge_agent import AGENCY, signed
from tests.support.network.workstation_net import PATH, WorkstationNet, workstation_net

FORM = {
    "maTTHC": "1.004206",
    "chuHoSo": {"hoTen": "Lê Văn Mẫu"},
    "thanhPhanHoSo": [{"maThanhPhan": "TP1", "tenThanhPhan": "Đơn"}],
    "nguoiTiepNhan": "Trần Thị Mẫu",
}
PATIENCE = 60.0
PDF = b"%PDF-1.4\nmade up\n%%EOF\n"


@pytest.fixture
def net() -> Iterator[WorkstationNet]:
    """The line between hub and workstation."""
    with workstation_net() as made:
        yield made


@pytest.fixture
def hub(tmp_path: Path, sqlite_store: Store, net: WorkstationNet) -> Iterator[Gateway]:
    """The gateway, at the hub's end of the line."""
    made = Gateway(tmp_path / "hub", sqlite_store, host=net.hub_address)
    yield made
    made.stop()


class Workstation:
    """The commands of an agent in the namespace; what runs there is our own child."""

    def __init__(self, net: WorkstationNet, directory: Path) -> None:
        self.net, self.directory = net, directory
        self.process: subprocess.Popen[bytes] | None = None

    def _words(self, *words: str) -> list[str]:
        hub = (sys.executable, "-c", "import hub.cli; hub.cli.main()", "edge")
        return self.net.command(*hub, *words, "--directory", str(self.directory))

    def call(self, *words: str, given: bytes = b"") -> dict[str, Any]:
        """Run a command and return its answer."""
        told = subprocess.run(
            self._words(*words, "--json"),
            env={"PATH": PATH},
            input=given,
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert told.returncode in (0, 1), told.stderr.decode()
        answer: dict[str, Any] = json.loads(told.stdout)
        return answer

    def start(self) -> None:
        """Start the agent."""
        log = (self.directory / "log").open("ab")
        self.process = subprocess.Popen(self._words("run"), env={"PATH": PATH}, stderr=log)
        log.close()

    def end(self, number: int) -> None:
        """End the agent by a signal."""
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(30)
            self.process = None


@contextmanager
def workstation(net: WorkstationNet, hub: Gateway, tmp_path: Path) -> Iterator[Workstation]:
    """Enrol a workstation with a scanner, from its own end of the line."""
    directory, scans = tmp_path / "edge", tmp_path / "scans"
    scans.mkdir()
    devices = tmp_path / "devices.toml"
    devices.write_text(f'[scanner-a]\nkind = "scanner"\nfolder = "{scans}"\nrest = "1s"\n')
    code = enrolling.add(hub.store, "quay-2", agency=AGENCY, by=signed())
    made = Workstation(net, directory)
    made.call("enroll", hub.url, code.text, "--devices", str(devices), "--plain-http")
    assert (directory / "agent.json").stat().st_mode & 0o077 == 0
    try:
        yield made
    finally:
        made.end(signal.SIGTERM)


def wait_for(reached: Callable[[], bool], what: str) -> None:
    """Wait until something is so, bounded."""
    end = time.monotonic() + PATIENCE
    while not reached():
        assert time.monotonic() < end, what
        time.sleep(0.1)


def keys(store: Store, type_: str) -> list[str]:
    """Return the dossier numbers of the messages of a type, in the order in which they entered."""
    with store.read() as tx:
        rows = tx.exec_driver_sql("SELECT type, key FROM journal ORDER BY rowid")
        return [row[1] for row in rows if row[0] == type_]


def has_numbers(store: Store) -> bool:
    """Tell whether the agent has its numbers and was heard."""
    with store.read() as tx:
        found = agents.find(tx, "quay-2")
        return bool(numbers.blocks(tx, "quay-2")) and bool(found and found.heard_at)


def received(station: Workstation) -> str:
    """Take a dossier in at the workstation; return its number."""
    return str(station.call("receive", "-", given=json.dumps(FORM).encode())["number"])


def test_work_goes_on_while_the_line_is_cut(
    hub: Gateway, net: WorkstationNet, tmp_path: Path
) -> None:
    """Receptions with reserved numbers and scans, a killed agent: each arrives once, in order."""
    with workstation(net, hub, tmp_path) as station:
        station.start()
        wait_for(lambda: has_numbers(hub.store), "numbers are reserved")
        net.cut()
        taken = [received(station), received(station)]
        for number in taken:
            (tmp_path / "scans" / f"{number}__TP1.pdf").write_bytes(
                PDF + number.encode() + b"\n%%EOF\n"
            )
        done = tmp_path / "scans" / "da-nhan"
        wait_for(lambda: len(list(done.glob("*.pdf"))) == 2, "scans are spooled")
        station.end(signal.SIGKILL)
        taken.append(received(station))
        assert station.call("status")["waiting"] == 5
        station.start()
        assert keys(hub.store, "dossier.received") == []
        net.restore()
        wait_for(lambda: len(keys(hub.store, "document.scanned")) == 2, "scans arrive")
        wait_for(lambda: len(keys(hub.store, "dossier.received")) == 3, "receptions arrive")
        wait_for(lambda: station.call("status")["waiting"] == 0, "the hub's answers arrive")
        assert keys(hub.store, "dossier.received") == taken
        assert [int(it.rpartition("-")[2]) for it in taken] == [FIRST, FIRST + 1, FIRST + 2]
        assert sorted(keys(hub.store, "document.scanned")) == sorted(taken[:2])


@pytest.mark.long
def test_nothing_is_lost_while_the_line_is_cut_at_random(
    hub: Gateway, net: WorkstationNet, tmp_path: Path
) -> None:
    """Twelve cuts of up to two seconds while dossiers come in: each arrives once, in order."""
    draw = random.Random(20261129)
    with workstation(net, hub, tmp_path) as station:
        station.start()
        wait_for(lambda: has_numbers(hub.store), "numbers are reserved")
        taken = []
        for _ in range(12):
            time.sleep(draw.uniform(0.1, 1.5))
            net.cut()
            taken.append(received(station))
            time.sleep(draw.uniform(0.0, 2.0))
            net.restore()
            taken.append(received(station))
        wait_for(lambda: len(keys(hub.store, "dossier.received")) >= len(taken), "all arrive")
        wait_for(lambda: station.call("status")["waiting"] == 0, "the answers arrive")
        assert keys(hub.store, "dossier.received") == taken
