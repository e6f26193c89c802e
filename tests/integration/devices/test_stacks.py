"""From paper to dossier: stacks in a real hot folder are cut, and each paper finds its place."""

from collections.abc import Sequence
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

from adapters.devices.scanner import copies
from adapters.devices.scanner.copies import REFUSED, TAKEN
from adapters.devices.scanner.source import ScannerSource
from hub.exchange.intake.accept import Intake
from hub.file_checks import limits
from hub.file_checks.verdicts import Rejected
from hub.messages.invalid import InvalidMessage
from hub.messages.payloads import DocumentScanned, PagesUnread, UnreadCause
from hub.page_reading import child
from hub.page_reading.documents import write_segments
from hub.page_reading.reading import StackReader
from hub.rules.papers import codes
from hub.rules.papers.codes import PaperCode
from hub.store.engine.store import Store
from hub.store.messages.blobs import BlobStore
from tests.support.accepted import accepted
from tests.support.papers import pages as drawn
from tests.support.works import now

ONE = PaperCode("000.99.01.H57-261129-0042", "TN02-BD")
TWO = PaperCode("000.99.01.H57-261129-0043", "TN02-GCN")
DPI = 150


@pytest.fixture
def sink(store: Store, tmp_path: Path) -> Intake:
    """The hub's way in, for files of the size of scans."""
    return Intake(store, BlobStore(tmp_path / "files"), clock=now)


def coded(code: PaperCode, seed: int = 1) -> Image.Image:
    """Return a page with the QR code of a paper."""
    return drawn.with_qr(drawn.sheet(seed, dpi=DPI), codes.qr_text(code), dpi=DPI)


def write(folder: Path, pages: Sequence[Image.Image], name: str = "SCAN0001.pdf") -> Path:
    """Have a stack lie in the hot folder."""
    return drawn.write_pdf(pages, folder / name)


def take(folder: Path, sink: Intake) -> None:
    """Look twice, as for every file."""
    source = ScannerSource(folder, read_pages=StackReader())
    source.poll_hot_folder(sink)
    source.poll_hot_folder(sink)


def told(store: Store) -> tuple[list[DocumentScanned], list[PagesUnread]]:
    """Return what entered."""
    found = accepted(store)
    return (
        [it for it in found if isinstance(it, DocumentScanned)],
        [it for it in found if isinstance(it, PagesUnread)],
    )


def test_a_stack_is_cut_and_each_paper_enters_by_its_own_code(
    store: Store, sink: Intake, folder: Path
) -> None:
    """Two papers, one of them crooked, a blank back side, and a page before the first code."""
    stack = [
        drawn.sheet(7, dpi=DPI),
        coded(ONE),
        drawn.blank_sheet(2, dpi=DPI),
        drawn.sheet(3, dpi=DPI),
        drawn.turned(coded(TWO), 5),
    ]
    path = write(folder, stack)
    take(folder, sink)
    scanned, unread = told(store)
    assert {(it.number, it.component) for it in scanned} == {
        (ONE.number, ONE.component),
        (TWO.number, TWO.component),
    }
    assert [(it.cause, it.first_page, it.pages, it.number) for it in unread] == [
        (UnreadCause.NO_CODE, 1, 1, "")
    ]
    assert (folder / TAKEN / path.name).exists()


def test_the_documents_keep_the_pictures_and_stand_straight(tmp_path: Path) -> None:
    """The packed picture of a page is the one that was scanned, byte by byte; a page that lay on
    its side is turned, a crooked one by its matrix; and the same stack gives the same bytes."""
    stack = [drawn.turned(coded(ONE), 90), drawn.turned(coded(TWO), -4)]
    place = drawn.write_pdf(stack, tmp_path / "stack.pdf")
    folders = [tmp_path / "a", tmp_path / "b"]
    for folder in folders:
        folder.mkdir()
    read = [StackReader()(place, "application/pdf", folder) for folder in folders]
    once, again = ([it.document.read_bytes() for it in found.segments] for found in read)
    assert once == again
    for segment, picture in zip(read[0].segments, stack, strict=True):
        with pikepdf.open(segment.document) as document:
            (page,) = document.pages
            (image,) = page.get_images().values()
            assert image.read_raw_bytes() == drawn.jpeg(picture)
    with pikepdf.open(read[0].segments[0].document) as document:
        assert document.pages[0].obj.get("/Rotate") == 270
    assert _box(read[0].segments[1].document) != _box(place, 1)
    straight = tmp_path / "straight"
    straight.mkdir()
    found = StackReader()(read[0].segments[1].document, "application/pdf", straight)
    # Read anew, the page is not crooked any more: its paper did not grow again.
    assert _box(found.segments[0].document) == _box(read[0].segments[1].document)


