"""Debian's scanimage with sane-airscan drives the simulator of eSCL: so the simulator is right."""

import os
import shutil
import subprocess
from pathlib import Path

from PIL import Image

from adapters.devices.escl.simulator import ScannerFaults, SimulatedScanner
from hub.drill.sandbox.programs import MissingProgram
from tests.support.papers import pages as drawn
from tests.support.services import missing

DPI = 75
PAGES = [drawn.jpeg(drawn.sheet(seed, dpi=DPI), dpi=DPI) for seed in range(2)]
NAME = "Hub simulator"
CONFIGURATION = Path("/etc/sane.d/airscan.conf")


def scanimage(
    device: SimulatedScanner, folder: Path, *options: str
) -> subprocess.CompletedProcess[str]:
    """Run scanimage against the simulator alone: a fixed address, nothing is searched for."""
    program = shutil.which("scanimage")
    if program is None or not CONFIGURATION.exists():
        missing(MissingProgram("scanimage", "sane-utils sane-airscan"))
    (folder / "dll.conf").write_text("airscan\n")
    (folder / "airscan.conf").write_text(
        f'[devices]\n"{NAME}" = {device.url}, eSCL\n[options]\ndiscovery = disable\n'
    )
    return subprocess.run(
        [program, "-d", f"airscan:e0:{NAME}", "--resolution", str(DPI), *options],
        cwd=folder,
        env={**os.environ, "SANE_CONFIG_DIR": str(folder), "HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_foreign_driver_scans_the_feeder_page_by_page(tmp_path: Path) -> None:
    """Both sheets come, in order, and the feeder is empty afterwards."""
    with SimulatedScanner(feeder=list(PAGES), glass=PAGES[0]) as device:
        options = ("--source", "ADF", "--format=png", "--batch=sheet-%d.png")
        done = scanimage(device, tmp_path, *options)
        assert sorted(it.name for it in tmp_path.glob("sheet-*.png")) == [
            "sheet-1.png",
            "sheet-2.png",
        ], done.stderr
        assert device.feeder == []
    for number in (1, 2):
        with Image.open(tmp_path / f"sheet-{number}.png") as page:
            assert page.width > 500


def test_a_foreign_driver_scans_the_glass_and_waits_for_a_slow_page(tmp_path: Path) -> None:
    """503 before the page is what scanners of the market answer, too."""
    with SimulatedScanner(glass=PAGES[1], faults=ScannerFaults(not_ready=1)) as device:
        done = scanimage(device, tmp_path, "--source", "Flatbed", "--format=png", "-o", "one.png")
        assert done.returncode == 0, done.stderr
        assert device.settings[0]["InputSource"] == "Platen"
    assert (tmp_path / "one.png").stat().st_size > 1000
