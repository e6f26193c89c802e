"""What the hub does not take stays in the hot folder and is reported: once, and never given up."""

import os
from pathlib import Path

import pytest

from adapters.devices.scanner.copies import REFUSED
from adapters.devices.scanner.simulator import page
from adapters.devices.scanner.source import ScannerSource
from adapters.devices.scanner.staying_files import REPORTED_AFTER, RESTLESS_AFTER, Kind
from hub.exchange.intake.accept import Intake

NUMBER = "000.99.01.H57-180806-0001"
NAME = f"{NUMBER}__TP-01.pdf"


class Watched:
    """A hot folder under a clock of its own."""

    def __init__(self, folder: Path, sink: Intake) -> None:
        self.now = 0.0
        self.folder, self.sink = folder, sink
        self.source = ScannerSource(folder, monotonic=lambda: self.now)

    def look(self, *, after: float = 0.0) -> int:
        self.now += after
        return self.source.poll_hot_folder(self.sink)

    def notes(self) -> set[str]:
        return {path.name for path in (self.folder / REFUSED).iterdir()}


@pytest.fixture
def watched(folder: Path, sink: Intake) -> Watched:
    """A hot folder that a source watches."""
    return Watched(folder, sink)


@pytest.mark.parametrize(
    ("name", "content", "kind", "words"),
    [
        (NAME, b"", Kind.UNFINISHED, "empty"),
        ("holiday.docx", b"", Kind.UNFINISHED, "empty"),
        (f"{NAME}.filepart", page("paper"), Kind.WORKING_FILE, "another program"),
        (f"{NUMBER}__TP-01.part", b"", Kind.WORKING_FILE, "another program"),
        (f"~${NAME}", page("paper"), Kind.WORKING_FILE, "another program"),
        ("Thumbs.db", b"x", Kind.SYSTEM_FILE, ""),
    ],
)
def test_a_file_that_is_not_taken_is_reported_once_and_stays(
    watched: Watched,
    capfd: pytest.CaptureFixture[str],
    name: str,
    content: bytes,
    kind: Kind,
    words: str,
) -> None:
    """After a minute, for ever: a scan that waits silently is a paper that nobody misses."""
    place = watched.folder / name
    place.write_bytes(content)
    watched.look()
    watched.look(after=REPORTED_AFTER - 1)
    assert not watched.source.findings.counts
    for _ in range(5):
        assert watched.look(after=REPORTED_AFTER) == 0
    assert watched.source.findings.counts == {kind: 1}
    assert place.read_bytes() == content
    told = capfd.readouterr()
    event = "scan_unfinished" if kind is Kind.UNFINISHED else "scan_left_alone"
    assert (told.out + told.err).count(event) == 1
    assert name not in told.out + told.err
    assert watched.notes() == ({f"{name}.txt"} if words else set())
    if words:
        assert words in (watched.folder / REFUSED / f"{name}.txt").read_text(encoding="utf-8")


def test_a_folder_in_the_hot_folder_is_reported(watched: Watched) -> None:
    """A scanner that makes a folder a day would otherwise write where the hub never looks."""
    (watched.folder / "2018-08-06").mkdir()
    (watched.folder / "2018-08-06" / NAME).write_bytes(page("paper"))
    assert (watched.look(), watched.look(after=REPORTED_AFTER)) == (0, 0)
    assert watched.source.findings.counts == {Kind.FOLDER: 1}
    assert watched.notes() == {"2018-08-06.txt"}


@pytest.mark.parametrize(("kind", "words"), [(Kind.LINK, "a link"), (Kind.PIPE, "a pipe")])
def test_what_is_no_file_is_named_as_what_it_is(watched: Watched, kind: Kind, words: str) -> None:
    """The officer would look for a folder that is not there."""
    place = watched.folder / "quet"
    place.symlink_to(watched.folder.parent) if kind is Kind.LINK else os.mkfifo(place)
    assert (watched.look(), watched.look(after=REPORTED_AFTER)) == (0, 0)
    assert watched.source.findings.counts == {kind: 1}
    told = (watched.folder / REFUSED / "quet.txt").read_text(encoding="utf-8")
    assert words in told
    assert "folder in the scan folder" not in told


