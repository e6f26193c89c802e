"""The simulated province's SOAP: requests checked against our XSD, replies from templates."""

from typing import Any
from xml.sax.saxutils import escape

from lxml import etree

from adapters.provincial.mapping import Fields
from adapters.provincial.protocol.protocol import Operation
from adapters.provincial.protocol.soap import BODY
from adapters.provincial.settings import SCHEMAS
from adapters.provincial.simulator.office import OfficeReply
from adapters.simulation.partner import Answer
from adapters.wire.xml import Schema, parse
from hub.messages.invalid import InvalidMessage

NAMESPACE = "urn:one-stop-hub:provincial:v1"
_PREFIX = f"{{{NAMESPACE}}}"
LISTS = frozenset(
    {
        "data",
        "DinhDanhCHS",
        "DSKetNoiCSDL",
        "TaiLieuNop",
        "DanhSachLePhi",
        "DanhSachTepDinhKemKhac",
        "DanhSachHoSoBoSung",
        "DanhSachGiayToBoSung",
        "DanhSachLePhiBoSung",
        "DanhSachGiayToKetQua",
    }
)
_REPLY = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">'
    f'<soap:Body><{{0}}Response xmlns="{NAMESPACE}">'
    "<error_code>{1}</error_code><message>{2}</message>{3}"
    "</{0}Response></soap:Body></soap:Envelope>"
)
_FAULT = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>'
    "<soap:Fault><faultcode>soap:{0}</faultcode><faultstring>{1}</faultstring></soap:Fault>"
    "</soap:Body></soap:Envelope>"
)
XML = b"text/xml; charset=utf-8"
_schema = Schema(SCHEMAS / "hosodientu.xsd")


def read(body: bytes) -> tuple[str, dict[str, Any]]:
    """Return the operation and its arguments; raises InvalidMessage."""
    root = parse(body)
    content = root.find(BODY)
    if content is None or len(content) != 1:
        raise InvalidMessage("xml_broken", where="Body", why="no SOAP body with one element")
    _schema.check(content[0])
    return content[0].tag.removeprefix(_PREFIX), _record(content[0])


def _record(element: etree._Element) -> Fields:
    fields: Fields = {}
    for child in element:
        name = child.tag[len(_PREFIX) :]
        if name in LISTS:
            fields.setdefault(name, []).append(_record(child))
        else:
            fields[name] = child.text or ""
    return fields


def write(operation: str, office_reply: OfficeReply, *, number: str = "") -> Answer:
    """Return the reply of an operation; `number` is the dossier of the call."""
    parts = [
        f"<session>{escape(office_reply.session)}</session>" if operation == Operation.LOGIN else ""
    ]
    if office_reply.found:
        parts.append(f"<HoSo>{_elements(office_reply.found.fields)}</HoSo>")
        parts += [f"<TienDo>{_elements(step)}</TienDo>" for step in office_reply.found.steps]
    if office_reply.procedure:
        code, name = map(escape, office_reply.procedure)
        parts.append(f"<result><MATTHC>{code}</MATTHC><TENTTHC>{name}</TENTTHC></result>")
    parts += [
        f"<result><MaHoSo>{number}</MaHoSo><MaThamChieu>{reference}</MaThamChieu></result>"
        for number, reference in office_reply.done
    ]
    text = _REPLY.format(operation, office_reply.code, escape(office_reply.message), "".join(parts))
    return Answer(body=text.encode(), content_type=XML, number=number)


def _elements(fields: Fields) -> str:
    parts = []
    for name, value in fields.items():
        if isinstance(value, list):
            parts += [f"<{name}>{_elements(item)}</{name}>" for item in value]
        else:
            parts.append(f"<{name}>{escape(str(value))}</{name}>")
    return "".join(parts)


def fault(code: str, reason: str) -> Answer:
    """Return a SOAP Fault with faultcode soap:`code`."""
    return Answer(status=500, body=_FAULT.format(code, escape(reason)).encode(), content_type=XML)
