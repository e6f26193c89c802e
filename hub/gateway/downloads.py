"""A stored file as an answer: whole or one range, with ETag, If-None-Match, If-Range and HEAD.

Its ETag is its sha256: the bytes under an address never change. One range is given; several at once
and one outside of the file are refused (416), what is no range of bytes is passed over, as RFC 9110
wants it.
"""

import re
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from fastapi import Request
from fastapi.responses import Response, StreamingResponse
from starlette.concurrency import iterate_in_threadpool

from hub.gateway.connections.transfer_pace import yield_to_calls
from hub.store.messages.blobs import BlobStore

PIECE = 256 * 1024
"""Bytes up to which a file is read in one piece: streaming costs a thread for each part."""
_RANGE = re.compile(r"(?P<first>[0-9]{0,18})-(?P<last>[0-9]{0,18})")


class RangeRefused(Exception):
    """The file has no such range, or several were asked for; `size` is the file's, in bytes."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.why = f"one range within {size} bytes is given at once"
        self.headers = {"Content-Range": f"bytes */{size}"}


@dataclass(frozen=True, slots=True)
class _Part:
    start: int
    size: int


def download(request: Request, files: BlobStore, sha256: str, *, media_type: str) -> Response:
    """Return the answer to GET or HEAD; raises InvalidMessage (`file_missing`), RangeRefused."""
    place = files.path(sha256)
    whole = place.stat().st_size
    tag = f'"{sha256}"'
    headers = {
        "Content-Disposition": f'attachment; filename="{sha256}"',
        "X-Content-Type-Options": "nosniff",
        "Accept-Ranges": "bytes",
        "ETag": tag,
        "Cache-Control": "private, no-cache",
    }
    if _has(request, tag):
        return Response(None, 304, headers=headers)
    part = _part_of(request, tag, whole)
    status, size, start = (206, part.size, part.start) if part else (200, whole, 0)
    if part:
        headers["Content-Range"] = f"bytes {start}-{start + size - 1}/{whole}"
    headers |= {"Content-Length": str(size), "Content-Type": media_type}
    if request.method == "HEAD":
        return Response(None, status, headers=headers)
    if size <= PIECE:
        return Response(b"".join(_pieces(place, start, size)), status, headers=headers)
    return StreamingResponse(paced(_pieces(place, start, size)), status, headers=headers)


def _has(request: Request, tag: str) -> bool:
    """Tell whether the caller has the file already."""
    etags = ",".join(request.headers.getlist("if-none-match"))
    known = {one.strip().removeprefix("W/") for one in etags.split(",")}
    return tag in known or "*" in known


def _part_of(request: Request, tag: str, whole: int) -> _Part | None:
    """Return the range to give, None for the whole file; raises RangeRefused."""
    wanted = request.headers.get("range", "")
    unit, _, ranges = wanted.partition("=")
    if unit.strip().lower() != "bytes" or request.headers.get("if-range", tag) != tag:
        return None
    if "," in ranges:
        raise RangeRefused(whole)
    found = _RANGE.fullmatch(ranges.strip())
    if found is None or not (found["first"] or found["last"]):
        return None
    if not found["first"]:
        size = min(int(found["last"]), whole)
        start, last = whole - size, whole - 1
    else:
        start = int(found["first"])
        last = min(int(found["last"]), whole - 1) if found["last"] else whole - 1
        if found["last"] and int(found["last"]) < start:
            return None
    if start >= whole or last < start:
        raise RangeRefused(whole)
    return _Part(start, last - start + 1)


def _pieces(place: Path, start: int, size: int) -> Iterator[bytes]:
    with place.open("rb") as file:
        file.seek(start)
        while size and (piece := file.read(min(PIECE, size))):
            size -= len(piece)
            yield piece


async def paced(pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
    """Give the pieces of a file, each read on a thread."""
    async for piece in iterate_in_threadpool(pieces):
        yield piece
        await yield_to_calls()