@pytest.mark.parametrize("name", [NAME, f"{NAME}.part", "2018-08-06"])
def test_what_never_comes_to_rest_is_reported_once_and_taken_after_all(
    watched: Watched, capfd: pytest.CaptureFixture[str], name: str
) -> None:
    """Half an hour after its first sight: an officer does not wait for it for ever."""
    place = watched.folder / name
    place.mkdir() if name == "2018-08-06" else place.write_bytes(page("paper"))
    watched.look()
    for seconds in range(30, int(RESTLESS_AFTER) + 300, 30):
        os.utime(place, (seconds, seconds))
        watched.look(after=30)
        assert bool(watched.source.findings.counts) == (seconds >= RESTLESS_AFTER)
    kind = Kind.FOLDER if name == "2018-08-06" else Kind.RESTLESS
    assert watched.source.findings.counts == {kind: 1}
    assert watched.notes() == {f"{name}.txt"}
    told = capfd.readouterr()
    assert (told.out + told.err).count("scan_left_alone") == 1
    if name == NAME:
        assert "still changes" in (watched.folder / REFUSED / f"{name}.txt").read_text("utf-8")
        assert watched.look(after=30) == 1
        assert watched.notes() == set()


def test_a_scanner_that_always_writes_one_name_is_not_restless(watched: Watched) -> None:
    """Each scan is a file of its own, also where there is none between two looks."""
    for number in range(int(RESTLESS_AFTER / 30) + 5):
        (watched.folder / NAME).write_bytes(page(f"paper {number}"))
        watched.look(after=10)
        assert watched.look(after=20) == 1
    assert not watched.source.findings.counts


def test_a_finding_ends_with_its_file(watched: Watched) -> None:
    """The upload's own rename went through, or the officer did what the text says."""
    part, empty = watched.folder / f"{NAME}.part", watched.folder / f"{NUMBER}__TP-02.pdf"
    part.write_bytes(page("paper"))
    empty.write_bytes(b"")
    watched.look()
    watched.look(after=REPORTED_AFTER)
    assert len(watched.notes()) == 2
    part.rename(watched.folder / NAME)
    empty.unlink()
    assert (watched.look(), watched.look()) == (0, 1)
    assert not watched.source.findings.counts
    assert watched.notes() == set()


def test_a_finding_leaves_the_text_of_a_refused_file_of_the_same_name(watched: Watched) -> None:
    """Each file that was not taken keeps its own reason."""
    (watched.folder / "holiday.pdf").write_bytes(page("paper"))
    watched.look()
    watched.look()
    refused = (watched.folder / REFUSED / "holiday.pdf.txt").read_text(encoding="utf-8")
    (watched.folder / "holiday.pdf").write_bytes(b"")
    watched.look()
    watched.look(after=REPORTED_AFTER)
    assert watched.notes() == {"holiday.pdf", "holiday.pdf.txt", "holiday.2.pdf.txt"}
    (watched.folder / "holiday.pdf").unlink()
    watched.look()
    assert watched.notes() == {"holiday.pdf", "holiday.pdf.txt"}
    assert (watched.folder / REFUSED / "holiday.pdf.txt").read_text(encoding="utf-8") == refused


@pytest.mark.parametrize(
    ("document", "stays", "is_folder"),
    [("HoSo.txt", "HoSo", True), ("x.part.txt", "x.part", False)],
)
def test_a_finding_leaves_a_refused_document_that_has_the_name_of_its_text(
    watched: Watched, document: str, stays: str, is_folder: bool
) -> None:
    """A paper is never written over, and never removed as a text."""
    refused = watched.folder / REFUSED
    (watched.folder / document).write_bytes(b"the paper")
    (watched.folder / stays).mkdir() if is_folder else (watched.folder / stays).write_bytes(b"x")
    watched.look()
    watched.look()
    watched.look(after=REPORTED_AFTER)
    number = f"{Path(stays).stem}.2{Path(stays).suffix}.txt"
    assert watched.notes() == {document, f"{document}.txt", number}
    assert (refused / document).read_bytes() == b"the paper"
    (watched.folder / stays).rename(watched.folder.parent / stays)
    watched.look()
    assert watched.notes() == {document, f"{document}.txt"}
    assert (refused / document).read_bytes() == b"the paper"


