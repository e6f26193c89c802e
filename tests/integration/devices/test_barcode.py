"""The barcode reader as a source: codes over a real serial line (a pseudo-terminal)."""

import os
import pty
import select
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.devices.barcode.acceptance_codes import AcceptanceCodes, ListenedProof
from adapters.devices.barcode.simulator import BarcodeReader
from adapters.devices.barcode.source import BarcodeSource, open_line
from hub.exchange.intake.accept import Intake
from hub.messages import payloads as p
from hub.messages.envelope import Message
from hub.ports import Accepted
from hub.ports.devices import ProofRequest
from hub.store.engine.store import Store
from tests.support.accepted import accepted

NUMBER = "000.99.01.H57-180806-0001"
AT = datetime(2018, 8, 6, 1, 30, tzinfo=UTC)


@contextmanager
def listening(source: BarcodeSource, sink: Intake) -> Iterator[None]:
    """Run a source for the length of the block."""
    stop = threading.Event()
    thread = threading.Thread(target=source.run, args=(sink, stop))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def test_a_barcode_beeps_after_the_hub_has_it_and_noise_does_not(
    store: Store, sink: Intake
) -> None:
    """Over a pseudo-terminal, as over a USB serial line."""
    reader, stop = BarcodeReader(), threading.Event()
    source = BarcodeSource(reader.line, station=p.Station.RETURN, clock=lambda: AT)
    thread = threading.Thread(target=source.run, args=(sink, stop))
    thread.start()
    try:
        assert reader.scan(NUMBER)
        assert not reader.scan("not a dossier")
        assert reader.scan(NUMBER[:-1] + "2")
    finally:
        stop.set()
        thread.join()
        reader.close()
    assert [said.number for said in accepted(store) if isinstance(said, p.BarcodeScanned)] == [
        NUMBER,
        NUMBER[:-1] + "2",
    ]


def test_a_reader_that_takes_no_beep_is_still_read(
    store: Store, sink: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some readers never fetch what is sent to them: the line fills, and a write would not end."""
    reader = BarcodeReader()
    full = os.open(reader.line, os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
    with pytest.raises(BlockingIOError):
        while True:
            os.write(full, bytes(4096))
    source = BarcodeSource(reader.line, station=p.Station.RETURN, clock=lambda: AT)
    taken, real = threading.Semaphore(0), sink.accept

    def accept(message: Message) -> Accepted:
        answer = real(message)
        taken.release()
        return answer

    monkeypatch.setattr(sink, "accept", accept)
    stop = threading.Event()
    thread = threading.Thread(target=source.run, args=(sink, stop), daemon=True)
    thread.start()
    for last in "12":
        reader.write(f"{NUMBER[:-1]}{last}\r".encode())
        assert taken.acquire(timeout=10)
    stop.set()
    thread.join()
    os.close(full)
    reader.close()
    assert len(accepted(store)) == 2


def test_a_code_of_an_acceptance_is_kept_for_the_walk_and_enters_nowhere(
    store: Store, sink: Intake, tmp_path: Path
) -> None:
    """The hub listens to the reader, so the walk asks it; another code is no proof."""
    reader, codes = BarcodeReader(), AcceptanceCodes(tmp_path / "own" / "reader-1.code")
    source = BarcodeSource(
        reader.line, station=p.Station.RETURN, clock=lambda: AT, acceptance=codes
    )

    def proven(shown: str, read: str) -> bool:
        request = ProofRequest(code=shown, within=timedelta(seconds=20), into=tmp_path)
        with ThreadPoolExecutor(1) as pool:
            proof = pool.submit(ListenedProof(codes), request)
            while not proof.done():
                reader.scan(read)
            return proof.result().well

    try:
        with listening(source, sink):
            assert proven("KT-0A1B2C3D", "KT-0A1B2C3D")
            assert not proven("KT-00000001", "KT-00000002")
    finally:
        reader.close()
    assert accepted(store) == []


def test_a_line_as_the_system_gives_it_sends_nothing_back_to_the_reader() -> None:
    """A code that is echoed would be an order to the reader; nothing in it ends the line."""
    reader, line = pty.openpty()
    handle = open_line(Path(os.ttyname(line)))
    try:
        os.write(reader, b"a\x04b\r")
        assert select.select([handle], [], [], 10)[0]
        assert os.read(handle, 100) == b"a\x04b\r"
        assert not select.select([reader], [], [], 0)[0]
    finally:
        for each in (handle, line, reader):
            os.close(each)


@pytest.mark.parametrize(
    "sent", [NUMBER, f"{NUMBER}\t", f"]C1{NUMBER}\r\n", f"\x02]Q1{NUMBER}\x03"]
)
def test_a_code_is_taken_whatever_the_reader_puts_around_it(
    store: Store, sink: Intake, sent: str
) -> None:
    """Nothing at all, TAB, the symbology in front: settings of the reader, not of the hub."""
    reader = BarcodeReader()
    source = BarcodeSource(reader.line, station=p.Station.RETURN, clock=lambda: AT)
    with listening(source, sink):
        assert reader.send(sent.encode())
        assert reader.scan(NUMBER[:-1] + "2")
    reader.close()
    said = [said.number for said in accepted(store) if isinstance(said, p.BarcodeScanned)]
    assert said == [NUMBER, NUMBER[:-1] + "2"]


def test_noise_is_refused_with_a_sound_and_spoils_no_later_code(store: Store, sink: Intake) -> None:
    """The officer hears that nothing was read, and the next code is read."""
    reader = BarcodeReader()
    source = BarcodeSource(reader.line, station=p.Station.RETURN, clock=lambda: AT)
    with listening(source, sink):
        assert not reader.send(b"\xff\xfe\xf0")
        assert reader.scan(NUMBER)
    reader.close()
    assert len(accepted(store)) == 1


def test_an_unplugged_reader_is_told_once_and_used_again_when_it_is_back(
    store: Store, sink: Intake, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Under the name that stays; the log does not fill while it is away."""
    line, first = tmp_path / "by-id", BarcodeReader()
    line.symlink_to(first.line)
    source = BarcodeSource(line, station=p.Station.RETURN, clock=lambda: AT)
    away, back = threading.Event(), threading.Event()
    beats = []

    def beat() -> None:
        if source.trouble:
            beats.append(source.trouble)
            if len(beats) == 3:
                away.set()
        elif away.is_set():
            back.set()

    stop = threading.Event()
    thread = threading.Thread(target=source.run, args=(sink, stop, beat))
    thread.start()
    try:
        assert first.scan(NUMBER)
        first.close()
        assert away.wait(20)
        second = BarcodeReader()
        line.unlink()
        line.symlink_to(second.line)
        assert back.wait(20)
        assert second.scan(NUMBER[:-1] + "2")
        second.close()
    finally:
        stop.set()
        thread.join()
    told = capfd.readouterr()
    text = told.out + told.err
    assert len(accepted(store)) == 2
    assert text.count("device_back") == 1
