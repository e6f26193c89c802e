"""Fields by the shape of a contract: what is bent is read and noted, two readings are refused."""

from typing import Any

import pytest
from msgspec import Struct

from adapters.wire.reading import Findings, Reply
from adapters.wire.reading.documents.json import read_json
from adapters.wire.reading.documents.record import Record, RecordReader
from adapters.wire.reading.documents.shape import shape_of
from adapters.wire.reading.documents.soap import SoapFault, read_envelope
from hub.ports import Drift, DriftKind
from hub.rules.failures.errors import AmbiguousFailure

K = DriftKind


class Item(Struct):
    Ma: str
    SoLuong: int = 0


class Whole(Struct):
    error_code: int | str
    message: str
    xong: bool
    HoSo: Item | None = None
    result: tuple[Item, ...] = ()


SHAPE = shape_of(Whole)
ITEM = {"Ma": "a", "SoLuong": 2}
FULL = {"error_code": "0", "message": "m", "xong": True, "HoSo": ITEM, "result": [ITEM, ITEM]}
JSON = (
    '{"error_code": 0, "message": "m", "xong": true, "HoSo": {"Ma": "a", "SoLuong": 2},'
    ' "result": [{"Ma": "a", "SoLuong": 2}, {"Ma": "a", "SoLuong": 2}]}'
)
ONE = "<Ma>a</Ma><SoLuong>2</SoLuong>"
XML = (
    "<error_code>0</error_code><message>m</message><xong>true</xong>"
    f"<HoSo>{ONE}</HoSo><result>{ONE}</result><result>{ONE}</result>"
)


def of_json(text: str) -> tuple[Record, set[tuple[DriftKind, str]]]:
    reply = Reply(status=200, body=text.encode())
    found = RecordReader(reply.findings).object(read_json(reply), SHAPE, "")
    return found, {(it.kind, it.place) for it in reply.findings.drift}


def of_xml(inside: str) -> tuple[Record, set[tuple[DriftKind, str]]]:
    text = (
        '<E:Envelope xmlns:E="http://schemas.xmlsoap.org/soap/envelope/" '
        'xmlns:i="http://www.w3.org/2001/XMLSchema-instance">'
        f'<E:Body><R xmlns="urn:x">{inside}</R></E:Body></E:Envelope>'
    )
    reply = Reply(status=200, body=text.encode())
    element = read_envelope(reply)
    assert not isinstance(element, SoapFault)
    found = RecordReader(reply.findings).element(element, SHAPE, "R")
    return found, {(it.kind, it.place) for it in reply.findings.drift}


def test_what_the_contract_says_is_read_without_drift() -> None:
    """Out of both ways of writing, to the same record."""
    assert of_json(JSON) == (FULL, set())
    assert of_xml(XML) == (FULL, set())


BENT: list[tuple[str, dict[str, Any], set[tuple[DriftKind, str]]]] = [
    ('"error_code": " 0 "', {}, {(K.BLANKS, "error_code")}),
    ('"error_code": 0.0', {"error_code": "0.0"}, set()),
    ('"message": null', {"message": ""}, {(K.MISSING_FIELD, "message")}),
    ('"message": 5', {"message": "5"}, {(K.OTHER_TYPE, "message")}),
    ('"message": ["m"]', {}, {(K.OTHER_SHAPE, "message")}),
    ('"message": "m", "message": "m"', {}, {(K.REPEATED_FIELD, "message")}),
    ('"Message": "m"', {}, {(K.OTHER_NAME, "Message")}),
    ('"xong": 1', {}, {(K.OTHER_TYPE, "xong")}),
    ('"xong": "TRUE"', {}, set()),
    ('"xong": "maybe"', {"xong": "maybe"}, set()),
    ('"HoSo": null', {"HoSo": None}, set()),
    ('"HoSo": ""', {"HoSo": None}, set()),
    ('"HoSo": []', {"HoSo": None}, {(K.OTHER_SHAPE, "HoSo")}),
    ('"HoSo": [{"Ma": "a", "SoLuong": "2"}]', {}, {(K.OTHER_SHAPE, "HoSo")}),
    ('"HoSo": {"Item": {"Ma": "a", "SoLuong": 2}}', {}, {(K.OTHER_SHAPE, "HoSo/Item")}),
    ('"result": null', {"result": []}, {(K.MISSING_FIELD, "result")}),
    ('"result": ""', {"result": []}, set()),
    ('"result": {"Ma": "a", "SoLuong": 2}', {"result": [ITEM]}, {(K.OTHER_SHAPE, "result")}),
    (
        '"result": {"Item": [{"Ma": "a", "SoLuong": 2}]}',
        {"result": [ITEM]},
        {(K.OTHER_SHAPE, "result")},
    ),
    ('"moi": {"x": [1]}', {}, {(K.UNKNOWN_FIELD, "moi")}),
    ('"Nguyễn Văn A": 1', {}, {(K.UNKNOWN_FIELD, "#")}),
    ('"so000000000001": 1', {}, {(K.UNKNOWN_FIELD, "so#")}),
]


