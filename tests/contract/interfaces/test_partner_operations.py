"""WSDL, XSD, OpenAPI and the code say the same about the operations, field by field."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from lxml import etree

from hub.gateway.partner_calls import records
from hub.gateway.partner_calls.operations import OPERATIONS, Operation
from hub.messages.catalog import CATALOG, PARTNER
from hub.rules.clients.rights import RIGHTS

FOLDER = Path(__file__).parents[3] / "schemas/hub"
XS = {"xs": "http://www.w3.org/2001/XMLSchema", "w": "http://schemas.xmlsoap.org/wsdl/"}
ONLY_XML = {"maYeuCau", "tepDinhKem"}
"""In REST a header, and files by their hashes."""
REPLIES: dict[str, type[msgspec.Struct]] = {
    "TraCuuHoSo": records.DossierFound,
    "LayDanhSachHoSo": records.DossierList,
    "NhanHoSoChoTiepNhan": records.DossiersClaimed,
}
BY_NAME = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda it: it.name)


@pytest.fixture(scope="module")
def xsd() -> etree._Element:
    return etree.parse(FOLDER / "hub.xsd").getroot()


@pytest.fixture(scope="module")
def wsdl() -> etree._Element:
    return etree.parse(FOLDER / "hub.wsdl").getroot()


@pytest.fixture(scope="module")
def openapi() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((FOLDER / "openapi.yaml").read_text("utf-8"))
    return found


def xml_fields(xsd: etree._Element, element: str) -> dict[str, bool]:
    """Return the children of an operation's element, and whether each is needed."""
    found = xsd.findall(f"xs:element[@name='{element}']/xs:complexType/xs:sequence/xs:element", XS)
    return {it.get("name", ""): it.get("minOccurs", "1") != "0" for it in found}


def record_fields(kind: type[msgspec.Struct]) -> dict[str, bool]:
    """Return the fields of a record by their names on the wire, and whether each is needed."""
    return {field.encode_name: field.required for field in msgspec.structs.fields(kind)}


def test_every_type_that_partners_say_has_its_operation() -> None:
    """And every right can be given."""
    said = {entry.payload for entry in CATALOG if entry.owner == PARTNER}
    assert said == {operation.request for operation in OPERATIONS if operation.is_command}
    assert {operation.right for operation in OPERATIONS} <= set(RIGHTS)


@BY_NAME
def test_the_schema_takes_what_the_record_takes(xsd: etree._Element, operation: Operation) -> None:
    """The same fields in the same order, the same ones needed."""
    described = {k: v for k, v in xml_fields(xsd, operation.name).items() if k not in ONLY_XML}
    expected = record_fields(operation.request)
    assert list(described) == list(expected)
    assert described == expected


@BY_NAME
def test_the_nested_fields_of_the_schema_are_those_of_the_records(
    xsd: etree._Element, operation: Operation
) -> None:
    """Applicant, components, notices and what replies hold."""
    kinds: list[type[msgspec.Struct]] = [operation.request]
    kinds += [REPLIES[operation.name]] if operation.name in REPLIES else []
    for kind in kinds:
        for name, nested in nested_of(kind):
            places = xsd.findall(f".//xs:element[@name='{name}']", XS)
            types = {it.get("type", "").removeprefix("t:") for it in places} - {"TepDinhKem"}
            (one,) = {of for of in types if of in complex_types(xsd)} or {""}
            assert complex_types(xsd)[one] == list(record_fields(nested)), name


def nested_of(kind: type[msgspec.Struct]) -> Iterator[tuple[str, type[msgspec.Struct]]]:
    """Yield the records within a record, with the names of their fields."""
    info = msgspec.inspect.type_info(kind)
    assert isinstance(info, msgspec.inspect.StructType)
    for field in info.fields:
        of = field.type
        item = of.item_type if isinstance(of, msgspec.inspect.VarTupleType) else of
        if isinstance(item, msgspec.inspect.StructType):
            yield field.encode_name, item.cls
            yield from nested_of(item.cls)


def complex_types(xsd: etree._Element) -> dict[str, list[str]]:
    """Return the fields of each named type."""
    return {
        it.get("name", ""): [
            one.get("name", "") for one in it.findall("xs:sequence/xs:element", XS)
        ]
        for it in xsd.findall("xs:complexType", XS)
    }


def test_the_wsdl_has_every_operation_in_both_bindings_and_no_other(wsdl: etree._Element) -> None:
    """Port type, SOAP 1.1 and SOAP 1.2."""
    names = [operation.name for operation in OPERATIONS]
    for place in ("w:portType", "w:binding[1]", "w:binding[2]"):
        found = wsdl.findall(f"{place}/w:operation", XS)
        assert [it.get("name") for it in found] == names


@BY_NAME
def test_the_openapi_takes_what_the_record_takes(
    openapi: dict[str, Any], operation: Operation
) -> None:
    """By path and method; a body with the record's fields, the number may stand in the address."""
    item = openapi["paths"][f"/v1{operation.path}"][operation.method.lower()]
    assert item["operationId"] == operation.name
    if not operation.is_command:
        named = {one["name"] for one in item["parameters"] if one.get("in") in ("path", "query")}
        assert named == set(record_fields(operation.request))
        return
    body = openapi["components"]["schemas"][operation.request.__name__]
    expected = record_fields(operation.request)
    files = {"tepDinhKem"} if operation.takes_files else set()
    assert set(body["properties"]) == set(expected) | files
    needed = {name for name, is_needed in expected.items() if is_needed}
    in_address = {"maHoSo"} if "{maHoSo}" in operation.path else set()
    assert set(body["required"]) - files == needed - in_address
    assert body["additionalProperties"] is False


@BY_NAME
def test_the_openapi_and_the_schema_describe_the_same_replies(
    openapi: dict[str, Any], xsd: etree._Element, operation: Operation
) -> None:
    """Fields of the reply's record."""
    taken: type[msgspec.Struct] = records.CallReceipt
    kind = taken if operation.is_command else REPLIES.get(operation.name)
    if kind is None:
        shown = [*record_fields(records.FileShown), "noiDung"]
        assert list(xml_fields(xsd, f"{operation.name}Response")) == shown
        return
    described = openapi["components"]["schemas"][kind.__name__]["properties"]
    assert set(described) == set(record_fields(kind))
    assert list(xml_fields(xsd, f"{operation.name}Response")) == list(record_fields(kind))
