"""Files that come in over HTTP: streamed into the file store, not through memory or /tmp.

In a container /tmp is memory, and it counts against the container's limit. The event loop only
collects parts; writing and syncing happen in a thread, so that a slow disk stops no other caller.
A sender that goes away, a file over the limit and a full disk leave nothing behind.
"""

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from hub.runtime.failpoints import Point, passing
from hub.store.messages.blobs import BlobStore, Upload

TOGETHER = 256 * 1024
"""Bytes that are collected for one call of a thread."""


async def receive_file(request: Request, files: BlobStore, *, sha256: str) -> tuple[str, int]:
    """Store the body and return (sha256, bytes); raises InvalidMessage, nothing is stored then."""
    upload: Upload | None = None
    parts: list[bytes] = []
    size = 0
    try:
        async for part in request.stream():
            parts.append(part)
            size += len(part)
            if size >= TOGETHER:
                if upload is None:
                    upload = await run_in_threadpool(files.begin)
                await run_in_threadpool(_write, upload, parts)
                parts, size = [], 0
        if upload is None:
            upload = await run_in_threadpool(files.begin)
        return await run_in_threadpool(_finish, upload, parts, sha256)
    finally:
        if upload is not None:
            upload.abandon()


def _write(upload: Upload, parts: list[bytes]) -> None:
    for part in parts:
        upload.write(part)


def _finish(upload: Upload, parts: list[bytes], sha256: str) -> tuple[str, int]:
    _write(upload, parts)
    stored = upload.finish(sha256=sha256)
    passing(Point.BLOB_AFTER_WRITE)
    return stored
