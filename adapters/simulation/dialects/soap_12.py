"""The reply in SOAP 1.2: another namespace, another form of a fault, another media type."""

from dataclasses import replace

from lxml import etree

from adapters.simulation.dialects.habit import Element, Habit
from adapters.simulation.dialects.xml_forms import local
from adapters.simulation.partner import Answer, Call

NAMESPACE = "http://www.w3.org/2003/05/soap-envelope"
_IN = f"{{{NAMESPACE}}}"
_CODES = {"Client": "Sender", "Server": "Receiver"}


def _envelope(old: Element) -> Element:
    made = etree.Element(f"{_IN}Envelope", nsmap={"env": NAMESPACE})
    body = etree.SubElement(made, f"{_IN}Body")
    for part in old:
        if local(part) == "Body":
            for child in list(part):
                body.append(_fault(child) if local(child) == "Fault" else child)
    return made


def _fault(old: Element) -> Element:
    code = (old.findtext("faultcode") or "").rpartition(":")[2]
    made = etree.Element(f"{_IN}Fault")
    value = etree.SubElement(etree.SubElement(made, f"{_IN}Code"), f"{_IN}Value")
    value.text = f"env:{_CODES.get(code, 'Receiver')}"
    text = etree.SubElement(etree.SubElement(made, f"{_IN}Reason"), f"{_IN}Text")
    text.set("{http://www.w3.org/XML/1998/namespace}lang", "vi")
    text.text = old.findtext("faultstring")
    return made


def _media_type(answer: Answer, _: Call) -> Answer:
    if b"xml" not in answer.content_type or NAMESPACE.encode() not in answer.body:
        return answer
    return replace(answer, content_type=b"application/soap+xml; charset=utf-8")


SOAP_12 = Habit(name="soap_12", about="SOAP 1.2 in answer to 1.1", xml=_envelope, body=_media_type)
HABITS = (SOAP_12,)
