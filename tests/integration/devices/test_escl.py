"""A scanner by eSCL: our adapter pulls pages from the simulator, whatever that answers between."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from adapters.devices.escl.calls import EsclScanner, ScanFailed
from adapters.devices.escl.documents import Input, NotOffered, settings_for
from adapters.devices.escl.health import NetworkScanner
from adapters.devices.escl.simulator import ScannerFaults, SimulatedScanner
from tests.support.papers import pages as drawn

DPI = 75
PAGES = [drawn.jpeg(drawn.sheet(seed, dpi=DPI), dpi=DPI) for seed in range(3)]


@pytest.fixture
def device() -> Iterator[SimulatedScanner]:
    """A scanner with three sheets in its feeder and one on its glass."""
    with SimulatedScanner(feeder=list(PAGES), glass=PAGES[0]) as scanner:
        yield scanner


def pull(
    device: SimulatedScanner, wanted: Input = Input.FEEDER, *, duplex: bool = False
) -> list[bytes]:
    """Scan everything; waits are skipped."""
    patience = timedelta(seconds=5)
    scanner = EsclScanner(device.url, patience=patience, wait=lambda _: None)
    able = scanner.capabilities()
    return list(scanner.scan(settings_for(able, wanted, duplex=duplex), able))


def codes(device: SimulatedScanner) -> list[str]:
    return [it.code for it in NetworkScanner("scanner-2", device.url).check()]


def test_the_pages_of_the_feeder_come_as_they_were_scanned(device: SimulatedScanner) -> None:
    """All, in order, and in grey at 300 dots an inch; then the glass."""
    assert pull(device) == PAGES
    assert pull(device, Input.PLATEN) == PAGES[:1]
    asked = [(it["InputSource"], it["XResolution"], it["ColorMode"]) for it in device.settings]
    assert asked == [("Feeder", "300", "Grayscale8"), ("Platen", "300", "Grayscale8")]
    assert device.cancelled == []


def test_both_sides_are_scanned_only_where_the_scanner_lists_it(device: SimulatedScanner) -> None:
    """Half of the pages would be missing, and nobody would know."""
    with pytest.raises(NotOffered):
        pull(device, duplex=True)
    assert device.settings == []
    with SimulatedScanner(feeder=list(PAGES), duplex=True) as able:
        assert pull(able, duplex=True) == PAGES


@pytest.mark.parametrize("status", [503, 404, 409, 410])
def test_a_page_that_is_not_ready_is_asked_for_again(device: SimulatedScanner, status: int) -> None:
    """While the scanner says that the job goes on, no answer between two sheets ends it."""
    device.faults = ScannerFaults(not_ready=3, not_ready_status=status)
    assert pull(device) == PAGES


def test_a_scanner_that_lists_no_jobs_ends_by_its_status(device: SimulatedScanner) -> None:
    """503 is waited for, 404 is the end."""
    device.faults = ScannerFaults(not_ready=2, hides_jobs=True)
    assert pull(device) == PAGES


@pytest.mark.parametrize(
    ("faults", "why", "pages"),
    [
        (ScannerFaults(loses=1), "missing_pages", 2),
        (ScannerFaults(jams_after=1), "aborted", 1),
        (ScannerFaults(busy=True), "busy", 0),
        (ScannerFaults(adf="ScannerAdfJam"), "refused", 0),
    ],
)
def test_a_scan_that_is_not_whole_says_what_is_missing(
    device: SimulatedScanner, faults: ScannerFaults, why: str, pages: int
) -> None:
    """The device's own count is compared: fewer pages are never taken for all."""
    device.faults = faults
    with pytest.raises(ScanFailed) as failed:
        pull(device)
    assert (failed.value.why, failed.value.pages) == (why, pages)


def test_a_scanner_that_never_gets_ready_is_left_and_its_job_cancelled(
    device: SimulatedScanner,
) -> None:
    """The wait for a page has an end; the next officer finds the scanner free."""
    device.faults = ScannerFaults(not_ready=10**6)
    scanner = EsclScanner(device.url, patience=timedelta(), wait=lambda _: None)
    able = scanner.capabilities()
    with pytest.raises(ScanFailed) as failed:
        list(scanner.scan(settings_for(able, Input.FEEDER), able))
    assert failed.value.why == "timeout"
    assert len(device.cancelled) == 1
    device.faults, device.feeder = ScannerFaults(), list(PAGES)
    assert pull(device) == PAGES


def test_a_job_that_is_left_is_cancelled(device: SimulatedScanner) -> None:
    """An officer stops after the first page."""
    scanner = EsclScanner(device.url)
    able = scanner.capabilities()
    job = scanner.scan(settings_for(able, Input.FEEDER), able)
    assert next(job) == PAGES[0]
    job.close()  # type: ignore[attr-defined]
    assert len(device.cancelled) == 1


@pytest.mark.parametrize(
    ("adf", "code"),
    [
        ("ScannerAdfJam", "scanner_jammed"),
        ("ScannerAdfHatchOpen", "scanner_feeder_open"),
        ("ScannerAdfInputTrayOverloaded", "scanner_feeder_overfull"),
    ],
)
def test_what_the_feeder_says_is_a_finding(device: SimulatedScanner, adf: str, code: str) -> None:
    """In the scanner's own words; an empty feeder is none."""
    device.faults = ScannerFaults(adf=adf)
    assert codes(device) == [code]
    device.faults, device.feeder = ScannerFaults(), []
    assert codes(device) == []


def test_an_address_without_a_scanner_is_told_apart_from_one_that_is_away() -> None:
    """Nothing listens there; and what listens is no scanner; and no address."""
    with SimulatedScanner() as device:
        elsewhere = device.url.replace("/eSCL", "/other")
        assert [it.code for it in NetworkScanner("a", elsewhere).check()] == ["scanner_no_escl"]
        gone = device.url
    assert [it.code for it in NetworkScanner("a", gone).check()] == ["scanner_out_of_reach"]
    assert [it.code for it in NetworkScanner("a", "ftp://a").check()] == ["scanner_address_wrong"]
