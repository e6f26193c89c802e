"""The SOAP endpoint: `/soap` serves the contract and takes calls, one function an operation.

Not promised: answers with MTOM. SOAPAction is not read: the element in the body is what is called,
so that no header can name one operation while the body calls another.
"""

import base64
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import PlainTextResponse, Response, StreamingResponse
from lxml import etree
from msgspec import Struct

from hub.gateway import refused_files
from hub.gateway.clients.authorization import Authorization
from hub.gateway.clients.caller import GatewayCaller
from hub.gateway.clients.client_calls import CallerAndCall
from hub.gateway.direct_calls import add_route
from hub.gateway.downloads import paced
from hub.gateway.partner_calls import records
from hub.gateway.partner_calls.commands import PartnerCommands
from hub.gateway.partner_calls.operations import Operation
from hub.gateway.partner_calls.queries import FoundFile, PartnerQueries, Query
from hub.gateway.partner_calls.refusals import RefusedCall, refusal_of
from hub.gateway.soap import contract, messages, values
from hub.gateway.soap.call_admission import PATH, operation_of
from hub.gateway.soap.incoming_call import IncomingCall
from hub.gateway.soap.names import CONTENT, FILE, NS, PREFIX, Version
from hub.gateway.soap.reading.envelope import sha256_of
from hub.gateway.soap.reading.receive import CallFiles, MediaType
from hub.gateway.soap.reply_signing import LARGEST, ReplySigning, Signer
from hub.gateway.soap.ws_security.call_security import MessageSecurity
from hub.runtime.telemetry import Event, log
from hub.store.clients.key_file import KeyFile

REPLAYED = {"Idempotency-Replayed": "true"}
_KEY = f"{{{NS}}}maYeuCau"
_BESIDES = frozenset({_KEY, FILE})
_PIECE = 3 * 64 * 1024
"""Bytes of a file that are encoded at once: a multiple of three, so that the pieces fit."""


def install(
    app: FastAPI,
    commands: PartnerCommands,
    queries: PartnerQueries,
    *,
    authorization: Authorization,
    keys: KeyFile | None = None,
    signer: Signer | None = None,
) -> None:
    """Add the endpoint to an application; `keys` for the digests of WS-Security, `signer` for
    signed replies.
    """
    security = MessageSecurity(
        commands.store, keys, trust=authorization.trust, clock=authorization.denials.clock
    )
    origin, signing = authorization.proxies.origin, ReplySigning(signer)

    @app.get(PATH)
    def served(request: Request) -> Response:
        query = {name.lower(): value for name, value in request.query_params.items()}
        address = f"{origin(request)}{PATH}"
        if "wsdl" in query:
            return Response(contract.wsdl(address), media_type="text/xml")
        if (found := contract.xsd(query.get("xsd", ""))) is not None:
            return Response(found, media_type="text/xml")
        return PlainTextResponse(f"{address}?wsdl\n", status_code=404)

    async def call(request: Request) -> Response:
        incoming = IncomingCall(request, authorization, CallFiles(commands.files))
        reply = await _answer(incoming, commands, queries, security, signing)
        return await signing.signed(reply, incoming.known, confirms=incoming.confirms)

    add_route(app, PATH, call, methods=["POST"], name="soap")


async def _answer(
    incoming: IncomingCall,
    commands: PartnerCommands,
    queries: PartnerQueries,
    security: MessageSecurity,
    signing: ReplySigning,
) -> Response:
    """Return the answer to a call: the reply of its operation, or a fault."""
    request = incoming.request
    media = MediaType.read(request.headers.get("content-type", ""))
    version = media.version
    try:
        root, caller = await incoming.read(media, security), incoming.proven
        signing.check(caller)
        version = messages.version_of(root)
        if incoming.is_short:
            read_call = _read(root, version, takes_files=False)
        else:
            read_call = await run_in_threadpool(_read, root, version, takes_files=True)
        made = await incoming.admission.when_read(read_call.operation, read_call.record)
        if read_call.operation.is_command:
            return await _accept(commands, caller, read_call, version, made=made)
        if made is not None:
            await incoming.authorization.count(made)
        return await run_in_threadpool(_query, queries, caller, read_call, version)
    except Exception as error:
        refusal = refusal_of(error)
        if refusal is None:
            raise
        await incoming.refused(error, refusal)
        if incoming.is_proven:
            await refused_files.report_on_thread(
                commands.store,
                incoming.proven.client,
                error,
                clock=commands.intake.clock,
                number=incoming.admission.number,
            )
        return _fault(version, refusal, request, incoming.authorization.proxies.origin(request))