def test_the_text_of_a_refused_file_leaves_a_refused_document_of_its_name(
    watched: Watched,
) -> None:
    """The officer finds both, each with its own text."""
    refused = watched.folder / REFUSED
    (watched.folder / "a.docx.txt").write_bytes(b"the paper")
    watched.look()
    watched.look()
    (watched.folder / "a.docx").write_bytes(b"another")
    watched.look()
    watched.look()
    assert watched.notes() == {"a.docx.txt", "a.docx.txt.txt", "a.2.docx", "a.2.docx.txt"}
    assert (refused / "a.docx.txt").read_bytes() == b"the paper"


def test_a_document_that_took_the_place_of_a_text_is_not_removed_with_it(
    watched: Watched,
) -> None:
    """An officer deletes a text; what has its name then is no text of the hub."""
    part = watched.folder / "x.part"
    part.write_bytes(b"x")
    watched.look()
    watched.look(after=REPORTED_AFTER)
    text = watched.folder / REFUSED / "x.part.txt"
    text.write_bytes(b"the paper")
    part.unlink()
    watched.look()
    assert text.read_bytes() == b"the paper"


def test_a_hub_that_starts_again_goes_on_with_the_texts_that_stand_there(
    watched: Watched, sink: Intake
) -> None:
    """Not one text more at each start, also for names to which no number can be added."""
    names = ["x.part", "a" * 250 + ".part", "a" * 249 + "b.part"]
    for name in names:
        (watched.folder / name).write_bytes(b"x")
    for _ in range(2):
        started = Watched(watched.folder, sink)
        started.look()
        started.look(after=REPORTED_AFTER)
        assert started.source.findings.counts == {Kind.WORKING_FILE: 3}
        assert len(started.notes()) == 3
    for name in names:
        (watched.folder / name).unlink()
    started.look()
    assert started.notes() == set()


def test_a_text_that_cannot_be_written_is_tried_again(watched: Watched) -> None:
    """The officer is told when `loi` can be written to again."""
    (watched.folder / "x.part").write_bytes(b"x")
    away = (watched.folder / REFUSED).rename(watched.folder.parent / "away")
    watched.look()
    for _ in range(2):
        with pytest.raises(FileNotFoundError):
            watched.look(after=REPORTED_AFTER)
    away.rename(watched.folder / REFUSED)
    watched.look()
    assert watched.notes() == {"x.part.txt"}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Thumbs.db", Kind.SYSTEM_FILE),
        ("2018-08-06", Kind.FOLDER),
        ("lost+found", Kind.SYSTEM_FILE),
        ("@eaDir", Kind.SYSTEM_FILE),
        (".snapshot", Kind.SYSTEM_FILE),
        ("System Volume Information", Kind.SYSTEM_FILE),
        ("#recycle", Kind.SYSTEM_FILE),
        (".Trash-1000", Kind.SYSTEM_FILE),
    ],
)
def test_a_folder_that_is_used_is_reported_once(
    watched: Watched, capfd: pytest.CaptureFixture[str], name: str, kind: Kind
) -> None:
    """Its marks change with each file in it, and the log says nothing new."""
    place = watched.folder / name
    place.mkdir()
    watched.look()
    for number in range(3):
        (place / str(number)).mkdir()
        os.utime(place, ns=(number, number))
        watched.look()
        watched.look(after=REPORTED_AFTER)
    assert watched.source.findings.counts == {kind: 1}
    told = capfd.readouterr()
    assert (told.out + told.err).count("scan_left_alone") == 1
    assert watched.notes() == ({f"{name}.txt"} if kind is Kind.FOLDER else set())


def test_a_working_file_in_another_state_is_reported_again(
    watched: Watched, capfd: pytest.CaptureFixture[str]
) -> None:
    """Its program went on and stopped again: one text, and a line for each time."""
    part = watched.folder / "x.part"
    for size in (1, 2):
        part.write_bytes(b"x" * size)
        watched.look()
        watched.look(after=REPORTED_AFTER)
    told = capfd.readouterr()
    assert (told.out + told.err).count("scan_left_alone") == 2
    assert watched.notes() == {"x.part.txt"}
