"""`/v1/uploads`: tus 1.0 with creation, creation-with-upload, checksum, expiration, termination.

A whole upload is a stored file, as by `POST /v1/files`: its sha256 stands in the answer to the last
part, to `HEAD` and to `GET`. A part that comes while an older request still writes takes the upload
over at once; no answer is ever 423. Not promised: Upload-Defer-Length, concatenation.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response
from starlette.requests import ClientDisconnect

from hub.gateway.clients.authorization import Authorization
from hub.gateway.clients.caller import GatewayCaller
from hub.gateway.connections.transfer_pace import yield_to_calls
from hub.gateway.partner_calls.refusals import RefusedCall
from hub.gateway.resumable import protocol
from hub.gateway.resumable.writing import PartWriter, Uploads
from hub.gateway.uploads import run_file_work, run_write_work
from hub.gateway.v1.refusing import answered
from hub.store.messages.uploads import KeptUpload

PATH = "/v1/uploads"
ONE = PATH + "/{id}"
RIGHT = "files.store"
PIECE = 1024 * 1024
"""Bytes that are made durable and told together."""
WAIT_AT_MOST = 30.0
"""Seconds for the end of an older request; after that the fence keeps it from writing."""
Answer = Callable[[Request, GatewayCaller], Awaitable[Response]]


def install(app: FastAPI, uploads: Uploads, *, authorization: Authorization) -> None:
    """Add the routes to an application."""
    routes = _Routes(uploads, authorization)

    def add(path: str, method: str, answer: Answer, name: str) -> None:
        async def called(request: Request) -> Response:
            return await routes.answered(request, answer)

        app.add_api_route(path, called, methods=[method], name=name)

    @app.api_route(PATH, methods=["OPTIONS"])
    @app.api_route(ONE, methods=["OPTIONS"])
    async def options() -> Response:
        return Response(None, 204, headers=protocol.server_headers(uploads.files.limit))

    add(PATH, "POST", routes.create, "BatDauTaiTep")
    add(ONE, "HEAD", routes.show, "XemTaiTep")
    add(ONE, "GET", routes.explain, "LayKetQuaTaiTep")
    add(ONE, "PATCH", routes.write, "TaiTiepTep")
    add(ONE, "DELETE", routes.end, "HuyTaiTep")
    add(ONE, "POST", routes.by_another_method, "TaiTiepTepBangPost")


@dataclass(slots=True)
class _Permit:
    """A request at an upload: whether it may go on, and whether it has ended."""

    over: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(slots=True)
class _Routes:
    uploads: Uploads
    authorization: Authorization
    _permits: dict[tuple[str, str], _Permit] = field(default_factory=dict)
    """Of the requests of this process, by client and upload."""

    async def answered(self, request: Request, answer: Answer) -> Response:
        """Answer a caller that may store files."""

        async def answer_known() -> Response:
            caller = await self.authorization.identify(request, operation=RIGHT)
            await self.authorization.admit(caller, operation=RIGHT, object=PATH)
            if request.method != "GET":
                protocol.check_version(request.headers)
            return await answer(request, caller)

        response = await answered(request, answer_known, proxies=self.authorization.proxies)
        response.headers["Tus-Resumable"] = protocol.VERSION
        return response

    async def create(self, request: Request, caller: GatewayCaller) -> Response:
        """Make an upload; its first part may be the body."""
        size = protocol.number(request.headers, "Upload-Length")
        metadata = protocol.metadata_of(request.headers)
        with_part = request.headers.get("content-length", "0") != "0" or (
            "transfer-encoding" in request.headers
        )
        if with_part:
            protocol.check_part(request.headers)
        checksum = protocol.checksum_of(request.headers) if with_part else None
        upload = await run_in_threadpool(self.uploads.create, caller.client, size, metadata)
        place = f"{self.authorization.proxies.origin(request)}{PATH}/{upload.id}"
        if with_part:
            writer = PartWriter(self.uploads, upload, checksum)
            async with self._permit(caller, upload.id) as over:
                upload = await self._receive(request, writer, over)
        elif not size:
            upload = await run_file_work(self.uploads.finish, upload)
        return Response(None, 201, headers={"Location": place} | protocol.state_headers(upload))

    async def show(self, request: Request, caller: GatewayCaller) -> Response:
        """Tell how far an upload is. A request that still writes it is ended: the answer stays."""
        async with self._permit(caller, request.path_params["id"]):
            upload = await self._find(request, caller)
        return Response(None, 200, headers=protocol.state_headers(upload))

    async def explain(self, request: Request, caller: GatewayCaller) -> Response:
        """Tell the same as JSON, in the words of the other operations; ends nothing."""
        upload = await self._find(request, caller)
        state: dict[str, object] = {"kichThuoc": upload.size, "daNhan": upload.received}
        if upload.stored_at is not None:
            state["maBamTep"] = upload.sha256
        return JSONResponse(state, headers={"Cache-Control": "no-store"})

    async def write(self, request: Request, caller: GatewayCaller) -> Response:
        """Take the next part."""
        protocol.check_part(request.headers)
        offset = protocol.number(request.headers, "Upload-Offset")
        checksum = protocol.checksum_of(request.headers)
        async with self._permit(caller, request.path_params["id"]) as over:
            upload = await self._find(request, caller)
            if upload.is_ended:
                _check_offset(offset, upload)
            else:
                writer = await run_in_threadpool(self.uploads.take_over, upload)
                _check_offset(offset, writer.upload)
                writer.checksum = checksum
                upload = await self._receive(request, writer, over)
        return Response(None, 204, headers=protocol.state_headers(upload))

    async def end(self, request: Request, caller: GatewayCaller) -> Response:
        """Remove an upload; a file that it became stays stored."""
        id = request.path_params["id"]
        async with self._permit(caller, id):
            await run_in_threadpool(self.uploads.end, id, client=caller.client)
        return Response(None, 204)

    async def by_another_method(self, request: Request, caller: GatewayCaller) -> Response:
        """Do what X-HTTP-Method-Override says, for clients that cannot send PATCH or DELETE."""
        method = request.headers.get("x-http-method-override", "").upper()
        if method == "PATCH":
            return await self.write(request, caller)
        if method == "DELETE":
            return await self.end(request, caller)
        why = "PATCH or DELETE"
        raise RefusedCall("call_invalid", where="X-HTTP-Method-Override", why=why, status=400)

    async def _find(self, request: Request, caller: GatewayCaller) -> KeptUpload:
        """Return the caller's upload; makes it whole where a dead process has not."""
        id = request.path_params["id"]
        return await run_file_work(self.uploads.find, id, client=caller.client)

    async def _receive(
        self, request: Request, writer: PartWriter, over: asyncio.Event
    ) -> KeptUpload:
        """Write a body as it comes; return the upload, made whole where all of it is here.

        What came before the line broke, or before another request took over, is kept.
        """
        pieces: list[bytes] = []
        try:
            async for piece in _until(request.stream(), over):
                pieces.append(piece)
                if sum(map(len, pieces)) >= PIECE:
                    await run_write_work(writer.write, pieces)
                    pieces = []
                    await yield_to_calls()
            await run_write_work(writer.write, pieces, last=True)
        except (ClientDisconnect, _TakenOver) as ended:
            if pieces and writer.checksum is None:
                await run_write_work(writer.write, pieces)
            if isinstance(ended, _TakenOver):
                why = "a newer request goes on with this upload"
                headers = {"Connection": "close"}
                raise RefusedCall("upload_taken_over", why=why, headers=headers) from None
        if writer.received < writer.upload.size:
            return writer.upload
        return await run_file_work(self.uploads.finish, writer.upload)

    @asynccontextmanager
    async def _permit(self, caller: GatewayCaller, id: str) -> AsyncIterator[asyncio.Event]:
        """End the request of this process that writes an upload, and wait for its end.

        So what is told of the upload then stays true. Yields what says that another request wants
        its turn in its place. A request of another process ends by the fence.
        """
        key = (caller.client, id)  # nobody ends what another client writes
        mine, older = _Permit(), self._permits.get(key)
        self._permits[key] = mine
        try:
            if older is not None:
                older.over.set()
                with suppress(TimeoutError):
                    await asyncio.wait_for(older.ended.wait(), WAIT_AT_MOST)
            yield mine.over
        finally:
            mine.ended.set()
            if self._permits.get(key) is mine:
                del self._permits[key]


def _check_offset(offset: int, upload: KeptUpload) -> None:
    if offset != upload.received:
        why = f"the upload stands at {upload.received}"
        headers = {"Upload-Offset": str(upload.received)}
        raise RefusedCall("upload_offset", where="Upload-Offset", why=why, headers=headers)


class _TakenOver(Exception):
    """Another request wants to go on with the upload."""


async def _until(stream: AsyncIterator[bytes], over: asyncio.Event) -> AsyncIterator[bytes]:
    """Yield the pieces of a body until it ends; raises _TakenOver when `over` is set."""
    taken = asyncio.ensure_future(over.wait())
    try:
        while True:
            piece = asyncio.ensure_future(anext(stream, b""))
            await asyncio.wait({piece, taken}, return_when=asyncio.FIRST_COMPLETED)
            if not piece.done():
                piece.cancel()
                with suppress(asyncio.CancelledError, ClientDisconnect):
                    await piece
                raise _TakenOver
            found = piece.result()
            if not found:
                return
            yield found
    finally:
        taken.cancel()