@dataclass(frozen=True, slots=True, kw_only=True)
class _ReadCall:
    """A call that fits the contract."""

    operation: Operation
    record: Any
    files: Sequence[records.FileGiven]
    key: str


def _read(root: etree._Element, version: Version, *, takes_files: bool) -> _ReadCall:
    element = messages.called(root, version)
    operation = operation_of(element)
    contract.check(element)
    return _ReadCall(
        operation=operation,
        record=values.read(element, operation.request, besides=_BESIDES),
        files=_files(element) if takes_files else (),
        key=element.findtext(_KEY) or "",
    )


async def _accept(
    commands: PartnerCommands,
    caller: GatewayCaller,
    read_call: _ReadCall,
    version: Version,
    *,
    made: CallerAndCall | None,
) -> Response:
    operation = read_call.operation
    answer = await commands.accept(
        caller, operation, read_call.record, files=read_call.files, key=read_call.key, made=made
    )
    return _reply(version, operation, answer.taken, REPLAYED if answer.replayed else None)


def _query(
    queries: PartnerQueries, caller: GatewayCaller, read_call: _ReadCall, version: Version
) -> Response:
    operation = read_call.operation
    query = Query(caller=caller, record=read_call.record, key=read_call.key)
    answer = queries.answer(operation, query)
    if isinstance(answer, FoundFile):
        return _file(version, operation, answer, is_whole=caller.rights.signed_replies)
    return _reply(version, operation, answer.record, REPLAYED if answer.replayed else None)


def _name(local: str) -> str:
    return f"{{{NS}}}{local}"


def _files(element: etree._Element) -> list[records.FileGiven]:
    return [
        records.FileGiven(
            name=file.findtext(_name("tenTep")) or "",
            media_type=file.findtext(_name("loaiTep")) or "",
            component=file.findtext(_name("maThanhPhan")) or "",
            sha256=sha256_of(content),
        )
        for file in element.findall(FILE)
        for content in file.findall(CONTENT)
    ]


def _reply(
    version: Version, operation: Operation, record: Struct, headers: dict[str, str] | None = None
) -> Response:
    body = messages.reply(version, operation.name, values.written(record))
    return Response(body, media_type=version.media_type, headers=headers)


def _file(version: Version, operation: Operation, found: FoundFile, *, is_whole: bool) -> Response:
    """Return a reply with a file in it, encoded piece by piece while it is sent.

    `is_whole`: the reply is made in memory, because it will be signed.
    """
    name = f"{PREFIX}:{etree.QName(CONTENT).localname}"
    content = f"{values.written(found.record)}<{name}>~</{name}>"
    ahead, _, behind = messages.reply(version, operation.name, content).rpartition(b"~")
    size = len(ahead) + 4 * math.ceil(found.record.size / 3) + len(behind)
    if is_whole and size > LARGEST:
        why = f"a signed reply has at most {LARGEST} bytes; GET /v1/dossiers/.../files has no limit"
        raise RefusedCall("file_too_large", where="tepDinhKem", why=why)
    if is_whole:
        return Response(b"".join(_pieces(ahead, found, behind)), media_type=version.media_type)
    return StreamingResponse(
        paced(_pieces(ahead, found, behind)),
        media_type=version.media_type,
        headers={"Content-Length": str(size)},
    )


def _pieces(ahead: bytes, found: FoundFile, behind: bytes) -> Iterator[bytes]:
    yield ahead
    with found.place.open("rb") as file:
        while piece := file.read(_PIECE):
            yield base64.b64encode(piece)
    yield behind


def _fault(version: Version, refusal: RefusedCall, request: Request, address: str) -> Response:
    log.warning(
        Event.REQUEST_REFUSED, code=refusal.code, where=refusal.where, path=request.url.path
    )
    body = messages.fault(version, refusal, guide=refusal.guide(address))
    kept = dict(refusal.headers)
    if refusal.retry_after is not None:
        kept["Retry-After"] = str(refusal.retry_after)
    return Response(body, _status(version, refusal), media_type=version.media_type, headers=kept)


_AS_THEY_ARE = frozenset({401, 403, 413, 415, 429, 503, 507})


def _status(version: Version, refusal: RefusedCall) -> int:
    """Return the HTTP status of a fault: as the bindings of SOAP want it, else what HTTP has."""
    if refusal.status in _AS_THEY_ARE:
        return refusal.status
    return 500 if version is Version.SOAP_11 else 400