@pytest.mark.parametrize(("part", "changes", "drift"), BENT, ids=[it[0] for it in BENT])
def test_a_field_of_json_that_is_bent_is_read_and_noted(
    part: str, changes: dict[str, Any], drift: set[tuple[DriftKind, str]]
) -> None:
    """Each in the place of the usual one; the rest stays as it is."""
    import json

    usual = json.loads(JSON)
    name = part.split('"')[1]
    usual.pop({it.casefold(): it for it in usual}.get(name.casefold(), ""), None)
    others = json.dumps(usual, ensure_ascii=False)[1:-1]
    found, noted = of_json("{" + part + ", " + others + "}")
    assert found == FULL | changes
    expected = drift if (K.MISSING_FIELD, "result") not in drift else noted
    assert noted == expected


def test_absent_fields_are_empty_and_noted_where_the_contract_has_them() -> None:
    """A text is "", a number and a record None, a list []."""
    empty: Record = {"error_code": "", "message": "", "xong": None, "HoSo": None, "result": []}
    wanted = {(K.MISSING_FIELD, name) for name in ("error_code", "message", "xong")}
    assert of_json("{}") == (empty, wanted)
    assert of_xml("") == (empty, {(kind, f"R/{name}") for kind, name in wanted})


MESSAGE = "<message>m</message>"
XML_BENT = [
    (
        XML.replace("<message>m</message>", "") + "<message>m</message>",
        (K.OTHER_ORDER, "R/message"),
    ),
    (XML.replace("<xong>", "<moi>1</moi><xong>"), (K.UNKNOWN_FIELD, "R/moi")),
    (XML.replace("<message>", "<message>m</message><message>"), (K.REPEATED_FIELD, "R/message")),
    (XML.replace(">0<", "> 0\n<"), (K.BLANKS, "R/error_code")),
    (f"<Wrap>{XML}</Wrap>", (K.OTHER_SHAPE, "R/Wrap")),
    (
        XML.replace(f"<result>{ONE}</result><result>{ONE}</result>", "")
        + f"<result><Item>{ONE}</Item><Item>{ONE}</Item></result>",
        (K.OTHER_SHAPE, "R/result"),
    ),
    (XML.replace("Ma>", "ma>"), (K.OTHER_NAME, "R/HoSo/ma")),
    (XML.replace("m</message>", "<![CDATA[m]]></message>"), None),
    (XML.replace("<xong>true", "<!-- a comment --><xong>1"), None),
]


@pytest.mark.parametrize(("inside", "noted"), XML_BENT, ids=range(len(XML_BENT)))
def test_an_element_that_is_bent_is_read_and_noted(inside: str, noted: Any) -> None:
    """Order, unknown and repeated elements, blanks, wrappers, other letters."""
    found, drift = of_xml(inside)
    assert found == FULL
    assert noted in drift if noted else not drift


def test_nil_is_empty_and_noted() -> None:
    """With or without blanks inside."""
    nil = XML.replace("<message>m<", '<message i:nil="true"><')
    assert of_xml(nil) == (FULL | {"message": ""}, {(K.MISSING_FIELD, "R/message")})


