"""Work on files runs on threads; a server that stops cancels its caller meanwhile."""

import asyncio
import threading
from contextlib import suppress
from pathlib import Path

from starlette.requests import Request

from hub.gateway.soap.names import NS, Version
from hub.gateway.soap.reading.receive import CallFiles, MediaType, receive
from hub.gateway.uploads import TOGETHER, receive_file
from hub.store.messages.blobs import BlobStore, Upload

ENVELOPE = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
    f'<TiepNhanHoSoTrucTuyen xmlns="{NS}"><tepDinhKem><noiDung>'
).encode()


class Unsigned:
    """A guard that lets every call pass."""

    def begins(self, header: object, version: Version) -> bool:
        """Return that no envelope is signed."""
        del header, version
        return False

    def verified(self, whole: bytes, encoding: str | None) -> bytes:
        """Return the envelope as it came."""
        del encoding
        return whole


class HeldStore(BlobStore):
    """A file store that begins a file only when it is told to."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.asked, self.released, self.begun = (threading.Event() for _ in range(3))

    def begin(self) -> Upload:
        """Say so, wait, and begin a file."""
        self.asked.set()
        self.released.wait(20)
        try:
            return super().begin()
        finally:
            self.begun.set()


def request(body: bytes) -> Request:
    """Return a request of which one piece comes, and then nothing."""
    pieces = [{"type": "http.request", "body": body, "more_body": True}]

    async def come() -> dict[str, object]:
        return pieces.pop() if pieces else await asyncio.Future()

    return Request({"type": "http", "headers": []}, come)


async def cancel_twice(reading: "asyncio.Task[object]", files: HeldStore) -> None:
    """Cancel a reading while its thread begins a file; return when both have ended."""
    assert await asyncio.to_thread(files.asked.wait, 20)
    for _ in range(2):
        reading.cancel()
        for _ in range(20):  # turns of the loop, in which the cancelled task could end
            await asyncio.sleep(0)
    files.released.set()
    with suppress(asyncio.CancelledError):
        await reading
    assert reading.cancelled()
    assert await asyncio.to_thread(files.begun.wait, 20)


def test_a_cancelled_soap_call_leaves_no_file(tmp_path: Path) -> None:
    """Its file was being begun on a thread, and goes when the thread has ended."""
    files = HeldStore(tmp_path)
    media = MediaType.read("text/xml")

    async def run() -> None:
        incoming = request(ENVELOPE + b"A" * TOGETHER)
        call = receive(incoming, CallFiles(files, lambda _: None), media, guard=Unsigned())
        await cancel_twice(asyncio.create_task(call), files)

    asyncio.run(run())
    assert not list(tmp_path.iterdir())


def test_a_cancelled_upload_leaves_no_file(tmp_path: Path) -> None:
    """By plain HTTP, too."""
    files = HeldStore(tmp_path)

    async def run() -> None:
        upload = receive_file(request(b"A" * TOGETHER), files, sha256="")
        await cancel_twice(asyncio.create_task(upload), files)

    asyncio.run(run())
    assert not list(tmp_path.iterdir())
