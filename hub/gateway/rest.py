"""What partners and devices call: hand messages and files in, pull files, report town steps.

Every answer comes after the store has committed. A refusal tells what, where and why, in
Vietnamese for the officer and in technical words for the operator; nothing is stored half.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated, Any, Protocol

from fastapi import Depends, FastAPI, Header, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, Response

from hub.gateway import error_responses
from hub.gateway.auth_audit import Denials
from hub.gateway.callbacks import CallbackThreads
from hub.gateway.clients import refusal
from hub.gateway.clients.authorization import Authorization, FixedToken
from hub.gateway.clients.proxies import Proxies
from hub.gateway.partner_calls.operation_handlers import OperationHandlers
from hub.gateway.refused_callbacks import RefusedCallbacks
from hub.gateway.request_body import read_body
from hub.gateway.soap import endpoint as soap
from hub.gateway.uploads import receive_file
from hub.gateway.v1 import routes as v1
from hub.messages import catalog
from hub.messages.envelope import MAX_BYTES, decode
from hub.messages.invalid import InvalidMessage
from hub.ports import CallbackAnswer, Sink
from hub.rules.failures.errors import FAULTS
from hub.runtime.failpoints import Point, passing
from hub.runtime.telemetry import Event, log
from hub.store.engine.store import Store
from hub.store.messages import blobs
from hub.store.monitoring import work_counts
from hub.texts import both

CALLBACK_LIMIT = 1024 * 1024
AT_ONCE = 256 * 1024
"""Bytes up to which a file is read in one piece: streaming costs a thread for each part."""


class Callbacks(Protocol):
    """A partner's calls back into the hub, checked and translated by its adapter."""

    def receive(self, body: bytes, headers: Mapping[str, str], sink: Sink) -> CallbackAnswer:
        """Return the answer; accepted means committed."""


def create_app(
    store: Store,
    files: blobs.BlobStore,
    sink: Sink,
    *,
    denials: Denials,
    intake_token: str,
    file_token: str,
    files_by_password: bool = False,
    town: Callbacks | None = None,
    refused: RefusedCallbacks | None = None,
    proxies: Proxies | None = None,
) -> FastAPI:
    """Return the gateway's application.

    `files_by_password`: a partner shows the file token as a password.
    """
    app = FastAPI(title="One-stop hub", docs_url=None, redoc_url=None, openapi_url=None)
    authorization = Authorization(
        store,
        denials=denials,
        fixed=fixed_tokens(intake_token, file_token, files_by_password=files_by_password),
        proxies=proxies,
    )

    _install_refusals(app)
    refusal.install(app)
    error_responses.install(app)

    @app.get("/health")
    def health() -> dict[str, str]:
        with store.read() as tx:
            work_counts.look(tx)
        return {"status": "ok"}

    @app.post(
        "/messages",
        status_code=202,
        dependencies=[Depends(authorization.requires("messages.accept"))],
    )
    def accept(body: Annotated[bytes, Depends(_body(MAX_BYTES))]) -> dict[str, object]:
        message = decode(body)
        if catalog.find(message.type, message.version).owner in catalog.NOT_OF_DEVICES:
            # its own route asks for the partner's signature
            why = f"{message.type} is said by a partner, not by a device"
            raise InvalidMessage("type_unknown", where="$.type", why=why)
        accepted = sink.accept(message)
        return {"messageId": accepted.message_id, "duplicate": accepted.duplicate}

    @app.put(
        "/files", status_code=201, dependencies=[Depends(authorization.requires("files.store"))]
    )
    async def put_file(
        request: Request,
        content_type: Annotated[str, Header()],  # noqa: ARG001 - wanted, as its name is
        x_name: Annotated[str, Header(max_length=250)],  # noqa: ARG001
        x_sha256: Annotated[str, Header()] = "",
    ) -> dict[str, object]:
        stored, size = await receive_file(request, files, sha256=x_sha256)
        return {"sha256": stored, "size": size}

    @app.api_route(
        "/files/{sha256}",
        methods=["GET", "HEAD"],
        dependencies=[Depends(authorization.requires("files.fetch", basic=files_by_password))],
    )
    def get_file(sha256: str, request: Request) -> Response:
        try:
            place = files.path(sha256)
        except InvalidMessage as error:
            raise HTTPException(404, detail=explain(error)) from None
        with store.read() as tx:
            media_type = blobs.media_type_of(tx, sha256) or "application/octet-stream"
        headers = {
            "Content-Disposition": f'attachment; filename="{sha256}"',
            "X-Content-Type-Options": "nosniff",
            "Accept-Ranges": "bytes",
            "ETag": f'"{sha256}"',
        }
        whole = request.method == "GET" and "range" not in request.headers
        if whole and place.stat().st_size <= AT_ONCE:
            return Response(place.read_bytes(), media_type=media_type, headers=headers)
        return FileResponse(place, media_type=media_type, headers=headers)

    _take_callbacks(app, authorization, town, sink, refused)
    handlers = OperationHandlers(store, files, sink)
    soap.install(app, handlers, authorization=authorization)
    v1.install(app, handlers, authorization=authorization)
    return app


