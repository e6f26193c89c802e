"""`hub devices scan`: what lies in a scanner becomes one whole file in the hot folder, or none."""

import resource
from collections.abc import Iterator
from pathlib import Path

import pikepdf
import pytest
import sqlalchemy as sa

from adapters.devices.escl.simulator import ScannerFaults, SimulatedScanner
from hub.bootstrap.devices import scanning
from hub.bootstrap.devices.scanning import CannotScan, scan_into_hot_folder
from hub.environment import load
from hub.operations.devices.scans import ScannedStack, scan_audited
from hub.operations.signed_by import SignedBy
from hub.settings import Settings
from hub.store.engine.store import Store
from hub.store.schema.tables.exchange import audit
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


@pytest.mark.parametrize(
    ("location", "told"),
    [
        ("/eSCL/Scan Jobs/1", "the address of its job cannot be used"),
        ("/eSCL/\x1b[31m", "the address of its job cannot be used"),
        ("ScanJobs/1", "the address of its job cannot be used"),
        ("http://192.0.2.9/eSCL/ScanJobs/1", "it names 192.0.2.9 for its pages"),
        ("http://[::", "the address of its job cannot be used"),
    ],
)
def test_a_job_at_a_strange_address_is_told_and_nobody_else_is_called(
    settings: Settings, device: SimulatedScanner, location: str, told: str
) -> None:
    """Only the scanner's own host is ever asked for pages."""
    device.faults = ScannerFaults(location=location)
    with pytest.raises(CannotScan) as refused:
        scan(settings)
    assert told in refused.value.cause
    assert refused.value.cause.isprintable()
    assert list(settings.scans.iterdir()) == []


def test_a_disk_without_room_is_a_sentence_and_leaves_nothing(settings: Settings) -> None:
    """The system refuses to let the file grow, as a full disk does."""
    most, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(PAGES[0]) + 2000, hard))
    try:
        with pytest.raises(CannotScan, match="Make room on the disk") as refused:
            scan(settings)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    assert refused.value.cause == "File too large"
    assert list(settings.scans.iterdir()) == []


def test_an_address_that_is_none_is_a_sentence(settings: Settings, tmp_path: Path) -> None:
    """As is a file of roots that is not there."""
    device = 'kind = "escl_scanner"\naddress = "https://127.0.0.1/eSCL"\nca_file = "/none"\n'
    Path(settings.devices_file).write_text(f"[mfp]\n{device}", encoding="utf-8")
    with pytest.raises(CannotScan, match="address of the scanner") as refused:
        scan(settings)
    assert "127.0.0.1" in refused.value.cause


def test_who_scans_is_in_the_audit(settings: Settings, store: Store) -> None:
    """First that a scan is wanted, also where none comes of it, then which file it became."""
    by: SignedBy = {"actor": "user:lan", "reason": "", "now": now()}

    def scanned() -> ScannedStack:
        return scan_into_hot_folder(settings, "mfp", glass=False, both_sides=False, now=now())

    done = scan_audited(store, "mfp", scanned, by=by)
    with pytest.raises(CannotScan):  # the feeder is empty now
        scan_audited(store, "mfp", scanned, by=by)
    with store.read() as tx:
        columns = (audit.c.actor, audit.c.action, audit.c.object)
        rows = [tuple(it) for it in tx.execute(sa.select(*columns).order_by(audit.c.seq))]
    assert rows == [
        ("user:lan", "scanner.scan", "mfp"),
        ("user:lan", "scanner.scan_kept", f"{done.place.name} {len(PAGES)}"),
        ("user:lan", "scanner.scan", "mfp"),
    ]


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
