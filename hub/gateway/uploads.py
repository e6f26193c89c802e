"""Files that come in over HTTP: streamed into the file store, not through memory or /tmp.

In a container /tmp is memory, and it counts against the container's limit. The event loop only
collects parts; writing and syncing happen in a thread, so that a slow disk stops no other caller.
A sender that goes away, a file over the limit and a full disk leave nothing behind.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from hub.gateway.connections.transfer_pace import yield_to_calls
from hub.ports.files import NO_CLAIMS, FileClaims
from hub.runtime.failpoints import Point, passing
from hub.store.messages.blobs import BlobStore, Upload

TOGETHER = 256 * 1024
"""Bytes that are collected for one call of a thread."""


CHECKED_AT_ONCE = 8
"""Files that are made whole at once: their parse and scan take long, and the pool of the web
server's threads is for those that do not."""
_checking = ThreadPoolExecutor(CHECKED_AT_ONCE, thread_name_prefix="files")
P = ParamSpec("P")
ResultT = TypeVar("ResultT")


async def run_file_work(
    work: Callable[P, ResultT], *arguments: P.args, **named: P.kwargs
) -> ResultT:
    """Return what `work` returns, run on a thread of those that make files whole."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_checking, partial(work, *arguments, **named))


async def receive_file(
    request: Request, files: BlobStore, *, sha256: str, claims: FileClaims = NO_CLAIMS
) -> tuple[str, int]:
    """Store the body and return (sha256, bytes), see `BlobStore.adopt`.

    Raises InvalidMessage or ScannerAway, nothing is stored then.
    """
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
                await yield_to_calls()
        if upload is None:
            upload = await run_in_threadpool(files.begin)
        return await run_file_work(_finish, upload, parts, sha256, claims)
    finally:
        if upload is not None:
            upload.abandon()


def _write(upload: Upload, parts: list[bytes]) -> None:
    for part in parts:
        upload.write(part)


def _finish(upload: Upload, parts: list[bytes], sha256: str, claims: FileClaims) -> tuple[str, int]:
    _write(upload, parts)
    stored = upload.finish(sha256=sha256, claims=claims)
    passing(Point.BLOB_AFTER_WRITE)
    return stored