def _take_callbacks(
    app: FastAPI,
    authorization: Authorization,
    town: Callbacks | None,
    sink: Sink,
    refused: RefusedCallbacks | None,
) -> None:
    threads = CallbackThreads()

    @app.post("/town/callbacks")
    async def town_callback(
        request: Request, body: Annotated[bytes, Depends(_body(CALLBACK_LIMIT))]
    ) -> JSONResponse:
        if town is None:
            raise HTTPException(404, detail=_no_town())
        return await threads.run(partial(answer, town, request, body))

    def answer(town: Callbacks, request: Request, body: bytes) -> JSONResponse:
        given = town.receive(body, request.headers, sink)
        path = request.url.path
        if not given.authentic:
            authorization.denials.deny(
                authorization.proxies.address_of(request),
                purpose="callbacks",
                path=path,
                reason="wrong signature",
            )
        elif given.status >= 400:
            log.warning(
                Event.REQUEST_REFUSED,
                code="callback",
                status=given.status,
                path=path,
                detail=f"{given.subject}: {given.cause}",
            )
        if refused is not None:
            refused.note(given)
        passing(Point.CALLBACK_BEFORE_REPLY)
        return JSONResponse(given.reply, status_code=given.status)


def fixed_tokens(intake: str, files: str, *, files_by_password: bool) -> list[FixedToken]:
    """Return the clients that are made of the settings' tokens."""
    handing_in = frozenset({"messages.accept", "files.store"})
    return [
        FixedToken("intake-token", intake, handing_in),
        FixedToken("file-token", files, frozenset({"files.fetch"}), files_by_password),
    ]


def explain(error: InvalidMessage) -> dict[str, str]:
    """Return what is told to a sender: the officer's sentence and the technical cause."""
    fault = FAULTS.get(error.code)
    message = (fault.text if fault else both("gateway.invalid")).vi
    return {"code": error.code, "message": message, "where": error.where, "why": error.why}


def _install_refusals(app: FastAPI) -> None:
    """Answer a message, file or header that breaks its contract in the hub's own form."""

    @app.exception_handler(InvalidMessage)
    @app.exception_handler(RequestValidationError)
    def refuse(request: Request, found: InvalidMessage | RequestValidationError) -> JSONResponse:
        error = found if isinstance(found, InvalidMessage) else _header_missing(found)
        log.warning(
            Event.REQUEST_REFUSED, code=error.code, where=error.where, path=request.url.path
        )
        status = 422
        if error.code.endswith("too_large"):
            status = 413
        elif error.code == "content_differs":
            status = 409
        return JSONResponse(explain(error), status_code=status)


def _header_missing(error: RequestValidationError) -> InvalidMessage:
    """Return a refusal of the web framework in the hub's own words."""
    name = str(error.errors()[0]["loc"][-1]).title()
    why = "this header is missing or too long"
    return InvalidMessage("envelope_invalid", where=name, why=why)


def _no_town() -> dict[str, str]:
    return {"code": "partner", "message": both("gateway.no_town").vi}


def _body(limit: int) -> Callable[[Request], Any]:
    async def read(request: Request) -> bytes:
        return await read_body(request, limit)

    return read
