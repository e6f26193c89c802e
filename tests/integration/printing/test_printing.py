"""The destination `devices` against CUPS's own printer: paper out, a cut line, a printer away."""

import hashlib
import itertools
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.devices.printer.destination import PaperPrinters, PrinterAddress
from adapters.devices.scanner.simulator import page
from hub.bootstrap.edge import WorkstationPrinters
from hub.drill.sandbox import loopback
from hub.edge.printing.jobs import PrintJobs, PrintStep
from hub.edge.spool.spool import Spool
from hub.messages import catalog
from hub.messages.envelope import Attachment
from hub.messages.payloads import PaperToPrint
from hub.ports import Receipt, Request, Unclear
from hub.rules.edge.protocol import PrintJob
from hub.rules.failures.errors import (
    AmbiguousFailure,
    NotAttempted,
    PermanentFailure,
    TransientFailure,
)
from tests.integration.devices.test_printer import A4, await_true
from tests.support.devices.eve_printer import EvePrinter, eve_printer

PRINTER, PRINT_JOB, CUT_AT = "printer-1", b"\x00\x02", 60
_places = itertools.count(1)


@pytest.fixture(scope="module")
def eve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EvePrinter]:
    """A printer with A4 in its tray."""
    with eve_printer(tmp_path_factory.mktemp("printer"), media=A4) as running:
        yield running


@contextmanager
def destination(uri: str, content: bytes, *, seconds: float = 10) -> Iterator[PaperPrinters]:
    """Give the destination of one printer, whose file store has one file."""
    made = PaperPrinters(
        {PRINTER: PrinterAddress(uri)},
        read_file=lambda _: content,
        followed=timedelta(seconds=seconds),
    )
    yield made
    made.close()


def request_of(printers: PaperPrinters, content: bytes) -> Request:
    """Return the request to print a file."""
    wanted = PaperToPrint(
        number=f"000.99.01.H57-180806-{next(_places):04d}",
        paper="control-slip",
        title="Phiếu thử",
        printer=PRINTER,
        requested_by="Cán bộ Thử",
    )
    file = Attachment(
        name="phieu.pdf",
        media_type="application/pdf",
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )
    now = datetime.now(UTC)
    message = catalog.compose(wanted, time=now, source="records", attachments=[file])
    return printers.prepare(message, wanted)


def test_a_paper_is_delivered_when_the_printer_says_that_it_is_printed(eve: EvePrinter) -> None:
    """Byte for byte what is in the file store, and found by its name afterwards."""
    content = page("delivered")
    with destination(eve.uri, content) as printers:
        request = request_of(printers, content)
        receipt = printers.send(request)
        assert receipt.reference.startswith("printer-1/")
        assert content in eve.printed
        found = printers.find(request)
        assert isinstance(found, Receipt)
        assert found.reference == receipt.reference


def test_paper_out_is_a_wait_before_the_call_and_after_it(eve: EvePrinter) -> None:
    """The job waits in the printer; the next paper is not sent there, and uses no attempt."""
    content = page("waits")
    eve.will_lack("media-needed")
    with destination(eve.uri, content, seconds=0.2) as printers:
        request, next_one = (request_of(printers, content) for _ in range(2))
        with pytest.raises(AmbiguousFailure) as unfinished:
            printers.send(request)
        assert unfinished.value.code == "print_unfinished"
        with pytest.raises(NotAttempted) as waits:
            printers.send(next_one)
        assert waits.value.code == "printer_not_ready"
        assert "media-needed" in waits.value.detail
        assert waits.value.retry_after
        with pytest.raises(TransientFailure, match="print_unfinished"):
            printers.find(request)
        before = eve.printed.count(content)
        eve.fill()
        await_true(lambda: eve.printed.count(content) == before + 1)

        def is_found() -> bool:
            with suppress(TransientFailure):
                return isinstance(printers.find(request), Receipt)
            return False

        await_true(is_found)


def test_a_line_cut_in_the_middle_of_the_reply_is_unknown_and_found(eve: EvePrinter) -> None:
    """The paper is on the tray, once: nothing is sent again."""
    content = page("cut")
    with cut_replies(eve.uri) as uri, destination(uri, content) as printers:
        request = request_of(printers, content)
        with pytest.raises(AmbiguousFailure) as cut:
            printers.send(request)
        assert cut.value.code == "reply_dropped"

        def is_found() -> bool:
            with suppress(TransientFailure):
                return isinstance(printers.find(request), Receipt)
            return False

        await_true(is_found)
    assert eve.printed.count(content) == 1


