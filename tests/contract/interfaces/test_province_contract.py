"""WSDL, XSD, OpenAPI and the records in code describe one and the same interface."""

from pathlib import Path
from typing import Any, get_args, get_type_hints
from urllib.parse import urlsplit

import msgspec
import pytest
import yaml
from lxml import etree
from zeep import Client

from adapters.provincial import contract, mapping
from adapters.provincial.protocol.protocol import Operation
from adapters.provincial.protocol.rest import RestProtocol
from adapters.provincial.protocol.soap import SoapProtocol
from adapters.provincial.settings import SCHEMAS
from adapters.provincial.simulator.soap import LISTS
from hub.messages import catalog
from hub.messages.envelope import decode
from hub.messages.payloads import ProvinceDossier, ProvinceProgress
from hub.rules.failures.errors import PermanentFailure
from tests.support.partners.province import dossier, settings_for, step

EXAMPLES = Path(__file__).parents[3] / "schemas" / "examples"
XS = "{http://www.w3.org/2001/XMLSchema}"
RECORDS = {
    "HoSo": contract.Dossier,
    "TienDo": contract.Step,
    "TaiLieuNop": contract.Paper,
    "LePhi": contract.Fee,
    "GiayToKhac": contract.OtherPaper,
    "HoSoBoSung": contract.Supplement,
    "GiayToKetQua": contract.ResultPaper,
    "DinhDanh": contract.Identity,
    "KetNoiCSDL": contract.Database,
    "KetQuaHoSo": contract.Outcome,
}


