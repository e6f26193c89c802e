"""A stored file as an answer: ranges, conditions and HEAD, without a server."""

import hashlib
from pathlib import Path

import pytest
from fastapi import Request
from fastapi.responses import Response, StreamingResponse

from hub.gateway.downloads import PIECE, RangeRefused, download
from hub.store.messages.blobs import BlobStore

CONTENT = bytes(range(100))
SHA256 = hashlib.sha256(CONTENT).hexdigest()
TAG = f'"{SHA256}"'


def answer(tmp_path: Path, method: str = "GET", **headers: str) -> Response:
    """Return the answer to a request for the file."""
    files = BlobStore(tmp_path)
    (tmp_path / SHA256[:2] / SHA256[2:4]).mkdir(parents=True, exist_ok=True)
    files.place(SHA256).write_bytes(CONTENT)
    fields = [(k.replace("_", "-").encode(), v.encode()) for k, v in headers.items()]
    request = Request({"type": "http", "method": method, "headers": fields})
    return download(request, files, SHA256, media_type="application/pdf")


@pytest.mark.parametrize(
    ("wanted", "first", "last"),
    [
        ("bytes=0-9", 0, 9),
        ("bytes=90-", 90, 99),
        ("bytes=-1", 99, 99),
        ("bytes=-1000", 0, 99),
        ("BYTES= 5-5 ", 5, 5),
        ("bytes=98-500", 98, 99),
    ],
)
def test_one_range_is_given(tmp_path: Path, wanted: str, first: int, last: int) -> None:
    """With its place in the file."""
    found = answer(tmp_path, range=wanted)
    assert (found.status_code, found.body) == (206, CONTENT[first : last + 1])
    assert found.headers["content-range"] == f"bytes {first}-{last}/100"
    assert found.headers["content-length"] == str(last - first + 1)


@pytest.mark.parametrize(
    "wanted", ["bytes=100-", "bytes=500-600", "bytes=-0", "bytes=0-1,5-6", "bytes=0-,0-,0-,0-"]
)
def test_a_range_outside_and_several_ranges_are_refused(tmp_path: Path, wanted: str) -> None:
    """The refusal says how long the file is."""
    with pytest.raises(RangeRefused) as refused:
        answer(tmp_path, range=wanted)
    assert refused.value.headers == {"Content-Range": "bytes */100"}


@pytest.mark.parametrize(
    "wanted", ["", "bytes", "bytes=", "bytes=-", "bytes=a-b", "lines=0-1", "bytes=9-3"]
)
def test_what_is_no_range_of_bytes_gives_the_whole_file(tmp_path: Path, wanted: str) -> None:
    """As RFC 9110 wants it."""
    found = answer(tmp_path, range=wanted)
    assert (found.status_code, found.body) == (200, CONTENT)


def test_a_range_of_another_version_gives_the_whole_file(tmp_path: Path) -> None:
    """If-Range with the file's own ETag gives the range."""
    assert answer(tmp_path, range="bytes=0-1", if_range=TAG).status_code == 206
    assert answer(tmp_path, range="bytes=0-1", if_range='"other"').status_code == 200


@pytest.mark.parametrize("known", [TAG, f'"x", W/{TAG}', "*"])
def test_a_caller_that_has_the_file_gets_no_bytes(tmp_path: Path, known: str) -> None:
    """If-None-Match comes before any range."""
    found = answer(tmp_path, if_none_match=known, range="bytes=0-1")
    assert (found.status_code, found.body, found.headers["etag"]) == (304, b"", TAG)


def test_head_has_the_headers_and_no_bytes(tmp_path: Path) -> None:
    """Length, type and ETag of what GET would give."""
    found = answer(tmp_path, "HEAD")
    assert (found.status_code, found.body) == (200, b"")
    assert found.headers["content-length"] == "100"
    assert found.headers["content-type"] == "application/pdf"
    assert answer(tmp_path, "HEAD", range="bytes=0-9").headers["content-length"] == "10"


def test_a_large_file_is_streamed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In pieces, whatever its size."""
    assert PIECE < 1024 * 1024
    monkeypatch.setattr("hub.gateway.downloads.PIECE", 10)
    assert isinstance(answer(tmp_path), StreamingResponse)
