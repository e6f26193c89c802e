"""What a file's first bytes claim, and which names and declared types contradict them."""

import pytest

from hub.rules.file_types import DOCX, JPEG, PDF, PNG, TIFF, XML, ZIP, lie_of, type_of
from tests.support.files import sample_files


@pytest.mark.parametrize(
    ("head", "media_type"),
    [
        (sample_files.pdf(), PDF),
        (b"\xef\xbb\xbf\r\n%PDF-1.7", PDF),
        (sample_files.picture("JPEG"), JPEG),
        (sample_files.picture("PNG"), PNG),
        (sample_files.picture("TIFF"), TIFF),
        (sample_files.XML, XML),
        (b"<hoSo/>", XML),
        ("<?xml version='1.0'?><a/>".encode("utf-16"), XML),
        (sample_files.office(), ZIP),
        (b"", ""),
        (b"MZ\x90\0", ""),
        (b"GIF89a %PDF-1.4", ""),
        (b"plain words %PDF-1.4", ""),
        (b"\0\0\0\x18ftypheic", ""),
        (b"< not xml", ""),
    ],
    ids=lambda value: f"{len(value)} bytes" if isinstance(value, bytes) else value,
)
def test_the_first_bytes_of_a_file_claim_a_type(head: bytes, media_type: str) -> None:
    """A known beginning is one of the types, anything else is none."""
    assert type_of(head[:1024]) == media_type


@pytest.mark.parametrize(
    ("media_type", "name", "declared", "lie"),
    [
        (PDF, "đơn.pdf", "application/pdf", ""),
        (PDF, "ĐƠN.PDF", "application/x-pdf; charset=binary", ""),
        (PDF, "đơn", "application/octet-stream", ""),
        (PDF, "Đơn số 12.2026", "", ""),
        (PDF, "đơn.pdf.exe", "application/pdf", "name"),
        (PDF, "đơn.jpg", "application/pdf", "name"),
        (PDF, "đơn.pdf", "image/jpeg", "media_type"),
        (PDF, "đơn.pdf", "text/html", "media_type"),
        (JPEG, "ảnh.jfif", "image/jpg", ""),
        (XML, "dulieu.xml", "text/xml", ""),
        (DOCX, "đơn.doc", "", "name"),
        (PDF, "đơn\u202efdp.exe", "", "name"),
        ("", "cũ.pdf", "application/pdf", ""),
    ],
)
def test_a_name_or_declared_type_that_the_content_contradicts_is_a_lie(
    media_type: str, name: str, declared: str, lie: str
) -> None:
    """Which of both lies is told; an ending of no known type claims nothing."""
    assert lie_of(media_type, name=name, declared=declared) == lie
