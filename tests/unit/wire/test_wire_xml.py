"""XML from outside is read without entities, DTD, network or huge trees; errors name no values."""

import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from adapters.wire.xml import Schema, parse
from hub.messages.invalid import InvalidMessage

BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY e0 "ha"><!ENTITY e1 "&e0;&e0;&e0;">]><a>&e1;</a>'
)

BROKEN = [
    (b"", "line 1"),
    (b"<a>", "line 1"),
    (b"<a></b>", "line 1"),
    (b"<a>\n<b></a>", "line 2"),
    (b"<a/><b/>", "line 1"),
    (b"<a>&unknown;</a>", "line 1"),
    (b"<a>\x01</a>", "line 1"),
    (b"<a>\xff</a>", "line 1"),
    (b'<?xml version="1.0" encoding="windows-1258"?><a/>', "line 1"),
    ("<a>đ</a>".encode("utf-16"), "line 1"),
    ("<a/>".encode("utf-32"), "line 1"),
    (b"<a>" * 100_000, "line 1"),
    (BOMB, "DOCTYPE"),
    (b'<!DOCTYPE a SYSTEM "http://127.0.0.1/x.dtd"><a/>', "DOCTYPE"),
    (b'<!DOCTYPE a [<!ENTITY f SYSTEM "file:///etc/hostname">]><a>&f;</a>', "DOCTYPE"),
]


@pytest.mark.parametrize(("body", "where"), BROKEN)
def test_broken_or_forbidden_xml_is_refused_with_its_place(body: bytes, where: str) -> None:
    """Every one is `xml_broken` at a place that can be looked up."""
    with pytest.raises(InvalidMessage) as raised:
        parse(body)
    assert raised.value.code == "xml_broken"
    assert raised.value.where.startswith(where)


def test_a_doctype_hidden_in_another_encoding_is_refused() -> None:
    """The check for a DTD cannot be evaded by writing it in UTF-16."""
    with pytest.raises(InvalidMessage, match="UTF-8"):
        parse(BOMB.decode().encode("utf-16-le"))


def test_nothing_is_fetched_while_parsing() -> None:
    """An XInclude or a schema location that points to a server opens no connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/x"
        root = parse(
            '<a xmlns:xi="http://www.w3.org/2001/XInclude" '
            'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
            f'xsi:schemaLocation="urn:x {address}"><xi:include href="{address}"/></a>'.encode()
        )
        with pytest.raises(BlockingIOError):
            listener.accept()
    assert len(root) == 1


@given(st.binary(max_size=300))
def test_any_bytes_are_parsed_or_refused(body: bytes) -> None:
    """There is no third way out."""
    try:
        outcome = parse(body).tag
    except InvalidMessage as error:
        outcome = error.code
    assert outcome


XSD = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"
  targetNamespace="urn:t" elementFormDefault="qualified">
  <xs:element name="hoSo"><xs:complexType><xs:sequence>
    <xs:element name="hoTen"><xs:simpleType><xs:restriction base="xs:string">
      <xs:maxLength value="5"/></xs:restriction></xs:simpleType></xs:element>
    <xs:element name="so" type="xs:int"/>
  </xs:sequence></xs:complexType></xs:element>
</xs:schema>"""


@pytest.fixture
def schema(tmp_path: Path) -> Schema:
    path = tmp_path / "t.xsd"
    path.write_text(XSD)
    return Schema(path)


def document(inside: str) -> etree._Element:
    return parse(f'<hoSo xmlns="urn:t">{inside}</hoSo>'.encode())


def test_a_valid_document_passes(schema: Schema) -> None:
    """Nothing is raised."""
    schema.check(document("<hoTen>An</hoTen><so>1</so>"))


WRONG = [
    ("<hoTen>Nguyen Van Bi Mat</hoTen><so>1</so>", "hoTen", "maxlength"),
    ("<hoTen>An</hoTen><so>Bi Mat</so>", "so", "datatype"),
    ("<hoTen>An</hoTen>", "hoSo", "so"),
    ("<so>1</so>", "so", "hoTen"),
    ("<hoTen>An</hoTen><so>1</so><bi>Bi Mat</bi>", "bi", "content"),
]


@pytest.mark.parametrize(("inside", "element", "reason"), WRONG)
def test_a_violation_names_the_element_and_never_the_value(
    schema: Schema, inside: str, element: str, reason: str
) -> None:
    """The place and the kind of violation are told; what was found may be personal data."""
    with pytest.raises(InvalidMessage) as raised:
        schema.check(document(inside))
    assert raised.value.where == f"line 1, element {element}"
    assert reason in raised.value.why
    assert "Mat" not in str(raised.value)


def test_a_broken_schema_shows_when_it_is_loaded(tmp_path: Path) -> None:
    """Not at the first message."""
    path = tmp_path / "t.xsd"
    path.write_text(XSD.replace("xs:int", "xs:nothing"))
    with pytest.raises(etree.XMLSchemaParseError):
        Schema(path)
