"""Scanner and barcode reader as sources: files in a real folder, codes over a real serial line."""

import os
import pty
import select
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.devices.barcode.simulator import BarcodeReader
from adapters.devices.barcode.source import BarcodeSource, open_line
from adapters.devices.scanner import copies
from adapters.devices.scanner.copies import REFUSED, TAKEN
from adapters.devices.scanner.simulator import page, scan
from adapters.devices.scanner.source import ScannerSource
from hub.flow.accept import Intake
from hub.messages import catalog, envelope
from hub.messages import payloads as p
from hub.ports import AcceptanceUnknown, Accepted
from hub.sources import SourceRole
from hub.store import journal
from hub.store.blobs import BlobStore
from hub.store.engine import Store
from hub.store.migrate import migrate
from tests.support.works import now

NUMBER = "000.99.01.H57-180806-0001"
AT = datetime(2018, 8, 6, 1, 30, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store."""
    store = Store(f"sqlite:///{tmp_path}/hub.db")
    migrate(store)
    yield store
    store.close()


@pytest.fixture
def sink(store: Store, tmp_path: Path) -> Iterator[Intake]:
    """The hub's way in."""
    intake = Intake(store, BlobStore(tmp_path / "files", limit=50_000), clock=now)
    yield intake
    intake.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A hot folder, as the source leaves it."""
    place = tmp_path / "scans"
    for name in (TAKEN, REFUSED):
        (place / name).mkdir(parents=True)
    return place


def accepted(store: Store) -> list[p.Payload]:
    """Return what the hub has accepted."""
    with store.read() as tx:
        ids = tx.exec_driver_sql("SELECT id FROM journal ORDER BY recorded_at").scalars().all()
        bodies = journal.bodies(tx, list(ids))
    return [catalog.read(envelope.decode(bodies[id])) for id in ids]


def test_a_scanned_file_enters_with_its_dossier_component_and_time(
    store: Store, sink: Intake, folder: Path
) -> None:
    """Taken at the second look, when it has come to rest; then it leaves the folder."""
    source = ScannerSource(folder)
    path = scan(folder, number=NUMBER, component="TP-01", title="paper", at=AT)
    assert (source.look(sink), source.look(sink)) == (0, 1)
    (said,) = accepted(store)
    assert said == p.DocumentScanned(
        number=NUMBER, component="TP-01", scanned_at=AT, device="scanner-1"
    )
    assert not path.exists()
    assert (folder / TAKEN / path.name).read_bytes().startswith(b"%PDF")


def test_a_file_that_still_grows_is_not_taken(store: Store, sink: Intake, folder: Path) -> None:
    """A scanner that writes slowly is waited for."""
    source = ScannerSource(folder)
    path = folder / f"{NUMBER}__TP-01.pdf"
    for content in (b"%PDF", b"%PDF more", b"%PDF more and more"):
        path.write_bytes(content)
        assert source.look(sink) == 0
    assert source.look(sink) == 1
    assert len(accepted(store)) == 1


def test_a_file_taken_twice_counts_once(store: Store, sink: Intake, folder: Path) -> None:
    """A crash between accepting and moving the file has no effect."""
    source = ScannerSource(folder)
    for _ in range(2):
        scan(folder, number=NUMBER, component="TP-01", title="paper", at=AT)
        source.look(sink)
        source.look(sink)
    assert len(accepted(store)) == 1
    assert len(list((folder / TAKEN).iterdir())) == 2


def test_a_scan_that_is_copied_again_later_is_the_same_scan(
    store: Store, sink: Intake, folder: Path
) -> None:
    """The same bytes for the same paper with another time of the file: taken, and the first counts;
    other bytes are another scan."""
    source = ScannerSource(folder)
    for title, at in (("a", AT), ("a", AT + timedelta(days=1)), ("b", AT)):
        scan(folder, number=NUMBER, component="TP-01", title=title, at=at)
        source.look(sink)
        source.look(sink)
    assert list((folder / REFUSED).iterdir()) == []
    assert len(list((folder / TAKEN).iterdir())) == 3
    scans = [said for said in accepted(store) if isinstance(said, p.DocumentScanned)]
    assert [said.scanned_at for said in scans] == [AT, AT]


@pytest.mark.parametrize(
    ("name", "size", "code"),
    [
        ("holiday.pdf", 10, "number_malformed"),
        (f"{NUMBER}__TP-01.exe", 10, "number_malformed"),
        (f"{NUMBER}__TP-01.pdf", 60_000, "file_too_large"),
    ],
)
def test_a_file_that_cannot_be_taken_is_set_aside_with_a_note_for_the_officer(
    store: Store, sink: Intake, folder: Path, name: str, size: int, code: str
) -> None:
    """What is wrong and what to do, in Vietnamese, beside the file; nothing is stored."""
    source = ScannerSource(folder)
    (folder / name).write_bytes(b"x" * size)
    source.look(sink)
    source.look(sink)
    note = (folder / REFUSED / f"{name}.txt").read_text(encoding="utf-8")
    assert code in note
    assert "Cách xử lý" in note
    assert (folder / REFUSED / name).exists()
    assert accepted(store) == []


@pytest.mark.parametrize(
    "name", [b"qu\xe9t.pdf", b"x" * 251 + b".pdf", f"{NUMBER}__TP\n.pdf".encode()]
)
def test_a_file_with_any_name_is_set_aside_and_stops_no_other(
    store: Store, sink: Intake, folder: Path, name: bytes
) -> None:
    """Not in UTF-8, as long as a name can be, with a line end: the scans behind it go on."""
    source = ScannerSource(folder)
    (folder / os.fsdecode(name)).write_bytes(b"x")
    source.look(sink)
    scan(folder, number=NUMBER, component="TP-01", title="paper", at=AT)
    source.look(sink)
    assert source.look(sink) == 1
    assert [type(said) for said in accepted(store)] == [p.DocumentScanned]
    assert (folder / REFUSED / os.fsdecode(name)).exists()
    (note,) = (folder / REFUSED).glob("*.txt")
    assert "Cách xử lý" in note.read_text(encoding="utf-8")


def test_a_file_that_cannot_be_moved_is_told_and_stops_no_other(
    store: Store, sink: Intake, folder: Path
) -> None:
    """The role reports it and listens again; what comes later is taken all the same."""
    source = ScannerSource(folder)
    (folder / REFUSED).rmdir()
    (folder / "holiday.pdf").write_bytes(b"x")
    source.look(sink)
    scan(folder, number="999" + NUMBER[3:], component="TP-01", title="paper", at=AT)
    for _ in range(2):
        with pytest.raises(FileNotFoundError):
            while True:
                source.look(sink)
    assert len(accepted(store)) == 1
    assert (folder / "holiday.pdf").exists()


def test_half_written_files_of_the_scanner_are_left_alone(sink: Intake, folder: Path) -> None:
    """Names that end in .part or begin with a dot are not ready."""
    for name in (f"{NUMBER}__TP-01.part", ".hidden"):
        (folder / name).write_bytes(b"x")
    source = ScannerSource(folder)
    assert (source.look(sink), source.look(sink)) == (0, 0)


def test_the_simulated_page_is_a_real_pdf() -> None:
    """The cross-reference table points at the objects."""
    content = page("xin chào (thử)")
    start = int(content.split(b"startxref\n")[1].split()[0])
    table = content[start:].split(b"\n")[2:8]
    places = [int(line.split()[0]) for line in table if line.endswith(b"n ")]
    for number, place in enumerate(places, 1):
        assert content[place:].startswith(b"%d 0 obj" % number)


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


def test_an_unplugged_reader_is_an_error_that_the_role_reports(sink: Intake) -> None:
    """The role restarts the source until the reader is back."""
    reader = BarcodeReader()
    source = BarcodeSource(reader.line, station=p.Station.RETURN, clock=lambda: AT)
    os.close(reader._reader)
    with pytest.raises(OSError, match=r"unplugged|Input/output|No such file"):
        source.run(sink, threading.Event())
    os.close(reader._hub)


def test_a_scan_of_which_it_is_not_known_whether_it_is_stored_is_taken_again(
    store: Store, sink: Intake, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was stored and nobody saw it: the file stays, is taken once more, and counts once."""
    real, unseen, taken = sink.accept, [True], threading.Event()

    def accept(message: envelope.Message) -> Accepted:
        answer = real(message)
        if unseen:
            unseen.clear()
            raise AcceptanceUnknown("the commit did not end in time")
        taken.set()
        return answer

    monkeypatch.setattr(sink, "accept", accept)
    role = SourceRole(ScannerSource(folder, poll=0.01), sink)
    role.crash_pause = 0.01
    scan(folder, number=NUMBER, component="TP-01", title="paper", at=AT)
    role.start()
    assert taken.wait(20)
    assert role.trouble == ""
    role.stop()
    assert len(accepted(store)) == 1
    assert len(list((folder / TAKEN).iterdir())) == 1


def test_the_scanners_own_copies_go_after_a_while_or_with_their_dossier(tmp_path: Path) -> None:
    """What the hub has taken stays for some days; of an erased dossier nothing stays."""
    taken = tmp_path / TAKEN
    taken.mkdir()
    for name in ("A-180806-0001__GK.pdf", "A-180806-0001__GK.2.pdf", "A-180806-0002__GK.pdf"):
        (taken / name).write_bytes(b"x")
    assert copies.remove_old(taken, age=timedelta(days=1)) == 0
    assert copies.remove_of([tmp_path, taken, tmp_path / REFUSED], "A-180806-0001") == 2
    assert [path.name for path in taken.iterdir()] == ["A-180806-0002__GK.pdf"]
    assert copies.remove_old(taken, age=timedelta(days=-1)) == 1
