"""Files that come in over HTTP: streamed into the file store, not through memory or /tmp.

In a container /tmp is memory, and it counts against the container's limit. The event loop only
collects parts; writing and syncing happen in a thread, so that a slow disk stops no other caller.
A sender that goes away, a file over the limit, a full disk and a gateway that stops meanwhile leave
nothing behind.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from fastapi import Request

from hub.gateway.connections.transfer_pace import yield_to_calls
from hub.ports.files import NO_CLAIMS, FileClaims
from hub.runtime.failpoints import Point, passing
from hub.runtime.process.cpu_affinity import use_every_cpu
from hub.store.messages.blobs import BlobStore, Upload

TOGETHER = 512 * 1024
"""Bytes that are collected for one call of a thread."""


CHECKED_AT_ONCE = 8
"""Files that are made whole at once: their parse and scan take long, and the pool of the web
server's threads is for those that do not."""
_checking = ThreadPoolExecutor(CHECKED_AT_ONCE, thread_name_prefix="files")
_writing = ThreadPoolExecutor(
    # The hash and the system need no lock of Python: on the process's CPU they would take half of
    # it from the event loop.
    thread_name_prefix="writes",
    initializer=use_every_cpu,
)
"""A piece is soon written, and waits for no scan."""
P = ParamSpec("P")
ResultT = TypeVar("ResultT")


async def run_file_work(
    work: Callable[P, ResultT], *arguments: P.args, **named: P.kwargs
) -> ResultT:
    """Return what `work` returns, run on a thread of those that make files whole.

    A cancelled caller, too, goes on only when `work` has ended, and may remove what it began.
    """
    return await _run(_checking, partial(work, *arguments, **named))


async def _run(pool: ThreadPoolExecutor, work: Callable[[], ResultT]) -> ResultT:
    running = asyncio.get_running_loop().run_in_executor(pool, work)
    cancelled: asyncio.CancelledError | None = None
    while not running.done():
        try:
            await asyncio.wait([running])
        except asyncio.CancelledError as error:  # a server that stops may cancel twice
            cancelled = error
    if cancelled is not None:
        running.exception()  # nobody waits for it
        raise cancelled
    return running.result()


async def run_write_work(
    work: Callable[P, ResultT], *arguments: P.args, **named: P.kwargs
) -> ResultT:
    """As `run_file_work`, on a thread of those that write the pieces of files."""
    return await _run(_writing, partial(work, *arguments, **named))


async def receive_file(
    request: Request, files: BlobStore, *, sha256: str, claims: FileClaims = NO_CLAIMS
) -> tuple[str, int]:
    """Store the body and return (sha256, bytes), see `BlobStore.adopt`.

    Raises InvalidMessage or ScannerAway, nothing is stored then.
    """
    incoming = _Incoming(files)
    parts: list[bytes] = []
    size = 0
    try:
        async for part in request.stream():
            parts.append(part)
            size += len(part)
            if size >= TOGETHER:
                await run_write_work(incoming.write, parts)
                parts, size = [], 0
                await yield_to_calls()
        return await run_file_work(incoming.finish, parts, sha256, claims)
    finally:
        incoming.abandon()


class _Incoming:
    """One file, begun with its first piece; used by one thread at a time."""

    def __init__(self, files: BlobStore) -> None:
        self._files = files
        self._upload: Upload | None = None

    def write(self, parts: list[bytes]) -> Upload:
        self._upload = upload = self._upload or self._files.begin()
        for part in parts:
            upload.write(part)
        return upload

    def finish(self, parts: list[bytes], sha256: str, claims: FileClaims) -> tuple[str, int]:
        stored = self.write(parts).finish(sha256=sha256, claims=claims)
        passing(Point.BLOB_AFTER_WRITE)
        return stored

    def abandon(self) -> None:
        if self._upload is not None:
            self._upload.abandon()
