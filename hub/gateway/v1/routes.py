"""REST: `/v1` has the same operations as SOAP, with the same fields as JSON.

Files come first, by `POST /v1/files`, and are named by their SHA-256 in the call that they belong
to; `hub/gateway/resumable` takes large ones.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response

from hub.gateway import refused_files
from hub.gateway.clients.authorization import Authorization
from hub.gateway.clients.caller import GatewayCaller
from hub.gateway.direct_calls import add_route
from hub.gateway.downloads import RangeRefused, download
from hub.gateway.partner_calls import operations, records
from hub.gateway.partner_calls.commands import PartnerCommands
from hub.gateway.partner_calls.operations import Operation, agency_of
from hub.gateway.partner_calls.queries import FoundFile, PartnerQueries, Query
from hub.gateway.partner_calls.refusals import RefusedCall
from hub.gateway.request_body import read_body
from hub.gateway.uploads import receive_file
from hub.gateway.v1 import problems, unknown_routes
from hub.gateway.v1.queries import check_names, read_query
from hub.gateway.v1.refusing import answered, counting_refusals
from hub.gateway.v1.tagged import tagged
from hub.messages.envelope import MAX_BYTES, Sha256, place
from hub.messages.invalid import InvalidMessage
from hub.messages.payloads import Payload
from hub.ports.files import FileClaims
from hub.store.messages.blobs import BlobStore

PREFIX = "/v1"
FILES = f"{PREFIX}/files"
STORE_FILE = "files.store"
_FILES_FIELD = "tepDinhKem"
_JSON = "application/json"
_LARGEST = 2**53
"""Up to here a float is exactly the integer that it shows."""
_FILES_GIVEN = dict[
    str, Annotated[list[records.FileGiven], msgspec.Meta(max_length=records.MOST_FILES)]
]
_encoder = msgspec.json.Encoder()


def install(
    app: FastAPI,
    commands: PartnerCommands,
    queries: PartnerQueries,
    *,
    authorization: Authorization,
) -> None:
    """Add the routes to an application."""
    routes = _Routes(commands, queries, authorization)
    for operation in reversed(operations.OPERATIONS):  # the first is asked for most
        methods = ["GET", "HEAD"] if operation is operations.FETCH_FILE else [operation.method]
        path = PREFIX + operation.path
        add_route(app, path, routes.route(operation), methods=methods, name=operation.name)
    add_route(app, FILES, routes.store_file, methods=["POST"], name="GuiTep")

    app.add_api_route(f"{PREFIX}/faults/{{code}}", routes.explain, methods=["GET"])
    unknown_routes.install(app, prefix=PREFIX, proxies=authorization.proxies)


@dataclass(frozen=True, slots=True)
class _Routes:
    commands: PartnerCommands
    queries: PartnerQueries
    authorization: Authorization

    def route(self, operation: Operation) -> Callable[[Request], Awaitable[Response]]:
        """Return the route of an operation."""
        answer = self._accept if operation.is_command else self._query

        async def called(request: Request) -> Response:
            return await self._refusing(request, lambda: answer(request, operation))

        return called

    async def store_file(self, request: Request) -> Response:
        """Take a file in; the same bytes are stored once."""

        async def store() -> Response:
            caller = await self.authorization.identify(request, operation=STORE_FILE)
            await self.authorization.admit(caller, operation=STORE_FILE, object=FILES)
            claims = FileClaims(media_type=request.headers.get("content-type", ""))
            async with self._reporting_files(caller):
                sha256, size = await receive_file(
                    request, self.commands.files, sha256=_announced(request), claims=claims
                )
            return JSONResponse({"maBamTep": sha256, "kichThuoc": size}, 201)

        return await self._refusing(request, store)

    async def explain(self, request: Request, code: str) -> Response:
        """Tell what a code means; takes no thread and writes no log: callers need no token."""
        if guide := problems.guide(code):
            return JSONResponse(guide)
        refused = RefusedCall("code_unknown", where="code")
        origin = self.authorization.proxies.origin(request)
        return problems.problem(refused, address=origin, path=request.url.path)

    async def _accept(self, request: Request, operation: Operation) -> Response:
        caller = await self.authorization.identify(request, operation=operation.right)
        path = request.scope["path"]
        async with counting_refusals(self.authorization, caller, operation.right, path):
            key = _key(request)
            payload, files = _payload_of(operation, request.path_params, await _json(request))
            agency = agency_of(payload)
        made = await self.authorization.authorize(
            caller, operation=operation.right, object=path, agency=agency
        )
        async with self._reporting_files(caller, payload.number):
            answer = await self.commands.accept(
                caller, operation, payload, files=files, key=key, made=made
            )
        headers = {"Idempotency-Replayed": "true"} if answer.replayed else {}
        return Response(_encoder.encode(answer.taken), 202, media_type=_JSON, headers=headers)

    async def _query(self, request: Request, operation: Operation) -> Response:
        caller = await self.authorization.identify(request, operation=operation.right)
        async with counting_refusals(self.authorization, caller, operation.right, request.url.path):
            given = {**request.query_params, **request.path_params}
            record: Any = read_query(given, operation.request)
            agency = agency_of(record)
        await self.authorization.admit(
            caller, operation=operation.right, object=request.scope["path"], agency=agency
        )
        key = _key(request) if operation.method == "POST" else ""
        query = Query(caller=caller, record=record, key=key)
        answer = await run_in_threadpool(self.queries.answer, operation, query)
        if isinstance(answer, FoundFile):
            return await run_in_threadpool(_file, request, self.queries.files, answer)
        if operation.method == "POST":
            headers = {"Idempotency-Replayed": "true"} if answer.replayed else {}
            return Response(_encoder.encode(answer.record), media_type=_JSON, headers=headers)
        headers = self._next(request, answer.next) if answer.next else {}
        return tagged(request, answer.record, headers)

    def _next(self, request: Request, cursor: str) -> dict[str, str]:
        url = request.url.include_query_params(sau=cursor)
        origin = self.authorization.proxies.origin(request)
        return {"Link": f'<{origin}{url.path}?{url.query}>; rel="next"'}

    @asynccontextmanager
    async def _reporting_files(
        self, caller: GatewayCaller, number: str = ""
    ) -> AsyncIterator[None]:
        """Open a task for an officer where a file is refused within for its content; then raise."""
        try:
            yield
        except (InvalidMessage, RefusedCall) as error:
            await refused_files.report_on_thread(
                self.commands.store,
                caller.client,
                error,
                clock=self.commands.intake.clock,
                number=number,
            )
            raise

    async def _refusing(
        self, request: Request, answer: Callable[[], Awaitable[Response]]
    ) -> Response:
        return await answered(request, answer, proxies=self.authorization.proxies)


def _announced(request: Request) -> str:
    """Return the hash that a file must have, "" without one; raises RefusedCall for none."""
    given = request.headers.getlist("x-sha256")
    try:
        return msgspec.convert(given[0], Sha256) if given else ""
    except msgspec.ValidationError:
        why = "64 hexadecimal digits in lower case"
        raise RefusedCall("call_invalid", where="X-Sha256", why=why) from None


def _key(request: Request) -> str:
    """Return the Idempotency-Key, "" without one; raises RefusedCall for one that is none."""
    given = request.headers.getlist("idempotency-key")
    if not given:
        return ""
    text = given[0]
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1]
    try:
        if len(given) == 1:
            return msgspec.convert(text, records.RequestId)
    except msgspec.ValidationError:
        pass
    why = "one header with 1 to 120 printable ASCII characters"
    raise RefusedCall("call_invalid", where="Idempotency-Key", why=why, status=400)


async def _json(request: Request) -> dict[str, Any]:
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != _JSON:
        raise RefusedCall("media_type_unsupported", where="Content-Type", why=f"{_JSON} is taken")
    try:
        body = msgspec.json.decode(await read_body(request, MAX_BYTES))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidMessage("json_broken", where="$", why=str(error)) from None
    if not isinstance(body, dict):
        raise RefusedCall("call_invalid", where="$", why="an object is expected")
    return body


def _whole(value: Any) -> Any:
    """Return what a body says with 1.0 as 1: to JSON they are one number, some stacks write it."""
    match value:
        case float() if value.is_integer() and abs(value) < _LARGEST:
            return int(value)
        case list():
            return [_whole(one) for one in value]
        case dict():
            return {name: _whole(one) for name, one in value.items()}
    return value


def _payload_of(
    operation: Operation, named: Mapping[str, str], body: dict[str, Any]
) -> tuple[Payload, list[records.FileGiven]]:
    """Return what a body says; raises InvalidMessage and RefusedCall that name the field."""
    given = body.pop(_FILES_FIELD, []) if operation.takes_files else []
    for name, value in named.items():
        if body.setdefault(name, value) != value:
            raise RefusedCall("call_invalid", where=f"$.{name}", why="the address has another")
    check_names(body, operation.request)
    try:
        files = msgspec.convert({"files": given}, _FILES_GIVEN)["files"] if given != [] else []
    except msgspec.ValidationError as error:
        found = place(error)
        where = found["where"].replace("$[...]", f"$.{_FILES_FIELD}", 1)
        raise RefusedCall("call_invalid", where=where, why=found["why"]) from None
    payload: Payload = _converted(body, operation.request)
    return payload, files


def _converted(body: dict[str, Any], kind: type) -> Any:
    """Return the record of a body; raises InvalidMessage that names the field."""
    try:
        return msgspec.convert(body, kind)
    except msgspec.ValidationError:
        pass
    try:
        with suppress(msgspec.ValidationError):  # few bodies need the longer way
            return msgspec.convert(body, kind)
        return msgspec.convert(_whole(body), kind)
    except msgspec.ValidationError as error:
        raise InvalidMessage("call_invalid", **place(error)) from None
    except RecursionError as error:
        raise InvalidMessage("json_broken", where="$", why=str(error)) from None


def _file(request: Request, files: BlobStore, found: FoundFile) -> Response:
    shown = found.record
    try:
        return download(request, files, shown.sha256, media_type=shown.media_type)
    except RangeRefused as refused:
        raise RefusedCall(
            "call_invalid", where="Range", why=refused.why, status=416, headers=refused.headers
        ) from None
