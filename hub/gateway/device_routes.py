"""What devices and the counter call: hand in messages and files, fetch files.

Every answer comes after the store has committed; nothing is stored half.
"""

from typing import Annotated

from fastapi import Depends, FastAPI, Header, HTTPException, Request
from fastapi.responses import Response

from hub.exchange.intake.accept import Intake
from hub.gateway.clients.authorization import Authorization
from hub.gateway.downloads import RangeRefused, download
from hub.gateway.infected_files import refuse_infected
from hub.gateway.message_refusals import explain
from hub.gateway.request_body import body_up_to
from hub.gateway.uploads import receive_file
from hub.messages import catalog
from hub.messages.envelope import MAX_BYTES, decode
from hub.messages.invalid import InvalidMessage
from hub.ports.files import FileClaims
from hub.store.engine.store import Store
from hub.store.messages import blobs


def install_messages(app: FastAPI, intake: Intake, *, authorization: Authorization) -> None:
    """Add the route that takes messages."""

    @app.post(
        "/messages",
        status_code=202,
        dependencies=[Depends(authorization.requires("messages.accept"))],
    )
    async def accept(body: Annotated[bytes, Depends(body_up_to(MAX_BYTES))]) -> dict[str, object]:
        message = decode(body)
        if catalog.find(message.type, message.version).owner in catalog.NOT_OF_DEVICES:
            # its own route asks for the partner's signature
            why = f"{message.type} is said by a partner, not by a device"
            raise InvalidMessage("type_unknown", where="$.type", why=why)
        accepted = await intake.accept_async(message)
        return {"messageId": accepted.message_id, "duplicate": accepted.duplicate}


def install_files(
    app: FastAPI,
    store: Store,
    files: blobs.BlobStore,
    *,
    authorization: Authorization,
    by_password: bool,
) -> None:
    """Add the routes of files; `by_password`: a partner shows the file token as a password."""

    @app.put(
        "/files", status_code=201, dependencies=[Depends(authorization.requires("files.store"))]
    )
    async def put_file(
        request: Request,
        content_type: Annotated[str, Header()],
        x_name: Annotated[str, Header(max_length=250)],
        x_sha256: Annotated[str, Header()] = "",
    ) -> dict[str, object]:
        claims = FileClaims(x_name, content_type)
        stored, size = await receive_file(request, files, sha256=x_sha256, claims=claims)
        return {"sha256": stored, "size": size}

    @app.api_route(
        "/files/{sha256}",
        methods=["GET", "HEAD"],
        dependencies=[Depends(authorization.requires("files.fetch", basic=by_password))],
    )
    def get_file(sha256: str, request: Request) -> Response:
        return _file(store, files, sha256, request)


def _file(store: Store, files: blobs.BlobStore, sha256: str, request: Request) -> Response:
    try:
        files.path(sha256)
    except InvalidMessage as error:
        raise HTTPException(404, detail=explain(error)) from None
    try:
        refuse_infected(store, files, sha256)
    except InvalidMessage as error:
        raise HTTPException(403, detail=explain(error)) from None
    with store.read() as tx:
        media_type = blobs.media_type_of(tx, sha256) or "application/octet-stream"
    try:
        return download(request, files, sha256, media_type=media_type)
    except RangeRefused as refused:
        problem = explain(InvalidMessage("call_invalid", where="Range", why=refused.why))
        raise HTTPException(416, detail=problem, headers=refused.headers) from None
