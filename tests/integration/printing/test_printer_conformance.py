"""The simulated printer passes conformance files of CUPS's ipptool: it speaks IPP as others do."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.devices.scanner.simulator import page
from adapters.simulation.process import SimulatorProcess
from hub.drill.sandbox.programs import MissingProgram

FILES = ("get-jobs.test", "get-completed-jobs.test", "validate-job.test", "print-job.test")


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    """A simulated printer."""
    ledger = tmp_path_factory.mktemp("printer") / "printer.db"
    with SimulatorProcess.start("adapters.devices.printer.simulator", ledger=ledger) as running:
        yield running


@pytest.mark.parametrize("name", FILES)
def test_the_simulated_printer_conforms(
    simulator: SimulatorProcess, tmp_path: Path, name: str
) -> None:
    """By the RFC's own form: version, charset, language, groups and what each reply must hold."""
    tool = shutil.which("ipptool")
    if tool is None:
        raise MissingProgram("ipptool", "cups-ipp-utils")
    document = tmp_path / "page.pdf"
    document.write_bytes(page("one page"))
    uri = simulator.url.replace("http://", "ipp://") + "/ipp/print"
    command = [tool, "-t", "-T", "20", "-f", str(document), uri, name]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "[PASS]" in done.stdout