def _box(place: Path, page: int = 0) -> list[float]:
    with pikepdf.open(place) as document:
        return [float(it) for it in document.pages[page].mediabox]


def test_pictures_and_faxes_are_stacks_too(store: Store, sink: Intake, folder: Path) -> None:
    """A TIFF of two pages in black and white, packed as a fax, is cut like a PDF."""
    first, second = (page.convert("1") for page in (coded(ONE), coded(TWO)))
    first.save(
        folder / "fax.tif",
        save_all=True,
        append_images=[second],
        compression="group4",
        dpi=(DPI, DPI),
    )
    take(folder, sink)
    scanned, unread = told(store)
    assert {it.component for it in scanned} == {ONE.component, TWO.component}
    assert unread == []


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("broken.pdf", b"%PDF-1.7\nnothing\n%%EOF\n", "file_broken"),
        ("bomb.png", None, "file_bomb"),
    ],
)
def test_a_stack_that_cannot_be_read_is_set_aside_with_a_note(
    store: Store, sink: Intake, folder: Path, name: str, content: bytes | None, code: str
) -> None:
    """Nothing of it enters; the file and why lie in `loi`."""
    if content is None:
        Image.new("1", (12_000, 12_000)).save(folder / name)
    else:
        (folder / name).write_bytes(content)
    take(folder, sink)
    assert accepted(store) == []
    assert (folder / REFUSED / name).exists()
    assert code in (folder / REFUSED / f"{name}.txt").read_text(encoding="utf-8")


def test_a_locked_stack_is_set_aside(store: Store, sink: Intake, folder: Path) -> None:
    """A password is no damage, and is told as what it is."""
    path = write(folder, [coded(ONE)])
    with pikepdf.open(path, allow_overwriting_input=True) as document:
        document.save(path, encryption=pikepdf.Encryption(owner="a", user="b"))
    take(folder, sink)
    assert accepted(store) == []
    assert "file_locked" in (folder / REFUSED / f"{path.name}.txt").read_text(encoding="utf-8")


def test_a_sparse_file_of_two_gigabytes_is_not_read(
    store: Store, sink: Intake, folder: Path
) -> None:
    """Its size alone refuses it, before it is copied or opened."""
    path = folder / "huge.jpg"
    with path.open("wb") as stream:
        stream.write(b"\xff\xd8\xff")
        stream.seek(2 * 1024**3)
        stream.write(b"\xff\xd9")
    take(folder, sink)
    assert accepted(store) == []
    assert "file_too_large" in (folder / REFUSED / f"{path.name}.txt").read_text(encoding="utf-8")


def test_what_the_pages_share_does_not_fill_the_disk(tmp_path: Path) -> None:
    """Each paper gets its own copy of it, so the papers together have a most."""
    place = drawn.write_pdf([coded(ONE), coded(TWO)], tmp_path / "stack.pdf")
    most = place.stat().st_size // 4
    with pytest.raises(Rejected, match="many times"):
        write_segments(place, [[0], [1]], {}, tmp_path, most=most)


def test_a_stack_is_given_the_time_of_its_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By their count, before the first is unpacked."""
    allowed: list[int] = []
    monkeypatch.setattr(limits, "allow_pages", allowed.append)
    monkeypatch.setattr(child, "limit_process", lambda **_limits: None)
    place = drawn.write_pdf([coded(ONE), coded(TWO)], tmp_path / "stack.pdf")
    assert child.main([str(place), "application/pdf", str(tmp_path)])["pages"] == 2
    assert allowed == [2]


def test_a_reader_that_does_not_end_is_ended(tmp_path: Path) -> None:
    """The wait for one stack has an end, and the next one is read."""
    place = drawn.write_pdf([coded(ONE)], tmp_path / "stack.pdf")
    with pytest.raises(InvalidMessage) as refused:
        StackReader(longest=0.001)(place, "application/pdf", tmp_path)
    assert refused.value.code == "file_bomb"


def test_the_copy_of_a_stack_goes_with_each_of_its_dossiers(
    store: Store, sink: Intake, folder: Path
) -> None:
    """Its name tells nothing, so its dossiers are written down beside it."""
    write(folder, [coded(ONE), coded(TWO, 2)])
    take(folder, sink)
    other, taken = "000.99.01.H57-261129-0099", folder / TAKEN
    assert copies.remove_of([taken], other) == 0
    assert copies.remove_of([taken], TWO.number) == 1
    assert list(taken.iterdir()) == []
    write(folder, [drawn.sheet(7, dpi=DPI), coded(ONE)])
    take(folder, sink)
    assert copies.remove_of([taken], other) == 1  # a page of it may be of any dossier
    assert list(taken.iterdir()) == []
