"""What the hub does not take stays in the hot folder and is reported: once, and never given up."""

from pathlib import Path

import pytest

from adapters.devices.scanner.copies import REFUSED
from adapters.devices.scanner.simulator import page
from adapters.devices.scanner.source import ScannerSource
from adapters.devices.scanner.staying_files import REPORTED_AFTER, Kind
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
