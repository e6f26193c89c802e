"""Each parser takes a file of its type and says why it rejects another."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hub.file_checks import office, pdf, pictures, xml
from hub.file_checks.verdicts import ACTIVE, BOMB, BROKEN, LOCKED, TYPE, Rejected
from hub.rules.file_types import DOCX, JPEG, PDF, PNG, TIFF, XLSX, XML, ZIP
from tests.support.files import sample_files as made

Parse = Callable[[Path], object]


def short(value: object) -> str:
    """Return the id of a parameter: a file by its size."""
    return f"{len(value)} bytes" if isinstance(value, bytes) else str(value).rpartition("/")[2]


PARSERS: dict[str, Parse] = {
    PDF: lambda place: pdf.check(place, clean_to=None),
    JPEG: lambda place: pictures.check(place, JPEG),
    PNG: lambda place: pictures.check(place, PNG),
    TIFF: lambda place: pictures.check(place, TIFF),
    XML: xml.check,
    ZIP: office.check,
}


def verdict(tmp_path: Path, media_type: str, content: bytes) -> str:
    """Return the code with which a parser rejects a file, "" where it takes it."""
    place = tmp_path / "file"
    place.write_bytes(content)
    try:
        PARSERS[media_type](place)
    except Rejected as rejected:
        return rejected.code
    return ""


@pytest.mark.parametrize(
    ("media_type", "content"),
    [
        (PDF, made.pdf("Đơn")),
        (JPEG, made.picture("JPEG")),
        (PNG, made.picture("PNG")),
        (TIFF, made.picture("TIFF", pages=3)),
        (XML, made.XML),
        (ZIP, made.office()),
        (ZIP, made.office("xl/workbook.xml")),
    ],
    ids=short,
)
def test_a_whole_file_of_an_accepted_type_passes(
    tmp_path: Path, media_type: str, content: bytes
) -> None:
    """No parser rejects what it should take."""
    assert verdict(tmp_path, media_type, content) == ""


def test_a_zip_is_told_by_its_parts(tmp_path: Path) -> None:
    """docx and xlsx begin alike."""
    place = tmp_path / "file"
    for main, media_type in (("word/document.xml", DOCX), ("xl/workbook.xml", XLSX)):
        place.write_bytes(made.office(main))
        assert office.check(place) == office.media_type_of(place) == media_type


@pytest.mark.parametrize(
    ("media_type", "content", "code"),
    [
        (PDF, made.pdf_with_script(), ACTIVE),
        (PDF, made.pdf_with_hidden_script(), ACTIVE),
        (PDF, made.pdf_with_launch(), ACTIVE),
        (PDF, made.pdf_with_file(), ACTIVE),
        (PDF, made.pdf_with_password(), LOCKED),
        (PDF, b"%PDF-1.4 and nothing else", BROKEN),
        (JPEG, made.picture("JPEG")[:200], BROKEN),
        (JPEG, made.picture("PNG"), BROKEN),
        (PNG, made.picture("PNG").replace(b"IDAT", b"IDAx"), BROKEN),
        (PNG, made.png_bomb(), BOMB),
        (TIFF, made.picture("TIFF")[:60], BROKEN),
        (XML, made.XML_ENTITIES, ACTIVE),
        (XML, b"<a><b></a>", BROKEN),
        (XML, b"<a>" * 300 + b"</a>" * 300, BOMB),
        (XML, b"<html xmlns='http://www.w3.org/1999/xhtml'/>", TYPE),
        (XML, b"<?xml-stylesheet href='x.xsl'?><a/>", ACTIVE),
        (ZIP, made.zip_bomb(), BOMB),
        (ZIP, made.office(parts={"word/vbaProject.bin": b"x"}), ACTIVE),
        (ZIP, made.office(parts={"word/embeddings/a.bin": b"x"}), ACTIVE),
        (ZIP, made.with_template(), ACTIVE),
        (ZIP, made.office(parts={"../../etc/cron.d/x": b"x"}), BROKEN),
        (ZIP, made.office(parts={"word/styles.xml": made.XML_ENTITIES}), ACTIVE),
        (ZIP, made.office()[:-30], BROKEN),
        (ZIP, made.office().replace(b"word/document.xml", b"text/document.xml"), TYPE),
    ],
    ids=short,
)
def test_a_file_that_must_not_be_stored_is_rejected_by_its_code(
    tmp_path: Path, media_type: str, content: bytes, code: str
) -> None:
    """Each shape has the code that tells its sender what to do."""
    assert verdict(tmp_path, media_type, content) == code


def test_a_cleaned_pdf_has_its_pages_and_nothing_that_acts(tmp_path: Path) -> None:
    """What is stored instead of it passes the check."""
    place, copy = tmp_path / "file", tmp_path / "copy"
    for content in (
        made.pdf_with_script(),
        made.pdf_with_hidden_script(),
        made.pdf_with_launch(),
        made.pdf_with_file(),
    ):
        place.write_bytes(content)
        assert pdf.check(place, clean_to=copy)
        assert not pdf.check(copy, clean_to=None)
        assert b"app.alert" not in copy.read_bytes()
        assert b"a file within" not in copy.read_bytes()


def test_a_signed_pdf_is_rejected_and_not_cleaned(tmp_path: Path) -> None:
    """A cleaned copy would lose the signature, and with it its worth."""
    place = tmp_path / "file"
    place.write_bytes(made.pdf_with_script(signed=True))
    with pytest.raises(Rejected) as refused:
        pdf.check(place, clean_to=tmp_path / "copy")
    assert refused.value.code == ACTIVE
    assert not (tmp_path / "copy").exists()