def test_a_printer_that_never_saw_the_job_and_has_no_past_proves_nothing(tmp_path: Path) -> None:
    """It forgets jobs after a minute: an officer is asked."""
    content = page("nothing")
    with (
        eve_printer(tmp_path, media=A4) as fresh,
        destination(fresh.uri, content) as printers,
    ):
        assert isinstance(printers.find(request_of(printers, content)), Unclear)


def test_a_printer_that_is_away_is_waited_for_longer_each_time() -> None:
    """Nothing was sent; an unknown printer is for the file of devices."""
    away = f"ipp://localhost:{loopback.free_port()}/ipp/print"
    with destination(away, b"%PDF") as printers:
        request, waits = request_of(printers, b"%PDF"), []
        for _ in range(3):
            with pytest.raises(NotAttempted) as waiting:
                printers.send(request)
            waits.append(waiting.value.retry_after)
        assert waits == [timedelta(seconds=it) for it in (10, 20, 40)]
        with pytest.raises(PermanentFailure, match="printer_unknown"):
            _elsewhere(printers)


def _elsewhere(printers: PaperPrinters) -> Request:
    wanted = PaperToPrint(
        number="000.99.01.H57-180806-0001",
        paper="control-slip",
        title="Phiếu thử",
        printer="printer-9",
        requested_by="Cán bộ Thử",
    )
    file = Attachment(name="a.pdf", media_type="application/pdf", size=4, sha256="0" * 64)
    now = datetime.now(UTC)
    message = catalog.compose(wanted, time=now, source="records", attachments=[file])
    return printers.prepare(message, wanted)


@contextmanager
def cut_replies(uri: str) -> Iterator[str]:
    """Stand before a printer and cut the line some bytes into its reply to a Print-Job."""
    host, _, port = uri.removeprefix("ipp://").partition("/")[0].partition(":")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_relay, args=(listener, (host, int(port))))
        thread.start()
        yield f"ipp://localhost:{listener.getsockname()[1]}/ipp/print"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def _relay(listener: socket.socket, printer: tuple[str, int]) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        with client, socket.create_connection(printer) as server:
            request = _message(client)
            server.sendall(request)
            reply = _message(server)
            body = request.partition(b"\r\n\r\n")[2]
            client.sendall(reply[:CUT_AT] if body[2:4] == PRINT_JOB else reply)


def _message(line: socket.socket) -> bytes:
    """Return one message of HTTP with a length."""
    read = b""
    while b"\r\n\r\n" not in read:
        read += line.recv(65_536)
    head, _, body = read.partition(b"\r\n\r\n")
    fields = dict(it.split(b": ", 1) for it in head.split(b"\r\n")[1:])
    length = next(int(v) for k, v in fields.items() if k.lower() == b"content-length")
    while len(body) < length:
        more = line.recv(65_536)
        read, body = read + more, body + more
    return read


def test_a_workstation_prints_by_the_same_calls(eve: EvePrinter, tmp_path: Path) -> None:
    """`begun` is on the disk before a byte leaves; the printer tells what became of it."""
    content = page("workstation")
    spool = Spool(tmp_path, budget=1_000_000)
    jobs = PrintJobs(spool.database)
    printers = WorkstationPrinters({PRINTER: PrinterAddress(eve.uri)}, jobs)
    job = PrintJob(
        id=7,
        printer=PRINTER,
        message_id="0198c0de-0000-7000-8000-000000000007",
        number="000.99.01.H57-180806-0007",
        sha256=hashlib.sha256(content).hexdigest(),
        media_type="application/pdf",
        copies=1,
        wanted_at=datetime.now(UTC),
    )
    token = jobs.token()
    jobs.took(token, job)
    jobs.fetched(token, content)
    seen: list[bool] = []

    def begin() -> None:
        seen.append(content in eve.printed)
        assert jobs.begin(token)

    receipt = printers.send(job, begin)
    assert seen == [False]
    assert content in eve.printed
    assert [it.job for it in jobs.at(PrintStep.BEGUN)] == [job]
    found = printers.find(job)
    assert isinstance(found, Receipt)
    assert found.reference == receipt.reference
    printers.close()
    spool.close()
