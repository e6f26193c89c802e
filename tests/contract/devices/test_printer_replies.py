"""What a printer's refusal means: a setting, a wait, or a page that may lie on the tray."""

import struct
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from adapters.devices.printer.calls import IppPrinter, PrinterRefused
from adapters.devices.printer.health import Printer
from adapters.devices.printer.ipp import MEDIA_TYPE
from hub.rules.failures.errors import AmbiguousFailure, TransientFailure

BUSY, NOT_ACCEPTING, INTERNAL, FORBIDDEN, NOT_FOUND = 0x0507, 0x0506, 0x0500, 0x0401, 0x0406


class RefusingPrinter(HTTPServer):
    """A printer that answers each request with one status of HTTP and of IPP."""

    http_status = 200
    ipp_status = 0

    @property
    def uri(self) -> str:
        """Its address."""
        return f"ipp://127.0.0.1:{self.server_port}/ipp/print"


class _Answer(BaseHTTPRequestHandler):
    server: RefusingPrinter

    def do_POST(self) -> None:
        """Answer the request of this number."""
        request = self.rfile.read(int(self.headers["Content-Length"]))
        body = struct.pack(">BBH", 2, 0, self.server.ipp_status) + request[4:8] + b"\x03"
        self.send_response(self.server.http_status)
        self.send_header("Content-Type", MEDIA_TYPE)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Write nothing."""


@pytest.fixture
def refusing() -> Iterator[RefusingPrinter]:
    """A printer that listens."""
    with RefusingPrinter(("127.0.0.1", 0), _Answer) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("http", "ipp", "code"),
    [
        (503, 0, "printer_busy"),
        (500, 0, "printer_busy"),
        (429, 0, "printer_busy"),
        (404, 0, "printer_no_ipp"),
        (200, BUSY, "printer_busy"),
        (200, INTERNAL, "printer_busy"),
        (200, FORBIDDEN, "printer_refuses"),
        (200, NOT_FOUND, "printer_no_ipp"),
    ],
)
def test_a_printer_that_refuses_has_the_finding_of_its_cause(
    refusing: RefusingPrinter, http: int, ipp: int, code: str
) -> None:
    """A busy printer is no wrong setting: it comes back by itself."""
    refusing.http_status, refusing.ipp_status = http, ipp
    (found,) = Printer("printer-1", refusing.uri).check()
    assert found.code == code
    assert str(http) in found.evidence or f"{ipp:#06x}" in found.evidence


@pytest.mark.parametrize(
    ("http", "ipp", "outcome"),
    [
        (200, BUSY, PrinterRefused),
        (200, NOT_ACCEPTING, PrinterRefused),
        (200, FORBIDDEN, PrinterRefused),
        (429, 0, TransientFailure),
        (200, INTERNAL, AmbiguousFailure),
        (503, 0, AmbiguousFailure),
        (404, 0, AmbiguousFailure),
        (200, 0, AmbiguousFailure),  # well, but it names no job
    ],
)
def test_a_document_is_certainly_not_taken_or_nobody_knows(
    refusing: RefusingPrinter, http: int, ipp: int, outcome: type[Exception]
) -> None:
    """Only the printer's own word that it did not begin proves that no page comes."""
    refusing.http_status, refusing.ipp_status = http, ipp
    printer = IppPrinter(refusing.uri)
    try:
        with pytest.raises(outcome):
            printer.print_document(b"%PDF", name="Phiếu thử", media_type="application/pdf")
    finally:
        printer.close()
