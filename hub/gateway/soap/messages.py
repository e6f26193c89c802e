"""SOAP messages: the operation in an envelope, and the envelopes of replies and faults."""

from functools import cache

from lxml import etree

from hub.gateway.partner_calls.refusals import RefusedCall
from hub.gateway.soap.names import NS, PREFIX, Version
from hub.gateway.soap.ws_security.names import SECURITY, WSSE
from hub.gateway.soap.ws_security.refusal import FAULT_CODES
from hub.messages.invalid import InvalidMessage
from hub.texts import Language

_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_TRUE = frozenset({"1", "true"})
_FINAL = frozenset(
    {
        "http://schemas.xmlsoap.org/soap/actor/next",
        "http://www.w3.org/2003/05/soap-envelope/role/next",
        "http://www.w3.org/2003/05/soap-envelope/role/ultimateReceiver",
        "",
    }
)
"""The roles that the hub has: a header for another is not for the hub."""


def version_of(root: etree._Element) -> Version:
    """Return the version of an envelope; raises InvalidMessage for what is none."""
    for version in Version:
        if root.tag == version.tag("Envelope"):
            return version
    why = "the root is no Envelope of SOAP 1.1 or 1.2"
    raise InvalidMessage("call_invalid", where="Envelope", why=why)


def called(root: etree._Element, version: Version) -> etree._Element:
    """Return the one element of the body; raises InvalidMessage and RefusedCall.

    Only the body of the envelope itself counts: an element of the same name elsewhere is none.
    """
    children = list(root)
    if children and children[0].tag == version.tag("Header"):
        check_header(children.pop(0), version)
    if len(children) != 1 or children[0].tag != version.tag("Body"):
        why = "an Envelope has one Body, behind at most one Header"
        raise InvalidMessage("call_invalid", where="Envelope", why=why)
    body = list(children[0])
    if len(body) != 1:
        raise InvalidMessage("call_invalid", where="Body", why="a Body has one element")
    return body[0]


def check_header(header: etree._Element, version: Version) -> None:
    """Raise RefusedCall for a block that must be understood and is not.

    The Security block is read by `hub.gateway.soap.ws_security` before.
    """
    for block in header:
        needed = block.get(version.tag("mustUnderstand"), "").strip() in _TRUE
        if needed and is_for_us(block, version) and block.tag != SECURITY:
            name = etree.QName(block).localname
            raise RefusedCall("header_not_understood", where=f"Header/{name}")


def is_for_us(block: etree._Element, version: Version) -> bool:
    """Return whether a header block is meant for the one that handles the call."""
    role = "actor" if version is Version.SOAP_11 else "role"
    return block.get(version.tag(role), "") in _FINAL


def reply(version: Version, operation: str, content: str) -> bytes:
    """Return the reply of an operation; `content` are its elements, see `values.written`."""
    ahead, behind = _frame(version, operation)
    return ahead + content.encode() + behind


@cache
def _frame(version: Version, operation: str) -> tuple[bytes, bytes]:
    """Return what stands before and behind the content of a reply."""
    envelope = etree.Element(version.tag("Envelope"), nsmap={"soap": version.value, PREFIX: NS})
    body = etree.SubElement(envelope, version.tag("Body"))
    etree.SubElement(body, f"{{{NS}}}{operation}Response").text = "~"
    ahead, _, behind = _to_bytes(envelope).partition(b"~")
    return ahead, behind


def _to_bytes(envelope: etree._Element) -> bytes:
    """Return a message in UTF-8."""
    return bytes(etree.tostring(envelope, xml_declaration=True, encoding="UTF-8"))


def fault(version: Version, refusal: RefusedCall, *, guide: str) -> bytes:
    """Return the fault of a refusal; `guide` is where what to do is written."""
    detail = etree.Element(f"{{{NS}}}Loi", nsmap={PREFIX: NS})
    text = refusal.text
    for name, content in (
        ("ma", refusal.code),
        ("noiDung", text.vi),
        ("message", text.en),
        ("viTri", refusal.where),
        ("lyDo", refusal.why),
        ("huongDan", guide),
        ("goiLaiSau", str(refusal.retry_after or "")),
    ):
        if content:
            etree.SubElement(detail, f"{{{NS}}}{name}").text = content
    envelope = etree.Element(version.tag("Envelope"), nsmap={"soap": version.value, "wsse": WSSE})
    found = etree.SubElement(etree.SubElement(envelope, version.tag("Body")), version.tag("Fault"))
    code, security = f"soap:{_code(version, refusal)}", FAULT_CODES.get(refusal.code)
    if version is Version.SOAP_11:
        etree.SubElement(found, "faultcode").text = f"wsse:{security}" if security else code
        etree.SubElement(found, "faultstring").text = text.stored()
        etree.SubElement(found, "detail").append(detail)
        return _to_bytes(envelope)
    value = etree.SubElement(found, version.tag("Code"))
    etree.SubElement(value, version.tag("Value")).text = code
    if security:
        subcode = etree.SubElement(value, version.tag("Subcode"))
        etree.SubElement(subcode, version.tag("Value")).text = f"wsse:{security}"
    reason = etree.SubElement(found, version.tag("Reason"))
    for language in Language:
        sentence = etree.SubElement(reason, version.tag("Text"))
        sentence.set(_XML_LANG, language)
        sentence.text = text.in_language(language)
    etree.SubElement(found, version.tag("Detail")).append(detail)
    return _to_bytes(envelope)


def _code(version: Version, refusal: RefusedCall) -> str:
    if refusal.code == "header_not_understood":
        return "MustUnderstand"
    ours = refusal.status >= 500
    if version is Version.SOAP_11:
        return "Server" if ours else "Client"
    return "Receiver" if ours else "Sender"