@pytest.fixture(scope="module")
def openapi() -> dict[str, Any]:
    text = (SCHEMAS / "openapi.yaml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text)
    return found


@pytest.fixture(scope="module")
def xsd() -> dict[str, dict[str, etree._Element]]:
    """Named complex types -> their elements by name."""
    root = etree.parse(str(SCHEMAS / "hoso.xsd")).getroot()
    return {
        kind.get("name", ""): {e.get("name", ""): e for e in kind.iter(f"{XS}element")}
        for kind in root.iter(f"{XS}complexType")
    }


def shape(schema: Any) -> Any:
    """Return the schema without what only people read."""
    if isinstance(schema, list | tuple):
        return [shape(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    people = {"title", "description"}
    return {
        key: sorted(value) if key == "required" else shape(value)
        for key, value in schema.items()
        if key not in people or not isinstance(value, str)
    }


def test_every_schema_of_the_openapi_file_is_the_record_of_that_name(
    openapi: dict[str, Any],
) -> None:
    """A field, limit, code or default cannot differ between the file and the code."""
    _, records = msgspec.json.schema_components(
        contract.PUBLIC, ref_template="#/components/schemas/{name}"
    )
    assert shape(openapi["components"]["schemas"]) == shape(records)


def test_the_openapi_file_has_the_addresses_that_are_called(openapi: dict[str, Any]) -> None:
    """The default paths of the settings are those of the file."""
    rest = RestProtocol(settings_for("http://127.0.0.1", mode="rest"))
    called = {urlsplit(rest.address(operation)[0]).path for operation in Operation}
    assert called == set(openapi["paths"])


def test_xsd_and_records_have_the_same_fields_in_the_same_order(
    xsd: dict[str, dict[str, etree._Element]],
) -> None:
    """What can be said over SOAP can be said over REST, under the same names."""
    assert {name: list(xsd[name]) for name in RECORDS} == {
        name: list(record.__struct_fields__) for name, record in RECORDS.items()
    }
    assert set(xsd) == set(RECORDS)


def test_xsd_and_records_agree_on_limits(xsd: dict[str, dict[str, etree._Element]]) -> None:
    """Every simple type of the XSD has the facets of the alias that the record uses there."""
    facets = _facets()
    for name, record in RECORDS.items():
        hints = get_type_hints(record, include_extras=True)
        for field, element in xsd[name].items():
            kind = (element.get("type") or "").removeprefix("t:")
            if kind in facets:
                assert _limits(hints[field]) == facets[kind], f"{name}.{field}"


def _facets() -> dict[str, tuple[Any, ...]]:
    found = {}
    for kind in etree.parse(str(SCHEMAS / "hoso.xsd")).getroot().iter(f"{XS}simpleType"):
        values = {
            etree.QName(facet).localname: facet.get("value")
            for facet in kind.iter(f"{XS}pattern", f"{XS}maxLength", f"{XS}minLength")
        }
        pattern = values.get("pattern")
        longest, shortest = values.get("maxLength"), values.get("minLength")
        found[kind.get("name", "")] = (
            pattern,
            longest and int(longest),
            shortest and int(shortest),
        )
    return found


def _limits(hint: Any) -> tuple[Any, ...]:
    options = [option for option in get_args(hint) if option is not type(None)]
    meta = next(m for m in [hint, *options] for m in getattr(m, "__metadata__", ()))
    pattern = meta.pattern and meta.pattern.removeprefix("^").removesuffix("$")
    if pattern in {"(True|False)", "([1-9]|10)"}:  # an XSD pattern is anchored as a whole
        pattern = pattern[1:-1]
    return pattern, meta.max_length, meta.min_length


def test_the_wsdl_has_the_operations_that_are_called() -> None:
    """Under the province's names, with a SOAPAction each, from files of ours alone."""
    (binding,) = Client(str(SCHEMAS / "hosodientu.wsdl")).wsdl.bindings.values()  # type: ignore[no-untyped-call]
    actions = {name: operation.soapaction for name, operation in binding._operations.items()}
    assert actions == {
        str(operation): f"urn:one-stop-hub:provincial:v1#{operation}" for operation in Operation
    }


def test_the_simulator_knows_every_list_of_the_xsd(
    xsd: dict[str, dict[str, etree._Element]],
) -> None:
    """An element that may be repeated is read as a list."""
    repeated = {
        name
        for fields in xsd.values()
        for name, element in fields.items()
        if element.get("maxOccurs")
    }
    assert LISTS - {"data"} == repeated


@pytest.mark.parametrize("name", ["province.dossier.v1.json", "province.progress.v1.json"])
@pytest.mark.parametrize("dialect", [SoapProtocol, RestProtocol])
def test_the_examples_can_be_sent(
    name: str, dialect: type[SoapProtocol] | type[RestProtocol]
) -> None:
    """Each released example becomes a request that is valid by the schema."""
    message = decode((EXAMPLES / name).read_bytes())
    payload = catalog.read(message)
    arguments: dict[str, Any] = {"madonvi": "000.99.01.H57"}
    if isinstance(payload, ProvinceDossier):
        record = mapping.dossier_fields(payload, message.attachments, file_base_url="http://h/f")
        operation, arguments = Operation.REGISTER, arguments | {"isUpdating": "False"}
    else:
        assert isinstance(payload, ProvinceProgress)
        operation, record = Operation.ADD_STEPS, mapping.step_fields(payload)
    envelope = dialect(settings_for("http://127.0.0.1")).build(
        operation, arguments | {"data": [record]}
    )
    assert payload.number.encode() in envelope.after


@pytest.mark.parametrize("dialect", [SoapProtocol, RestProtocol])
@pytest.mark.parametrize(
    ("field", "value"), [("NgayHenTra", "24/7/2018"), ("MaTTHC", ""), ("TrangThaiHoSo", "11")]
)
def test_what_breaks_the_schema_is_parked_before_it_is_sent(
    dialect: type[SoapProtocol] | type[RestProtocol], field: str, value: str
) -> None:
    """Over either way the place is named, and not the value."""
    record = mapping.dossier_fields(
        dossier("000.99.01.H57-180724-0001"), (), file_base_url="http://h/f"
    )
    arguments = {"madonvi": "A", "isUpdating": "False", "data": [record | {field: value}]}
    with pytest.raises(PermanentFailure, match="prepare_failed") as raised:
        dialect(settings_for("http://127.0.0.1")).build(Operation.REGISTER, arguments)
    assert field in raised.value.detail
    assert "24/7" not in raised.value.detail


def test_a_session_cannot_change_the_message() -> None:
    """A session with markup in it stays a text, over SOAP and over REST."""
    session = '</session><x/>"}&'
    arguments = {"madonvi": "A", "data": [mapping.step_fields(step("000.99.01.H57-180724-0001"))]}
    soap = SoapProtocol(settings_for("http://127.0.0.1"))
    body = soap.body(soap.build(Operation.ADD_STEPS, arguments), session)
    element = etree.fromstring(body).find(".//{urn:one-stop-hub:provincial:v1}session")
    assert element is not None
    assert element.text == session
    rest = RestProtocol(settings_for("http://127.0.0.1"))
    said = msgspec.json.decode(rest.body(rest.build(Operation.ADD_STEPS, arguments), session))
    assert said["session"] == session
