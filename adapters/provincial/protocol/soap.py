"""SOAP with the province: zeep builds the envelopes, the wire carries them and reads the replies.

The WSDL is ours (`schemas/provincial`) and read once, from the disk. Every envelope that goes out
is checked against the XSD; what comes back is read by the fields of the contract, in SOAP 1.1 or
1.2. zeep's own transport is not used: it has one timeout for all phases and cannot tell them apart.
The session stands in the body, so an envelope is kept in two halves.
"""

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar
from xml.sax.saxutils import escape

import msgspec
from lxml import etree
from zeep import Client, Settings
from zeep.exceptions import Error as ZeepError

from adapters.provincial import contract, faults
from adapters.provincial.protocol.envelope_template import EnvelopeTemplates
from adapters.provincial.protocol.protocol import (
    Envelope,
    Item,
    Operation,
    Result,
    done_in,
    others_in,
    procedure_in,
)
from adapters.provincial.settings import ProvincialSettings
from adapters.wire.reading import Reply
from adapters.wire.reading.documents.record import Record, RecordReader
from adapters.wire.reading.documents.shape import Shape, shape_of
from adapters.wire.reading.documents.soap import SoapFault, read_envelope
from adapters.wire.reading.documents.xml import local
from adapters.wire.reading.findings import named
from adapters.wire.replies import expect_success
from adapters.wire.ws_security import EnvelopeSecurity
from adapters.wire.xml import Schema, parse
from hub.messages.invalid import InvalidMessage
from hub.ports import DriftKind
from hub.rules.failures.errors import AmbiguousFailure, PermanentFailure

SOAP_ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
BODY = f"{{{SOAP_ENVELOPE}}}Body"
SESSION = "[session]"
"""Stands in an envelope until it is sent."""


class SoapProtocol:
    """Builds and reads envelopes; safe in many threads after it was made."""

    def __init__(self, settings: ProvincialSettings) -> None:
        # At DEBUG zeep writes whole envelopes to its log.
        logging.getLogger("zeep").setLevel(logging.WARNING)
        self._client: Any = Client(  # type: ignore[no-untyped-call]
            str(settings.wsdl), settings=Settings(strict=True, xml_huge_tree=False)
        )
        self._binding: Any
        (self._binding,) = self._client.wsdl.bindings.values()
        self._schema = Schema(settings.xsd)
        self._addresses = {it: settings.address(it) for it in Operation}
        self._charset = settings.profile.encodings.charset
        self._templates = EnvelopeTemplates(self._render)
        wanted = settings.security.is_wanted
        self._security = EnvelopeSecurity(settings.security) if wanted else None

    def build(self, operation: str, arguments: Mapping[str, Any]) -> Envelope:
        """Return the envelope in two halves; see `Dialect`."""
        given = {} if operation == Operation.LOGIN else {"session": SESSION}
        try:
            whole = self._templates.render(operation, {**given, **arguments}).encode()
            self._schema.check(parse(whole)[0][0])
        except InvalidMessage as error:
            raise PermanentFailure("prepare_failed", f"{error.where}: {error.why}") from None
        except (ZeepError, TypeError, ValueError) as error:
            raise PermanentFailure("prepare_failed", type(error).__name__) from error
        if not given:
            return Envelope(operation, whole, b"")
        # The session is the first element of the body: whatever comes later cannot be taken for it.
        before, _, after = whole.partition(SESSION.encode())
        return Envelope(operation, before, after)

    def _render(self, operation: str, arguments: Mapping[str, Any]) -> bytes:
        envelope = self._client.create_message(self._client.service, operation, **arguments)
        return etree.tostring(envelope, xml_declaration=True, encoding="utf-8")

    def address(self, operation: str) -> tuple[str, Mapping[str, str]]:
        """Return address and header fields; see `Dialect`."""
        action = self._binding.get(operation).soapaction
        return self._addresses[Operation(operation)], {
            "Content-Type": "text/xml; charset=utf-8",
            "SOAPAction": f'"{action}"',
        }

    def body(self, envelope: Envelope, session: str) -> bytes:
        """Return the bytes of the envelope, signed anew for each attempt; see `Dialect`.

        Raises TransientFailure `signing_failed`: nothing was sent then.
        """
        whole = envelope.before
        if envelope.after:
            whole = b"".join((envelope.before, escape(session).encode(), envelope.after))
        return self._security.secure(whole) if self._security else whole

    def read(self, operation: str, reply: Reply) -> Result:
        """Return what the reply says; see `Dialect`."""
        try:
            content = read_envelope(reply, default=self._charset)
        except AmbiguousFailure:
            expect_success(reply)  # the status may say more
            raise
        if isinstance(content, SoapFault):
            raise faults.soap_fault(reply, content)
        name = local(content.tag)
        if name != f"{operation}Response":
            _check_name(name, operation, reply)
        reader = RecordReader(reply.findings)
        record = reader.element(content, _SHAPES[operation], name)
        result = _result(operation, record, reply)
        # An empty list of elements is none: only something unknown in its place makes it doubtful.
        return replace(result, steps_shown=bool(result.steps) or not reader.unread)


class _Done(msgspec.Struct):
    """Reply of DongBoHoSoMC and CapNhatTienDoHoSoMC over SOAP."""

    keeps_others: ClassVar[bool] = True
    error_code: int | str
    message: str
    result: tuple[Item, ...] = ()


class _LookUp(msgspec.Struct):
    """Reply of TraCuuHoSo over SOAP."""

    error_code: int | str
    message: str
    HoSo: contract.Dossier | None = None
    TienDo: tuple[contract.Step, ...] = ()


class _Procedure(contract.Procedure, frozen=True, kw_only=True):
    """A procedure with what the XSD has and the hub does not read."""

    LINHVUCTHUCHIEN: Any = None
    CACHTHUCTHUCHIEN: Any = None
    THANHPHANHOSO: Any = None


class _ProcedureFound(msgspec.Struct):
    """Reply of LayThuTuc over SOAP."""

    error_code: int | str
    message: str
    result: _Procedure | None = None


_SHAPES: Mapping[str, Shape] = {
    Operation.LOGIN: shape_of(contract.Login),
    Operation.LOOK_UP: shape_of(_LookUp),
    Operation.REGISTER: shape_of(_Done),
    Operation.ADD_STEPS: shape_of(_Done),
    Operation.PROCEDURE: shape_of(_ProcedureFound),
}


def _check_name(name: str, operation: str, reply: Reply) -> None:
    """Raise for an element that is not the reply to this operation."""
    if name.casefold().startswith(operation.casefold()):
        reply.findings.add(DriftKind.OTHER_NAME, named(name))
        return
    expect_success(reply)
    raise reply.findings.refuse("Envelope/Body", "the reply to another operation")


def _result(operation: str, record: Record, reply: Reply) -> Result:
    result = Result(code=record["error_code"], message=record["message"])
    match operation:
        case Operation.LOGIN:
            return replace(result, session=record["session"])
        case Operation.LOOK_UP:
            return replace(result, dossier=record["HoSo"], steps=record["TienDo"])
        case Operation.PROCEDURE:
            return replace(result, procedure=procedure_in(record["result"]))
    done = done_in(record["result"], reply.findings)
    return replace(result, done=done, others=others_in(record))
