"""Our IPP against CUPS's own printer: what it says of itself, and a job from paper to tray."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from adapters.devices.printer.calls import IppPrinter
from adapters.devices.printer.health import Printer
from adapters.devices.printer.ipp import Operation
from adapters.devices.scanner.simulator import page
from hub.drill.sandbox import loopback
from tests.support.devices.eve_printer import EvePrinter, eve_printer

A4 = "iso_a4_210x297mm"
COMPLETED = 9


@pytest.fixture(scope="module")
def eve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EvePrinter]:
    """A printer with A4 in its tray."""
    with eve_printer(tmp_path_factory.mktemp("printer"), media=A4) as running:
        yield running


@pytest.fixture
def printer(eve: EvePrinter) -> Iterator[IppPrinter]:
    """Our end of its line."""
    made = IppPrinter(eve.uri)
    yield made
    made.close()


def codes(uri: str) -> list[str]:
    """Return what the check of a printer finds."""
    return sorted(it.code for it in Printer("printer-1", uri).check())


def await_true(true: Callable[[], bool]) -> None:
    """Ask the printer until something is true; it gives no signal."""
    end, pause = time.monotonic() + 20, threading.Event()
    while not true():
        assert time.monotonic() < end
        pause.wait(0.02)


def begin_page(printer: IppPrinter, words: str) -> int:
    """Hand a page over; return its job."""
    begun = printer.print_document(page(words), name="Phiếu thử", media_type="application/pdf")
    return begun.number


def await_end(printer: IppPrinter, number: int) -> None:
    """Wait until the printer calls a job completed."""
    await_true(lambda: printer.job(number)["job-state"] == [COMPLETED])


def test_a_printer_with_paper_and_toner_is_up(eve: EvePrinter) -> None:
    """It takes jobs, reads PDF and has A4."""
    assert codes(eve.uri) == []


def test_a_document_arrives_as_it_was_sent(eve: EvePrinter, printer: IppPrinter) -> None:
    """The printer names the job, and says of it what became of it."""
    before = len(eve.printed)
    number = begin_page(printer, "one page")
    await_end(printer, number)
    assert page("one page") in eve.printed
    assert len(eve.printed) == before + 1
    assert printer.job(number)["job-id"] == [number]


def test_a_document_that_is_only_validated_is_not_printed(
    eve: EvePrinter, printer: IppPrinter
) -> None:
    """The printer says whether it would take it."""
    before = len(eve.printed)
    assert printer.validate(name="Phiếu thử", media_type="application/pdf").well
    assert not printer.validate(name="Phiếu thử", media_type="application/x-unknown").well
    assert len(eve.printed) == before


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("media-needed", "printer_paper_out"),
        ("media-empty", "printer_tray_empty"),
        ("media-jam", "printer_jammed"),
        ("toner-low", "printer_toner_low"),
        ("toner-empty", "printer_supply_empty"),
        ("cover-open", "printer_open"),
    ],
)
def test_what_a_printer_lacks_is_a_finding_until_it_is_there_and_the_job_waits(
    eve: EvePrinter, printer: IppPrinter, reason: str, code: str
) -> None:
    """In the printer's own words as evidence. Paper that is out is a wait, no loss.

    This printer calls every lack a warning while its job waits; only `media-needed` says the wait.
    """
    eve.will_lack(reason)
    number = begin_page(printer, reason)
    await_true(lambda: code in codes(eve.uri))
    found = next(it for it in Printer("printer-1", eve.uri).check() if it.code == code)
    assert found.evidence.startswith(reason)
    assert printer.job(number)["job-state"] != [COMPLETED]
    eve.fill()
    await_end(printer, number)
    assert codes(eve.uri) == []
    assert page(reason) in eve.printed


def test_a_printer_set_up_for_letters_and_pictures_is_named_so(tmp_path: Path) -> None:
    """What a wrong installation looks like before the first citizen waits for a paper."""
    with eve_printer(tmp_path, media="na_letter_8.5x11in", formats="image/pwg-raster") as wrong:
        assert codes(wrong.uri) == ["printer_reads_no_pdf", "printer_without_a4"]


def test_a_printer_that_is_away_and_an_address_without_printer_differ(eve: EvePrinter) -> None:
    """A cable to plug in, or a setting to change."""
    assert codes(f"ipp://localhost:{loopback.free_port()}/ipp/print") == ["printer_away"]
    assert codes(f"{eve.uri}/none") == ["printer_no_ipp"]
    assert codes("http://localhost/") == ["printer_address_wrong"]


def test_each_reply_belongs_to_its_request(printer: IppPrinter) -> None:
    """The numbers count up, so a late reply is never taken for the next one."""
    first = printer.call(Operation.GET_PRINTER_ATTRIBUTES, [])
    second = printer.call(Operation.GET_PRINTER_ATTRIBUTES, [])
    assert second.request_id == first.request_id + 1
