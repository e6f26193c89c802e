"""Envelopes and faults of SOAP 1.1 and 1.2, by local name, in any namespace."""

from dataclasses import dataclass

from lxml import etree

from adapters.wire.reading.documents.xml import local, read_xml
from adapters.wire.reading.findings import Findings
from adapters.wire.reading.reply import Reply
from adapters.wire.reading.transport import charset
from hub.ports import DriftKind

SOAP_11 = "http://schemas.xmlsoap.org/soap/envelope/"
_BODY, _HEADER = f"{{{SOAP_11}}}Body", f"{{{SOAP_11}}}Header"
_CODES = {"Sender": "Client", "Receiver": "Server"}
"""SOAP 1.2's name -> SOAP 1.1's."""


@dataclass(frozen=True, slots=True)
class SoapFault:
    """A SOAP Fault."""

    name: str
    """The code as it was written, without prefix and details: Sender, Client."""
    code: str
    """Client, Server, VersionMismatch, MustUnderstand, or what the partner made up."""
    details: tuple[str, ...]
    """What stands behind the code: `Authentication` of Client.Authentication, subcodes of 1.2."""
    text: str
    """The reason; for rules only, it may hold personal data. So may `whole`, all texts of it."""
    whole: str = ""


def read_envelope(reply: Reply, *, default: str = charset.UTF_8) -> etree._Element | SoapFault:
    """Return the element in the body, or the fault; raises AmbiguousFailure.

    `default` is the charset of a reply that names none.
    """
    root, findings = read_xml(reply, default=default), reply.findings
    if local(root.tag) != "Envelope":
        raise findings.refuse("body", "XML that is no SOAP envelope")
    body = root[0] if len(root) == 1 and root[0].tag == _BODY else _body(root, findings)
    if not len(body):
        raise findings.refuse("Envelope/Body", "an empty SOAP body")
    content = body[0]
    if len(body) > 1 and any(it.get("id") is None for it in list(body)[1:]):
        raise findings.refuse("Envelope/Body", f"{len(body)} elements where one is expected")
    return _fault(content) if local(content.tag) == "Fault" else content


def _body(root: etree._Element, findings: Findings) -> etree._Element:
    """Return the body of an envelope that is not the usual one."""
    bodies = [it for it in root if local(it.tag) == "Body"]
    if len(bodies) != 1:
        raise findings.refuse("Envelope", f"{len(bodies)} SOAP bodies where one is expected")
    if any(local(it.tag) != "Body" for it in root):
        findings.add(DriftKind.ENVELOPE, "header blocks")
    if bodies[0].tag != _BODY:
        findings.add(DriftKind.ENVELOPE, "another SOAP version")
    return bodies[0]


def _fault(element: etree._Element) -> SoapFault:
    # SOAP 1.1: faultcode, faultstring. SOAP 1.2: Code/Value, Code/Subcode/Value, Reason/Text.
    values, words = [], []
    for child in element:
        match local(child.tag):
            case "faultcode":
                values.append(child.text or "")
            case "Code":
                values += [it.text or "" for it in child.iter() if local(it.tag) == "Value"]
            case "faultstring":
                words.append(child.text or "")
            case "Reason":
                words += [it.text or "" for it in child if local(it.tag) == "Text"]
    names = [it.strip().rpartition(":")[2] for it in values]
    first, *behind = (names[0] if names else "").split(".")
    whole = " ".join(str(it) for it in element.itertext())
    return SoapFault(first, _CODES.get(first, first), (*behind, *names[1:]), " ".join(words), whole)
