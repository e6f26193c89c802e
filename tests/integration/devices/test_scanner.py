"""The scanner as a source: files in a real folder, written as scanners and people write them."""

import dataclasses
import os
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.devices.scanner import copies, rest
from adapters.devices.scanner.claims import CLAIMED
from adapters.devices.scanner.copies import REFUSED, TAKEN
from adapters.devices.scanner.health import ScannerFolder
from adapters.devices.scanner.simulator import page, scan
from adapters.devices.scanner.source import ScannerSource
from adapters.devices.scanner.staying_files import REPORTED_AFTER
from hub.bootstrap.retention import forget_scans
from hub.exchange.intake.accept import Intake
from hub.exchange.intake.source_role import SourceRole
from hub.messages import envelope
from hub.messages import payloads as p
from hub.messages.invalid import InvalidMessage
from hub.ports import AcceptanceUnknown, Accepted
from hub.settings import Settings
from hub.store.engine.store import Store
from hub.texts import Language, use_language
from tests.support.accepted import accepted

NUMBER = "000.99.01.H57-180806-0001"
NAME = f"{NUMBER}__TP-01.pdf"
AT = datetime(2018, 8, 6, 1, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def vietnamese() -> None:
    """The notes are read by officers."""
    use_language(Language.VI)


def test_a_scanned_file_enters_with_its_dossier_component_and_time(
    store: Store, sink: Intake, folder: Path
) -> None:
    """Taken at the second look, when it has come to rest; then it leaves the folder."""
    source = ScannerSource(folder)
    path = scan(folder, number=NUMBER, component="TP-01", title="paper", at=AT)
    assert (source.poll_hot_folder(sink), source.poll_hot_folder(sink)) == (0, 1)
    (said,) = accepted(store)
    assert said == p.DocumentScanned(
        number=NUMBER, component="TP-01", scanned_at=AT, device="scanner-1"
    )
    assert not path.exists()
    assert (folder / TAKEN / path.name).read_bytes().startswith(b"%PDF")


def test_a_file_that_still_grows_is_not_taken(store: Store, sink: Intake, folder: Path) -> None:
    """A scanner that writes slowly is waited for."""
    source = ScannerSource(folder)
    whole = page("paper")
    for length in (9, 300, len(whole)):
        (folder / NAME).write_bytes(whole[:length])
        assert source.poll_hot_folder(sink) == 0
    assert source.poll_hot_folder(sink) == 1
    assert len(accepted(store)) == 1


def test_a_file_with_a_time_that_no_calendar_has_stops_no_other(
    store: Store, sink: Intake, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """File servers pass on any 64 bits; this disk keeps fewer, so the marks are made here."""

    def marks_of(status: os.stat_result) -> rest.Marks:
        made = rest.marks_of(status)
        return dataclasses.replace(made, modified=2**68) if made.inode == inode else made

    place = scan(folder, number="A-180806-0001", component="TP-01", title="a", at=AT)
    inode = place.lstat().st_ino
    scan(folder, number=NUMBER, component="TP-01", title="b", at=AT)
    monkeypatch.setattr("adapters.devices.scanner.source.marks_of", marks_of)
    source = ScannerSource(folder)
    assert (source.poll_hot_folder(sink), source.poll_hot_folder(sink)) == (0, 1)
    assert [it.number for it in accepted(store) if isinstance(it, p.DocumentScanned)] == [NUMBER]
    assert "the time of the file" in (folder / REFUSED / f"{place.name}.txt").read_text("utf-8")


@pytest.mark.parametrize("seconds", [-2_177_452_800, 0, 3_976_214_400])
def test_a_time_that_cannot_be_is_the_hubs_own_and_a_finding(
    store: Store, sink: Intake, folder: Path, seconds: int
) -> None:
    """A scanner that believes in 1901, 1970 or 2096, until its clock is right."""
    source, device = ScannerSource(folder, clock=lambda: AT), ScannerFolder("scanner-1", folder)
    for at, component in ((seconds, "TP-01"), ((AT - timedelta(days=3)).timestamp(), "TP-02")):
        path = scan(folder, number=NUMBER, component=component, title="paper", at=AT)
        os.utime(path, (at, at))
        assert (source.poll_hot_folder(sink), source.poll_hot_folder(sink)) == (0, 1)
        wrong = [it.code for it in device.check()]
        assert wrong == (["scanner_clock_wrong"] if component == "TP-01" else [])
    scans = [said for said in accepted(store) if isinstance(said, p.DocumentScanned)]
    assert [said.scanned_at for said in scans] == [AT, AT - timedelta(days=3)]


def test_a_file_taken_twice_counts_once(store: Store, sink: Intake, folder: Path) -> None:
    """A crash between accepting and moving the file has no effect."""
    source = ScannerSource(folder)
    for _ in range(2):
        scan(folder, number=NUMBER, component="TP-01", title="paper", at=AT)
        source.poll_hot_folder(sink)
        source.poll_hot_folder(sink)
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
        source.poll_hot_folder(sink)
        source.poll_hot_folder(sink)
    assert list((folder / REFUSED).iterdir()) == []
    assert len(list((folder / TAKEN).iterdir())) == 3
    scans = [said for said in accepted(store) if isinstance(said, p.DocumentScanned)]
    assert [said.scanned_at for said in scans] == [AT, AT]


@pytest.mark.parametrize(
    ("name", "size", "code", "what_to_do"),
    [
        ("holiday.pdf", 10, "number_malformed", "đặt lại tên tệp"),
        (f"{NUMBER}__TP-01.exe", 10, "number_malformed", "đặt lại tên tệp"),
        (f"{NUMBER}__TP-01.pdf", 60_000, "file_too_large", "độ phân giải thấp hơn"),
    ],
)
def test_a_file_that_cannot_be_taken_is_set_aside_with_a_note_for_the_officer(
    store: Store, sink: Intake, folder: Path, name: str, size: int, code: str, what_to_do: str
) -> None:
    """What is wrong and what to do, in Vietnamese, beside the file; nothing is stored."""
    source = ScannerSource(folder)
    (folder / name).write_bytes(page("x" * size))
    source.poll_hot_folder(sink)
    source.poll_hot_folder(sink)
    note = (folder / REFUSED / f"{name}.txt").read_text(encoding="utf-8")
    assert code in note
    assert what_to_do in note.partition("Cách xử lý:")[2]
    assert (folder / REFUSED / name).exists()
    assert accepted(store) == []


@pytest.mark.parametrize("code", ["dossier_archived", "dossier_erased", "file_hash_wrong"])
def test_a_refusal_that_no_other_name_would_help_asks_for_no_other_name(
    sink: Intake, folder: Path, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    """The officer would rename and scan for ever."""

    def refuse(*_: object, **__: object) -> None:
        raise InvalidMessage(code, where="file", why="refused")

    monkeypatch.setattr(Intake, "store_file", refuse)
    source = ScannerSource(folder)
    scan(folder, number=NUMBER, component="TP-01", title="paper", at=AT)
    source.poll_hot_folder(sink)
    source.poll_hot_folder(sink)
    (note,) = (folder / REFUSED).glob("*.txt")
    text = note.read_text(encoding="utf-8")
    assert code in text
    assert "đặt lại tên" not in text
    assert "công nghệ thông tin" in text


@pytest.mark.parametrize(
    "name", [b"qu\xe9t.pdf", b"x" * 251 + b".pdf", f"{NUMBER}__TP\n.pdf".encode()]
)
def test_a_file_with_any_name_is_set_aside_and_stops_no_other(
    store: Store, sink: Intake, folder: Path, name: bytes
) -> None:
    """Not in UTF-8, as long as a name can be, with a line end: the scans behind it go on."""
    source = ScannerSource(folder)
    (folder / os.fsdecode(name)).write_bytes(b"x")
    source.poll_hot_folder(sink)
    scan(folder, number=NUMBER, component="TP-01", title="paper", at=AT)
    source.poll_hot_folder(sink)
    assert source.poll_hot_folder(sink) == 1
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
    source.poll_hot_folder(sink)
    scan(folder, number="999" + NUMBER[3:], component="TP-01", title="paper", at=AT)
    for _ in range(2):
        with pytest.raises(FileNotFoundError):
            while True:
                source.poll_hot_folder(sink)
    assert len(accepted(store)) == 1
    assert (folder / "holiday.pdf").exists()


def test_working_files_of_other_programs_are_left_alone(sink: Intake, folder: Path) -> None:
    """The upload's own rename goes through, and then the scan is taken."""
    source = ScannerSource(folder)
    names = {f"{NUMBER}__TP-01.part", ".hidden", f"{NAME}.filepart", f"~${NAME}", "Thumbs.db"}
    for name in names:
        (folder / name).write_bytes(page("paper"))
    assert (source.poll_hot_folder(sink), source.poll_hot_folder(sink)) == (0, 0)
    assert {path.name for path in folder.iterdir() if path.is_file()} == names
    (folder / f"{NAME}.filepart").rename(folder / NAME)
    assert (source.poll_hot_folder(sink), source.poll_hot_folder(sink)) == (0, 1)


def test_the_simulated_page_is_a_real_pdf() -> None:
    """The cross-reference table points at the objects."""
    content = page("xin chào (thử)")
    start = int(content.split(b"startxref\n")[1].split()[0])
    table = content[start:].split(b"\n")[2:8]
    places = [int(line.split()[0]) for line in table if line.endswith(b"n ")]
    for number, place in enumerate(places, 1):
        assert content[place:].startswith(b"%d 0 obj" % number)


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


@pytest.mark.parametrize(("name", "place"), [(NAME, TAKEN), ("holiday.pdf", REFUSED)])
def test_an_old_scan_is_a_copy_from_its_arrival_on(
    sink: Intake, folder: Path, name: str, place: str
) -> None:
    """By the modification time, too: on Windows the other time is that of the creation."""
    (folder / name).write_bytes(page("paper"))
    os.utime(folder / name, (AT.timestamp(), AT.timestamp()))
    source = ScannerSource(folder)
    before = folder.stat().st_mtime - 1
    source.poll_hot_folder(sink)
    source.poll_hot_folder(sink)
    status = (folder / place / name).stat()
    assert status.st_mtime >= before
    created_long_ago = os.stat_result((*status[:9], AT.timestamp()))
    now = status.st_mtime + 60
    assert copies.arrived_at(created_long_ago, now=now) >= before


def test_a_copy_with_a_time_to_come_goes_by_its_other_time() -> None:
    """A scanner's wrong clock keeps no paper for 70 years."""
    status = os.stat_result((0, 0, 0, 0, 0, 0, 0, 0, 4e9, 5.0))
    assert copies.arrived_at(status, now=10.0) == 5.0


def test_what_was_taken_and_what_was_refused_goes_by_its_age(sink: Intake, folder: Path) -> None:
    """A refused stack may be of anybody, so nothing but its age ends it; a new one stays."""
    for name in (TAKEN, REFUSED):
        (folder / name / "chong.pdf").write_bytes(b"x")
        (folder / name / "chong.pdf.txt").write_text("x", encoding="utf-8")
    for keep, left in ((timedelta(days=30), 4), (timedelta(days=-1), 0)):
        stop = threading.Event()
        source = ScannerSource(folder, keep=keep)
        source.run(sink, stop, stop.set)
        assert sum(len(list((folder / it).iterdir())) for it in (TAKEN, REFUSED)) == left


def test_an_erased_dossier_leaves_no_copy_in_any_scan_folder(tmp_path: Path) -> None:
    """Those of the file of devices, too."""
    devices, other = tmp_path / "devices.toml", tmp_path / "other"
    devices.write_text(f'[quay-2]\nkind = "scanner"\nfolder = "{other}"\n', encoding="utf-8")
    settings = Settings(data_dir=str(tmp_path / "hub"), devices_file=str(devices))
    for root in (settings.scans, other):
        (root / TAKEN).mkdir(parents=True)
        (root / TAKEN / f"{NUMBER}__GK.pdf").write_bytes(b"x")
    assert forget_scans(settings, NUMBER) == 2
    assert not [*other.rglob("*.pdf"), *settings.scans.rglob("*.pdf")]


def test_a_scan_that_a_killed_hub_was_taking_is_taken_at_the_next_start(
    store: Store, sink: Intake, folder: Path
) -> None:
    """It stands in `dang-nhan`; a rescan under the same name is another one."""
    for place, title in ((folder / CLAIMED / "17.0", "first"), (folder, "second")):
        place.mkdir(exist_ok=True)
        scan(place, number=NUMBER, component="TP-01", title=title, at=AT)
    source = ScannerSource(folder)
    source.poll_hot_folder(sink)
    assert source.poll_hot_folder(sink) == 2
    assert len(accepted(store)) == 2
    source.poll_hot_folder(sink)
    assert list((folder / CLAIMED).iterdir()) == []


def test_an_officer_is_told_of_a_scan_that_does_not_become_whole(
    sink: Intake, folder: Path
) -> None:
    """Once, after a minute; the file stays, and the note goes when the scan was taken after all."""
    clock = [0.0]
    source = ScannerSource(folder, monotonic=lambda: clock[0])
    (folder / NAME).write_bytes(page("paper")[:200])
    note = folder / REFUSED / f"{NAME}.txt"
    source.poll_hot_folder(sink)
    clock[0] = REPORTED_AFTER - 1
    source.poll_hot_folder(sink)
    assert not note.exists()
    clock[0] = REPORTED_AFTER
    source.poll_hot_folder(sink)
    text = note.read_text(encoding="utf-8")
    assert "%%EOF" in text
    assert "quét lại" in text
    assert (folder / NAME).exists()
    (folder / NAME).write_bytes(page("paper"))
    source.poll_hot_folder(sink)
    assert source.poll_hot_folder(sink) == 1
    assert not note.exists()


def test_a_folder_that_cannot_be_read_is_told_once_and_waited_for(
    sink: Intake, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Nobody gets a line of log a second for a share whose server is away."""
    folder = tmp_path / "share"
    folder.write_text("no folder")
    source, stop, looks = ScannerSource(folder, poll=0.001), threading.Event(), []

    def beat() -> None:
        looks.append(source.trouble)
        if len(looks) == 20:
            folder.unlink()
        if len(looks) == 30:
            stop.set()

    source.run(sink, stop, beat)
    assert looks[0].startswith(("NotADirectoryError", "FileExistsError"))
    assert looks[-1] == ""
    told = capfd.readouterr()
    assert (told.out + told.err).count("device_lost") == 1
    assert (told.out + told.err).count("device_back") == 1


def test_a_folder_that_hangs_is_a_role_without_progress(
    sink: Intake, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A share whose server is away lets the look at it stand: the role says so."""
    source, release, hangs = ScannerSource(folder, poll=0.001), threading.Event(), threading.Event()

    def look(_sink: Intake) -> int:
        hangs.set()
        release.wait()
        return 0

    monkeypatch.setattr(source, "poll_hot_folder", look)
    role = SourceRole(source, sink)
    role.patience = 0.0
    role.start()
    try:
        assert hangs.wait(20)
        assert role.trouble.startswith("no progress")
    finally:
        role.stopping.set()
        release.set()
        role.stop()
