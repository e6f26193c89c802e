"""How SOAP stacks write the same reply: prefixes, order, nil, unknown elements.

Every form is well-formed XML that says what the plain form says. A change gets the envelope of one
reply and may change it.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from lxml import etree

from adapters.simulation.dialects.habit import Element, Habit

SOAP_11 = "http://schemas.xmlsoap.org/soap/envelope/"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
XSD = "http://www.w3.org/2001/XMLSchema"


def local(element: Element) -> str:
    """Return an element's name without its namespace."""
    return etree.QName(element).localname


def response(envelope: Element) -> Element | None:
    """Return the element in the body, None for a fault."""
    body = next((child for child in envelope if local(child) == "Body"), None)
    if body is None or not len(body) or local(body[0]) == "Fault":
        return None
    return body[0]


def leaves(envelope: Element) -> Iterator[Element]:
    """Yield the elements of the reply that hold text only."""
    body = response(envelope)
    if body is not None:
        yield from [each for each in body.iter(etree.Element) if not len(each)]


def _in_response(change: Callable[[Element], None]) -> Callable[[Element], Element]:
    def changed(envelope: Element) -> Element:
        body = response(envelope)
        if body is not None:
            change(body)
        return envelope

    return changed


def _new(beside: Element, name: str, text: str) -> Element:
    namespace = etree.QName(beside).namespace
    made = beside.makeelement(f"{{{namespace}}}{name}" if namespace else name)
    made.text = text
    return made


def _extra_elements(body: Element) -> None:
    for record in body:
        if local(record) in {"HoSo", "TienDo"}:
            record.append(_new(record, "nguoiCapNhat", "he-thong"))
    body.append(_new(body, "thoiGianXuLy", "12"))


def _by_name(body: Element) -> None:
    """Members in alphabetical order, as DataContractSerializer writes them; lists keep theirs."""
    body[:] = sorted(body, key=local)
    for child in body:
        if len(child):
            _by_name(child)


def _message_first(body: Element) -> None:
    for child in list(body):
        if local(child) == "message":
            body.insert(0, child)


def _no_message_of_success(body: Element) -> None:
    words = {local(child): child for child in body}
    code = (words["error_code"].text or "").strip() if "error_code" in words else ""
    if code.strip("0") == "" and code and "message" in words:
        body.remove(words["message"])


def _empty_is_nil(envelope: Element) -> Element:
    for leaf in leaves(envelope):
        if not leaf.text:
            leaf.set(f"{{{XSI}}}nil", "true")
    return envelope


def _empty_is_absent(envelope: Element) -> Element:
    for leaf in leaves(envelope):
        parent = leaf.getparent()
        if not leaf.text and parent is not None:
            parent.remove(leaf)
    return envelope


def _blanks_around(envelope: Element) -> Element:
    for leaf in leaves(envelope):
        if local(leaf) in {"error_code", "TrangThai", "TrangThaiHoSo"} and leaf.text:
            leaf.text = f" {leaf.text}\n  "
    return envelope


def _typed(envelope: Element) -> Element:
    for leaf in leaves(envelope):
        leaf.set(f"{{{XSI}}}type", "xsd:string")
    soap = etree.QName(envelope).namespace or SOAP_11
    return _named(envelope, {"soapenv": soap, "xsd": XSD, "xsi": XSI})


def _marked_text(envelope: Element) -> Element:
    for leaf in leaves(envelope):
        if leaf.text and local(leaf) == "message":
            leaf.text = etree.CDATA(leaf.text)
    return envelope


def _commented(body: Element) -> None:
    body.insert(1, etree.Comment(" 12 ms "))


def _unqualified(envelope: Element) -> Element:
    """The reply's parts without a namespace, as hand-written servers send them."""
    body = response(envelope)
    parent = body.getparent() if body is not None else None
    if body is None or parent is None:
        return envelope
    # A prefix of its own: parts without one would fall back into the default namespace.
    made = etree.Element(body.tag, nsmap={"m": etree.QName(body).namespace or ""})
    parent.replace(body, made)
    made[:] = list(body)
    for child in made.iter(etree.Element):
        if child is not made:
            child.tag = local(child)
    etree.cleanup_namespaces(envelope)
    return envelope


def _named(envelope: Element, prefixes: Mapping[str, str]) -> Element:
    """Return the envelope with these prefixes declared at its top and used below."""
    made = etree.Element(envelope.tag, nsmap={str(key): uri for key, uri in prefixes.items()})
    made[:] = list(envelope)
    etree.cleanup_namespaces(made, top_nsmap=dict(prefixes), keep_ns_prefixes=[*prefixes])
    return made


def _prefixed(soap: str, ours: str, envelope: Element) -> Element:
    body = response(envelope)
    prefixes = {soap: etree.QName(envelope).namespace or SOAP_11}
    if body is not None and ours:
        prefixes[ours] = etree.QName(body).namespace or ""
    if XSD in envelope.nsmap.values():  # its values are named by that prefix
        prefixes |= {"xsd": XSD, "xsi": XSI}
    return _named(envelope, {key: uri for key, uri in prefixes.items() if uri})


EXTRA_ELEMENTS = Habit(
    name="extra_elements",
    about="elements that the contract does not know, in the reply and in its records",
    xml=_in_response(_extra_elements),
)
BY_NAME = Habit(
    name="by_name", about="members in alphabetical order (WCF)", xml=_in_response(_by_name)
)
MESSAGE_FIRST = Habit(
    name="message_first",
    about="the words before the code",
    xml=_in_response(_message_first),
)
NO_MESSAGE = Habit(
    name="no_message",
    about="no words where all went well",
    xml=_in_response(_no_message_of_success),
)
EMPTY_IS_NIL = Habit(name="empty_is_nil", about="xsi:nil for an empty text", xml=_empty_is_nil)
EMPTY_IS_ABSENT = Habit(
    name="empty_is_absent", about="an empty text is left out", xml=_empty_is_absent
)
BLANKS_AROUND = Habit(
    name="blanks_around", about="blanks and line ends around codes", xml=_blanks_around
)
TYPED = Habit(name="typed", about="xsi:type on every text (Axis)", xml=_typed)
MARKED_TEXT = Habit(name="marked_text", about="words as CDATA", xml=_marked_text)
COMMENTED = Habit(name="commented", about="a comment among the parts", xml=_in_response(_commented))
UNQUALIFIED = Habit(name="unqualified", about="parts without a namespace", xml=_unqualified)
PREFIX_WCF = Habit(name="prefix_wcf", about="the prefix s: of WCF", xml=partial(_prefixed, "s", ""))
PREFIX_AXIS = Habit(
    name="prefix_axis",
    about="the prefixes soapenv: and ns1: of Axis",
    xml=partial(_prefixed, "soapenv", "ns1"),
)
PREFIX_PHP = Habit(
    name="prefix_php",
    about="the prefixes SOAP-ENV: and ns1: of PHP",
    xml=partial(_prefixed, "SOAP-ENV", "ns1"),
)

HABITS = (
    EXTRA_ELEMENTS,
    BY_NAME,
    MESSAGE_FIRST,
    NO_MESSAGE,
    EMPTY_IS_NIL,
    EMPTY_IS_ABSENT,
    BLANKS_AROUND,
    TYPED,
    MARKED_TEXT,
    COMMENTED,
    UNQUALIFIED,
    PREFIX_WCF,
    PREFIX_AXIS,
    PREFIX_PHP,
)
