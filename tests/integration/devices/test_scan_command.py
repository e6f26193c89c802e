"""`hub devices scan`: what lies in a scanner becomes one whole file in the hot folder, or none."""

from collections.abc import Iterator
from pathlib import Path

import pikepdf
import pytest

from adapters.devices.escl.simulator import ScannerFaults, SimulatedScanner
from hub.bootstrap.devices import scanning
from hub.bootstrap.devices.scanning import CannotScan, scan_into_hot_folder
from hub.environment import load
from hub.settings import Settings
from tests.support.papers import pages as drawn
from tests.support.works import now

PAGES = [drawn.jpeg(drawn.sheet(seed, dpi=75), dpi=75) for seed in range(3)]


@pytest.fixture
def device() -> Iterator[SimulatedScanner]:
    """A scanner with three sheets."""
    with SimulatedScanner(feeder=list(PAGES), glass=PAGES[0]) as scanner:
        yield scanner


@pytest.fixture
def settings(tmp_path: Path, device: SimulatedScanner) -> Settings:
    """A hub that knows the scanner."""
    devices = tmp_path / "devices.toml"
    devices.write_text(f'[mfp]\nkind = "escl_scanner"\naddress = "{device.url}"\n')
    return load({"HUB_DATA_DIR": str(tmp_path), "HUB_DEVICES_FILE": str(devices)})


def scan(settings: Settings, device: str = "mfp", *, both_sides: bool = False) -> Path:
    """Scan from the feeder."""
    return scan_into_hot_folder(
        settings, device, glass=False, both_sides=both_sides, now=now()
    ).place


def test_the_pages_are_one_file_as_they_were_scanned(settings: Settings) -> None:
    """Whole when its name appears, each picture byte by byte, and of the size of the paper."""
    place = scan(settings)
    with pikepdf.open(place) as stack:
        pictures = [image for page in stack.pages for image in page.get_images().values()]
        assert [it.read_raw_bytes() for it in pictures] == PAGES
        assert [float(it) for it in stack.pages[0].mediabox] == [0, 0, 148.8, 210.48]
    assert list(settings.scans.iterdir()) == [place]


@pytest.mark.parametrize(
    "faults", [ScannerFaults(loses=1), ScannerFaults(jams_after=1), ScannerFaults(busy=True)]
)
def test_a_scan_that_is_not_whole_leaves_no_file(
    settings: Settings, device: SimulatedScanner, faults: ScannerFaults
) -> None:
    """The paper is in the officer's hand: the whole stack is scanned again."""
    device.faults = faults
    with pytest.raises(CannotScan):
        scan(settings)
    assert list(settings.scans.iterdir()) == []


def test_what_the_scanner_does_not_list_is_not_scanned(
    settings: Settings, device: SimulatedScanner
) -> None:
    """Nor is an unknown device looked for."""
    with pytest.raises(CannotScan, match="mfp"):
        scan(settings, "other")
    with pytest.raises(CannotScan):
        scan(settings, both_sides=True)
    assert device.settings == []


def test_a_scanner_that_gives_pages_without_end_does_not_fill_the_disk(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stack has a most; over it nothing is left of the scan."""
    monkeypatch.setattr(scanning, "MOST_BYTES", len(PAGES[0]) + 1)
    with pytest.raises(CannotScan, match="too large"):
        scan(settings)
    assert list(settings.scans.iterdir()) == []
