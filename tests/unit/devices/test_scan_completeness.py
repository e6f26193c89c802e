"""A scan is whole only when the end of its format is there."""

import io
import os
import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.devices.scanner.completeness import TOO_MUCH, lack_of
from adapters.devices.scanner.simulator import page

PDF = page("paper")
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + b"\x11" * 5000 + b"\xff\xd9"


def chunk(kind: bytes, data: bytes) -> bytes:
    """Return one chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


PNG = b"\x89PNG\r\n\x1a\n" + chunk(b"IDAT", b"\x22" * 5000) + chunk(b"IEND", b"")


def tiff(pages: int, *, order: str = "<", strip: int = 3000) -> bytes:
    """Return a TIFF, each page's directory before its strip, as scanners that append write it."""
    body = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HI", 42, 8)
    for number in range(pages):
        at = len(body)
        data = at + 2 + 2 * 12 + 4
        following = data + strip if number + 1 < pages else 0
        body += struct.pack(f"{order}H", 2)
        body += struct.pack(f"{order}HHII", 273, 4, 1, data)
        body += struct.pack(f"{order}HHII", 279, 4, 1, strip)
        body += struct.pack(f"{order}I", following) + b"\x33" * strip
    return body


WHOLE = {
    "application/pdf": PDF,
    "image/jpeg": JPEG,
    "image/png": PNG,
    "image/tiff": tiff(3),
}


@pytest.mark.parametrize("media_type", WHOLE)
@pytest.mark.parametrize("behind", [b"", b"\r\n", b"\0\0\0"])
def test_a_whole_document_lacks_nothing(media_type: str, behind: bytes) -> None:
    """Also with a line end or some padding behind it."""
    assert lack_of(io.BytesIO(WHOLE[media_type] + behind), media_type) == ""


def test_a_tiff_of_either_byte_order_is_whole() -> None:
    """II and MM."""
    assert lack_of(io.BytesIO(tiff(2, order=">")), "image/tiff") == ""


@given(st.sampled_from(sorted(WHOLE)), st.floats(0, 0.99))
def test_a_document_cut_short_lacks_something(media_type: str, part: float) -> None:
    """Wherever the writer stands."""
    whole = WHOLE[media_type].rstrip()
    # of the PDF, what follows the mark is not needed
    end = whole.rfind(b"%%EOF") if media_type == "application/pdf" else len(whole) - 1
    assert lack_of(io.BytesIO(whole[: int(end * part)]), media_type) != ""


@given(st.sampled_from(sorted(WHOLE)), st.floats(0, 0.6))
def test_a_document_whose_size_was_reserved_lacks_something(media_type: str, part: float) -> None:
    """The size is the final one, the bytes are zeros from some place on."""
    whole = WHOLE[media_type]
    written = int(len(whole) * part)
    reserved = whole[:written] + bytes(len(whole) - written)
    assert lack_of(io.BytesIO(reserved), media_type) != ""


def test_a_page_of_a_tiff_whose_room_is_reserved_only_is_not_there() -> None:
    """Its place and length stand in the directory, its bytes are zeros."""
    whole = tiff(1)
    assert lack_of(io.BytesIO(whole[:38] + bytes(3000)), "image/tiff") != ""
    half = whole[:1500] + bytes(len(whole) - 1500)
    assert lack_of(io.BytesIO(half), "image/tiff") == ""  # as a page with a black lower part


def test_a_pdf_for_the_web_is_whole_only_with_the_bytes_that_it_announces() -> None:
    """Its first %%EOF stands near the beginning, behind the first page."""
    head = b"%PDF-1.4\n1 0 obj\n<< /Linearized 1 /L 9000 /O 3 >>\nendobj\nxref\n%%EOF\n"
    assert "9000" in lack_of(io.BytesIO(head), "application/pdf")
    assert lack_of(io.BytesIO(head + b"x" * (9000 - len(head) - 6) + b"%%EOF\n"),
                   "application/pdf") == ""  # fmt: skip


@pytest.mark.parametrize("count", [2**32, 2**61, 2**64 - 1])
def test_a_big_tiff_that_lies_about_its_strips_is_not_whole(count: int) -> None:
    """Whatever it counts, the answer is a text and no error that ends the source."""
    entries = b"".join(struct.pack("<HHQQ", tag, 16, count, 100) for tag in (273, 279))
    lying = b"II" + struct.pack("<HHHQ", 43, 8, 0, 16) + struct.pack("<Q", 2) + entries + bytes(8)
    assert lack_of(io.BytesIO(lying), "image/tiff") == TOO_MUCH


def test_a_tiff_of_two_gigabytes_takes_no_memory(tmp_path: Path) -> None:
    """250 million strips, and one strip of nothing but zeros: a hole takes no disk either."""
    many = [(273, 250_000_000, 1000), (279, 250_000_000, 1000)]
    one = [(273, 1, 1000), (279, 1, 1_900_000_000)]
    for told in (many, one):
        entries = b"".join(struct.pack("<HHII", tag, 4, *values) for tag, *values in told)
        place = tmp_path / "large.tif"
        place.write_bytes(b"II*\0" + struct.pack("<IH", 8, 2) + entries + bytes(4))
        os.truncate(place, 2_000_000_000)
        with place.open("rb") as stream:
            assert lack_of(stream, "image/tiff") == TOO_MUCH


def test_a_tiff_with_large_directories_in_a_circle_takes_no_time() -> None:
    """65,535 entries, ten thousand times, would hold up the folder for minutes."""
    entries = struct.pack("<HHII", 256, 4, 1, 8) * 65_535
    circle = b"II*\0" + struct.pack("<IH", 8, 65_535) + entries + struct.pack("<I", 8)
    assert lack_of(io.BytesIO(circle), "image/tiff") == TOO_MUCH


def test_a_tiff_whose_pages_go_round_in_a_circle_is_never_whole() -> None:
    """And the look at it ends."""
    entries = struct.pack("<HHII", 273, 4, 1, 8) + struct.pack("<HHII", 279, 4, 1, 4)
    circle = b"II" + struct.pack("<HI", 42, 8) + struct.pack("<H", 2) + entries
    circle += struct.pack("<I", 8)
    assert "no end" in lack_of(io.BytesIO(circle), "image/tiff")


@pytest.mark.parametrize("media_type", WHOLE)
@given(content=st.binary(max_size=3000))
def test_any_bytes_get_an_answer(media_type: str, content: bytes) -> None:
    """Whatever a device writes, nothing is raised."""
    magic = {"image/tiff": b"II*\0", "image/png": b"\x89PNG\r\n\x1a\n"}.get(media_type, b"")
    for given_bytes in (content, magic + content):
        assert isinstance(lack_of(io.BytesIO(given_bytes), media_type), str)