REFUSED = [
    (of_json, '{"error_code": 0, "error_code": 1}', "error_code: two different values"),
    (of_json, '{"result": [{"Ma": "a"}], "result": []}', "result: two different values"),
    (of_json, '{"HoSo": [{"Ma": "a"}, {"Ma": "b"}]}', "HoSo: two different values"),
    (of_json, '{"HoSo": "text"}', "HoSo: a text where a record is expected"),
    (of_json, '{"message": {"a": 1}}', "message: a record where a text is expected"),
    (of_json, '{"result": {"x": 1, "y": 2}}', "result: a record where a list is expected"),
    (of_json, "[]", "a list where a record is expected"),
    (of_json, '"text"', "a text where a record is expected"),
    (of_xml, "<error_code>0</error_code><error_code>1</error_code>", "two different values"),
    (of_xml, f"<HoSo>{ONE}</HoSo><HoSo><Ma>b</Ma></HoSo>", "R/HoSo: two different values"),
    (of_xml, "<message><b>m</b></message>", "R/message: elements where a text is expected"),
    (of_xml, "<HoSo>text</HoSo>", "R/HoSo: a text where a record is expected"),
    (of_xml, '<message i:nil="true">m</message>', "R/message: nil, and a text in it"),
]


@pytest.mark.parametrize(("read", "text", "why"), REFUSED, ids=[it[1] for it in REFUSED])
def test_two_readings_are_refused_with_the_place(read: Any, text: str, why: str) -> None:
    """The kind of what stands there is told, never its value."""
    with pytest.raises(AmbiguousFailure, match="reply_unreadable") as raised:
        read(text)
    assert why in raised.value.detail


FAULT_11 = (
    "<E:Fault><faultcode>soap:Client.Authentication</faultcode><faultstring>f</faultstring>"
    "<detail><x>d</x></detail></E:Fault>"
)
FAULT_12 = (
    "<E:Fault><E:Code><E:Value>E:Sender</E:Value><E:Subcode><E:Value>m:Login</E:Value>"
    "</E:Subcode></E:Code><E:Reason><E:Text>f</E:Text></E:Reason>"
    "<E:Detail><Value>x</Value></E:Detail></E:Fault>"
)
FAULTS = [
    (
        FAULT_11,
        "http://schemas.xmlsoap.org/soap/envelope/",
        ("Client", "Client", ("Authentication",), "f"),
    ),
    (
        FAULT_12,
        "http://www.w3.org/2003/05/soap-envelope",
        ("Sender", "Client", ("Login",), "f"),
    ),
    ("<Fault xmlns='urn:x'/>", "urn:other", ("", "", (), "")),
]


@pytest.mark.parametrize(("fault", "space", "read_as"), FAULTS, ids=range(3))
def test_a_fault_is_read_in_both_versions(fault: str, space: str, read_as: Any) -> None:
    """Codes without prefix, in the names of SOAP 1.1; the reason for rules only."""
    text = f'<E:Envelope xmlns:E="{space}"><E:Body>{fault}</E:Body></E:Envelope>'
    found = read_envelope(Reply(status=500, body=text.encode()))
    assert isinstance(found, SoapFault)
    assert (found.name, found.code, found.details, found.text) == read_as


@pytest.mark.parametrize(
    "inside", ["", "<Body/>", "<Body/><Body/>", "<Body><a/><b/></Body>", "<Other><a/></Other>"]
)
def test_an_envelope_without_one_content_is_refused(inside: str) -> None:
    """No body, an empty one, two of them, two things in it."""
    text = f"<Envelope>{inside}</Envelope>"
    with pytest.raises(AmbiguousFailure, match="reply_unreadable"):
        read_envelope(Reply(status=200, body=text.encode()))


def test_drift_is_reported_once_with_partner_and_operation() -> None:
    """The same piece once; a reply without drift calls nobody; there is an end to their number."""
    told: list[tuple[Drift, ...]] = []
    findings = Findings("town", "X", observe=lambda drift: told.append(tuple(drift)))
    findings.report()
    findings.add(K.BLANKS, "a")
    findings.add(K.BLANKS, "a")
    for number in range(1000):
        findings.add(K.UNKNOWN_FIELD, f"f{number}")
    findings.report()
    findings.report()
    assert len(told) == 1
    assert told[0][0] == Drift(partner="town", operation="X", kind=K.BLANKS, place="a")
    assert len(told[0]) < 100
