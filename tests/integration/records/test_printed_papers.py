"""Papers on paper: drawn by poppler at 150 dpi, their codes read by zxing and by Debian's zbar."""

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from hub.drill.sandbox.programs import MissingProgram
from hub.messages.payloads import Component
from hub.page_reading.reading import StackReader
from hub.records.papers.contents import content_of
from hub.records.papers.kinds import PaperKind
from hub.records.papers.render import render
from hub.records.rulebook import Rulebook
from hub.rules.papers import codes
from hub.rules.papers.codes import PaperCode
from hub.store.engine.store import Store
from tests.support.dossiers.slips import NAME, add_dossier, hand_over
from tests.support.works import AT, number

CODE = PaperCode(number(1))
BOTH = {codes.qr_text(CODE), codes.code128_text(CODE)}
RULES = Rulebook.load()


def program(name: str, package: str) -> str:
    """Return a program of Debian."""
    found = shutil.which(name)
    if found is None:
        raise MissingProgram(name, package)
    return found


def made(store: Store, kind: PaperKind, *, reprint: int = 0, rows: int = 2) -> bytes:
    """Return a paper of dossier 1 with some hand-overs."""
    with store.write() as tx:
        add_dossier(tx)
        hand_over(tx, *["delivered"] * rows)
    with store.read() as tx:
        content: Mapping[str, object] = content_of(
            tx, number(1), kind, rules=RULES, reprint=reprint, now=AT
        )
    return render(kind.value, content)


def words(paper: bytes, folder: Path) -> list[str]:
    """Return the text of each page, as poppler reads it."""
    file = folder / "paper.pdf"
    file.write_bytes(paper)
    command = [program("pdftotext", "poppler-utils"), str(file), "-"]
    text = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    return text.split("\f")[:-1]


def drawn(paper: bytes, folder: Path) -> Path:
    """Return the first page as a picture of 150 dpi, as a scanner gives it."""
    (folder / "paper.pdf").write_bytes(paper)
    to = folder / "page"
    command = [program("pdftoppm", "poppler-utils"), "-r", "150", "-gray", "-singlefile", "-png"]
    subprocess.run([*command, str(folder / "paper.pdf"), str(to)], check=True)
    return to.with_suffix(".png")


@pytest.mark.parametrize("kind", PaperKind)
def test_both_codes_are_read_at_150_dpi(
    sqlite_store: Store, tmp_path: Path, kind: PaperKind
) -> None:
    """By two readers that nobody here wrote; the QR also on a page that lies crooked."""
    page = drawn(made(sqlite_store, kind), tmp_path)
    picture = Image.open(page)
    assert {it.text for it in zxingcpp.read_barcodes(picture)} == BOTH
    command = [program("zbarimg", "zbar-tools"), "--quiet", "--raw", str(page)]
    read = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    assert set(read.split()) == BOTH
    crooked = picture.rotate(20, expand=True, fillcolor=255)
    assert codes.qr_text(CODE) in {it.text for it in zxingcpp.read_barcodes(crooked)}


def test_a_second_copy_says_so_on_each_page(sqlite_store: Store, tmp_path: Path) -> None:
    """Whoever holds a single sheet sees that there may be another one."""
    pages = words(made(sqlite_store, PaperKind.CONTROL_SLIP, reprint=1, rows=60), tmp_path)
    assert len(pages) > 1
    assert all("BẢN IN LẠI (lần 1)" in page for page in pages)


@pytest.mark.parametrize("kind", PaperKind)
def test_only_the_receipt_names_the_applicant(
    sqlite_store: Store, tmp_path: Path, kind: PaperKind
) -> None:
    """A first copy has no mark, and the words are Vietnamese text, no drawing."""
    (page,) = words(made(sqlite_store, kind), tmp_path)
    assert (NAME in page) is kind.is_personal
    assert "BẢN IN LẠI" not in page
    assert "Bộ phận Tiếp nhận và Trả kết quả" in page
    assert number(1) in page


def test_a_printed_cover_sheet_brings_each_component_into_its_place(
    sqlite_store: Store, tmp_path: Path
) -> None:
    """What the hub prints is what its own reading of stacks needs: nobody has to say where to."""
    components = ("TN02-BD", "TN02-GCN")
    with sqlite_store.write() as tx:
        add_dossier(tx, components=[Component(code=it, name=f"Giấy {it}") for it in components])
    with sqlite_store.read() as tx:
        kind = PaperKind.COVER_SHEET
        content = content_of(tx, number(1), kind, rules=RULES, reprint=0, now=AT)
    place = tmp_path / "stack.pdf"
    place.write_bytes(render(kind.value, content))
    stack = StackReader()(place, "application/pdf", tmp_path)
    assert [(it.code, it.cause) for it in stack.segments] == [
        (PaperCode(number(1), it), None) for it in components
    ]
