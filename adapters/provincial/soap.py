"""SOAP 1.1 with the province: zeep builds and reads the envelopes, the wire carries them.

The WSDL is ours (`schemas/provincial`) and read once, from the disk. Every envelope, out and in,
is checked against the XSD. zeep's own transport is not used: it has one timeout for all phases and
cannot tell them apart. The session stands in the body, so an envelope is kept in two halves.
"""

import logging
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

from lxml import etree
from zeep import Client, Settings
from zeep.exceptions import Error as ZeepError
from zeep.helpers import serialize_object

from adapters.provincial import faults
from adapters.provincial.dialect import Envelope, Operation, Result
from adapters.provincial.mapping import Fields
from adapters.provincial.mould import Moulds
from adapters.provincial.settings import ProvincialSettings
from adapters.wire.reading import Reply
from adapters.wire.replies import expect_success, read_xml
from adapters.wire.xml import Schema, parse
from hub.messages.invalid import InvalidMessage
from hub.rules.errors import AmbiguousFailure, PermanentFailure

SOAP_ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
BODY = f"{{{SOAP_ENVELOPE}}}Body"
FAULT = f"{{{SOAP_ENVELOPE}}}Fault"
SESSION = "[session]"
"""Stands in an envelope until it is sent."""


class SoapDialect:
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
        self._path = settings.soap_path
        self._moulds = Moulds(self._render)

    def build(self, operation: str, arguments: Mapping[str, Any]) -> Envelope:
        """Return the envelope in two halves; see `Dialect`."""
        given = {} if operation == Operation.LOGIN else {"session": SESSION}
        try:
            whole = self._moulds.pour(operation, {**given, **arguments}).encode()
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
        """Return path and header fields; see `Dialect`."""
        action = self._binding.get(operation).soapaction
        return self._path, {
            "Content-Type": "text/xml; charset=utf-8",
            "SOAPAction": f'"{action}"',
        }

    def body(self, envelope: Envelope, session: str) -> bytes:
        """Return the bytes of the envelope; see `Dialect`."""
        if not envelope.after:
            return envelope.before
        return b"".join((envelope.before, escape(session).encode(), envelope.after))

    def read(self, operation: str, reply: Reply) -> Result:
        """Return what the reply says; see `Dialect`."""
        self._raise_fault(reply)
        expect_success(reply)
        root = read_xml(reply)
        body = root.find(BODY)
        if body is None or len(body) != 1:
            raise AmbiguousFailure("reply_unreadable", "no SOAP body")
        try:
            self._schema.check(body[0])
            answer = self._binding.get(operation).process_reply(root)
        except InvalidMessage as error:
            raise AmbiguousFailure("reply_unreadable", f"{error.where}: {error.why}") from None
        except (ZeepError, AttributeError, TypeError, ValueError) as error:
            raise AmbiguousFailure("reply_unreadable", type(error).__name__) from None
        return _result(answer)

    def _raise_fault(self, reply: Reply) -> None:
        """Raise what a SOAP Fault means, whatever the status that it comes with."""
        if b"Fault" not in reply.body:
            return
        try:
            body = read_xml(reply).find(BODY)
        except AmbiguousFailure:
            return  # the status may still say more
        fault = body.find(FAULT) if body is not None else None
        if fault is not None:
            raise faults.soap_fault(fault.findtext("faultcode") or "")


def _result(answer: Any) -> Result:
    found = getattr(answer, "HoSo", None)
    return Result(
        code=faults.reply_code(answer.error_code),
        message=answer.message or "",
        session=getattr(answer, "session", None) or "",
        dossier=_fields(found) if found is not None else None,
        steps=[_fields(step) for step in getattr(answer, "TienDo", None) or ()],
        done=_done(getattr(answer, "result", None)),
        procedure=_procedure(getattr(answer, "result", None)),
    )


def _fields(value: Any) -> Fields:
    return dict(serialize_object(value, dict))  # type: ignore[no-untyped-call]


def _procedure(result: Any) -> tuple[str, str] | None:
    if result is None or isinstance(result, list):
        return None
    return result.MATTHC, result.TENTTHC


def _done(result: Any) -> dict[str, str]:
    if not isinstance(result, list):  # LayThuTuc gives a procedure here
        return {}
    return {item.MaHoSo: item.MaThamChieu or "" for item in result}
