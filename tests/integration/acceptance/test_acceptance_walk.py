"""The acceptance walk, with a person's answers on a real terminal and simulated devices."""

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.devices.barcode.simulator import BarcodeReader
from adapters.devices.escl.simulator import SimulatedScanner
from adapters.devices.proofs.escl import EsclProof
from adapters.devices.proofs.printer import PrinterProof
from adapters.devices.scanner.simulator import scan
from hub.ports.devices import ProofRequest
from tests.support.devices.eve_printer import eve_printer

A4 = "iso_a4_210x297mm"
AT = datetime(2018, 8, 6, tzinfo=UTC)


class Person:
    """Sits at a terminal of the walk: waits for words, types answers."""

    def __init__(self, home: Path, devices: str, *options: str) -> None:
        file = home / "devices.toml"
        file.write_text(devices, encoding="utf-8")
        (home / "hub" / "scans").mkdir(parents=True)
        ours = {
            "HUB_DATA_DIR": str(home / "hub"),
            "HUB_DEVICES_FILE": str(file),
            "HUB_LANGUAGE": "en",
            "COLUMNS": "100",
        }
        kept = {name: it for name, it in os.environ.items() if not name.startswith("HUB_")}
        self._end, terminal = pty.openpty()
        into = ["--into", str(home / "out"), "--actor", "Tran Thi Thu", *options]
        # A shell has its background jobs ignore Ctrl-C, and their children inherit that.
        person = ("env", "--default-signal=INT")
        self.process = subprocess.Popen(
            [*person, sys.executable, "-m", "hub", "devices", "check", "--walk", *into],
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            env={**kept, **ours},
            start_new_session=True,
        )
        os.close(terminal)
        self._screen = ""

    def reads(self, words: str) -> str:
        """Wait until the screen has words (an expression), and return them."""
        end = time.monotonic() + 60
        while not (found := re.search(words, self._screen)):
            left = end - time.monotonic()
            assert left > 0, self._screen
            if select.select([self._end], [], [], left)[0]:
                self._screen += os.read(self._end, 65536).decode()
        self._screen = self._screen[found.end() :]
        return found[0]

    def types(self, answer: str) -> None:
        """Type a line."""
        os.write(self._end, f"{answer}\n".encode())

    def presses_ctrl_c(self) -> None:
        """End the walk."""
        self.process.send_signal(signal.SIGINT)

    def leaves(self) -> int:
        """Return the exit code."""
        self.reads("protocol.html")
        code = self.process.wait(30)
        os.close(self._end)
        return code


@pytest.fixture
def reader() -> Iterator[BarcodeReader]:
    """A barcode reader."""
    made = BarcodeReader()
    yield made
    made.close()


def test_a_person_walks_through_scanner_and_reader(tmp_path: Path, reader: BarcodeReader) -> None:
    """The sheet and the code that the hub saw, and the person's yes, are in the protocol."""
    devices = f"[reader-2]\nkind = 'barcode_reader'\nplace = 'desk 2'\nline = '{reader.line}'\n"
    person = Person(tmp_path, devices)
    person.reads("begin · s: skip")
    person.types("")
    person.reads("Waiting")
    scan(tmp_path / "hub" / "scans", number="KT", component="1", title="test", at=AT)
    person.reads("1 pages, 0 of them blank")
    person.reads("n: no")
    person.types("y")
    code = person.reads("KT-[0-9A-F]{8}")
    person.reads("begin · s: skip")
    person.types("")
    person.reads("Waiting")
    assert reader.scan(code)
    person.reads("read the code on the screen")
    person.reads("n: no")
    person.types("y")
    assert person.leaves() == 0
    protocol = (tmp_path / "out" / "protocol.txt").read_text(encoding="utf-8")
    assert "Tran Thi Thu" in protocol
    assert "every device has passed" in protocol
    assert "KT__1.pdf" in protocol
    assert "desk 2" in protocol
    assert "<td>passed</td>" in (tmp_path / "out" / "protocol.html").read_text(encoding="utf-8")


def test_what_was_done_before_ctrl_c_is_kept(tmp_path: Path, reader: BarcodeReader) -> None:
    """With the reason of the one that was skipped; the code says that not all passed."""
    devices = f"[reader-2]\nkind = 'barcode_reader'\nline = '{reader.line}'\n"
    person = Person(tmp_path, devices)
    person.reads("begin · s: skip")
    person.types("s")
    person.reads("Reason")
    person.types("no paper here")
    person.reads("KT-[0-9A-F]{8}")
    person.reads("begin · s: skip")
    person.presses_ctrl_c()
    assert person.leaves() == 1
    protocol = (tmp_path / "out" / "protocol.txt").read_text(encoding="utf-8")
    assert "skipped: no paper here" in protocol
    assert "not done" in protocol


def test_a_code_that_is_not_the_one_shown_is_no_proof(
    tmp_path: Path, reader: BarcodeReader
) -> None:
    """Its text is kept nowhere: it may be an identity card's."""
    devices = f"[reader-2]\nkind = 'barcode_reader'\nline = '{reader.line}'\n"
    person = Person(tmp_path, devices)
    person.reads("begin · s: skip")
    person.types("s")
    person.reads("Reason")
    person.types("later")
    person.reads("begin · s: skip")
    person.types("")
    person.reads("Waiting")
    assert not reader.scan("000000000000")
    person.reads("record as failed")
    person.types("n")
    assert person.leaves() == 1
    protocol = (tmp_path / "out" / "protocol.txt").read_text(encoding="utf-8")
    assert "read another code, 12 characters" in protocol
    assert "000000000000" not in protocol


def request(into: Path) -> ProofRequest:
    """Return what a proof may use."""
    return ProofRequest(code="KT-00000000", within=timedelta(seconds=20), into=into)


def test_a_network_scanner_proves_itself_with_its_pages(tmp_path: Path) -> None:
    """They are kept for the person to look at; a scanner that has gone fails in words."""
    with SimulatedScanner(glass=b"\xff\xd8 a page \xff\xd9") as scanner:
        url = scanner.url
        seen = EsclProof(url)(request(tmp_path))
    assert seen.well
    assert "300 dpi" in seen.evidence.en
    assert (tmp_path / "page-1.jpg").read_bytes() == b"\xff\xd8 a page \xff\xd9"
    assert not EsclProof(url)(request(tmp_path)).well


def test_a_printer_prints_the_test_page(tmp_path: Path) -> None:
    """CUPS's own printer says that the job is completed, and has the page with the code."""
    with eve_printer(tmp_path, media=A4) as eve:
        seen = PrinterProof(eve.uri)(request(tmp_path))
        printed = eve.printed
    assert seen.well, seen.evidence.en
    assert [b"KT-00000000" in it for it in printed] == [True]
