"""A WSDL is read by what it means: what is written in another way is the same contract."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from adapters.wire.contracts.refused import NotServed, UnreadableContract
from adapters.wire.contracts.wsdl import read_wsdl
from hub.rules.contracts import UNKNOWN, Contract, ContractChange, How, compare, fingerprint
from tests.support.gateway.one_wsdl import one_wsdl

SCHEMAS = Path(__file__).parents[3] / "schemas" / "provincial"
FILES = {it.name: it.read_text(encoding="utf-8") for it in SCHEMAS.glob("*.??d*") if it.is_file()}
WSDL, XSD = "hosodientu.wsdl", "hosodientu.xsd"
CALLED = frozenset({"DangNhap", "TraCuuHoSo", "DongBoHoSoMC", "CapNhatTienDoHoSoMC", "LayThuTuc"})


def read(files: dict[str, str], *, first: str = WSDL) -> Contract:
    """Return the contract in these documents."""

    def opened(address: str) -> etree._Element:
        name = urlsplit(address).path.rpartition("/")[2]
        if name not in files:
            raise NotServed("HTTP 404")
        parser = etree.XMLParser(remove_comments=True, remove_pis=True)
        return etree.fromstring(files[name].encode(), parser)

    return read_wsdl(f"http://partner.test/{first}", opened, called=CALLED)


OURS = read(FILES)


def edited(file: str, *changes: tuple[str, str]) -> dict[str, str]:
    """Return the documents with texts replaced."""
    text = FILES[file]
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return {**FILES, file: text}


def other_prefixes(text: str) -> str:
    """Return a document with other prefixes for the same namespaces."""
    for old, new in (("xs", "xsd"), ("t", "tns"), ("wsdl", "w"), ("soap", "s")):
        for mark in ("<", "</", '"'):
            text = text.replace(f"{mark}{old}:", f"{mark}{new}:")
        text = text.replace(f"xmlns:{old}=", f"xmlns:{new}=")
    return text


def other_attribute_order(text: str) -> str:
    """Return a document whose elements have their attributes the other way round."""
    root = etree.fromstring(text.encode())
    for element in root.iter(tag=etree.Element):
        pairs = list(element.items())
        element.attrib.clear()
        for name, value in reversed(pairs):
            element.set(name, value)
    return etree.tostring(root, encoding="unicode")


def other_order(text: str) -> str:
    """Return a document whose declarations stand in another order."""
    root = etree.fromstring(text.encode())
    parents = [root, *root.iter("{*}portType", "{*}binding")]
    for parent in parents:
        children = list(parent.iterchildren(tag=etree.Element))
        kinds = ("import", "include", "binding")
        movable = [
            it for it in children if parent is root or etree.QName(it).localname not in kinds
        ]
        for child in movable:
            parent.remove(child)
        parent.extend(reversed(movable))
    return etree.tostring(root, encoding="unicode")


def other_words(text: str) -> str:
    """Return a document with other comments, blanks, documentation and address."""
    return (
        text.replace("><", ">\n\t<")
        .replace("127.0.0.1/soap", "noi-bo:8080/dvc/Service.asmx")
        .replace("Look a dossier up", "Tra cứu")
        .replace("</xs:sequence>", "<!-- x -->\n</xs:sequence>")
        + "<!-- end -->"
    )


WAYS: list[Callable[[str], str]] = [
    other_prefixes,
    other_attribute_order,
    other_order,
    other_words,
]


@given(st.dictionaries(st.sampled_from(sorted(FILES)), st.sets(st.sampled_from(range(len(WAYS))))))
def test_another_way_of_writing_is_the_same_contract(ways: dict[str, set[int]]) -> None:
    """Prefixes, attributes, order, comments, blanks, documentation, address: in any mix."""
    files = dict(FILES)
    for name, chosen in ways.items():
        for way in sorted(chosen, reverse=True):
            files[name] = WAYS[way](files[name])
    assert fingerprint(read(files)) == fingerprint(OURS)


def test_schemas_inside_and_schemas_beside_are_the_same_contract() -> None:
    """Whether a stack serves one file or many."""
    assert fingerprint(read({WSDL: one_wsdl()})) == fingerprint(OURS)


def test_a_type_without_a_name_is_the_same_as_one_with_a_name() -> None:
    """And one of another name: names of types are on no wire."""
    files = edited("hoso.xsd", ('"TienDo"', '"Step"'))
    files[XSD] = FILES[XSD].replace("t:TienDo", "t:Step")
    assert fingerprint(read(files)) == fingerprint(OURS)


USER = '<xs:element name="username" type="t:Ma"/>'
WORD = '<xs:element name="password" type="t:Ten"/>'
LOGIN = '<xs:element name="madonvi" type="t:Ma"/>\n      </xs:sequence>'


@pytest.mark.parametrize(
    ("files", "told"),
    [
        (
            edited(WSDL, ('<wsdl:operation name="LayThuTuc">', '<wsdl:operation name="LayTT">')),
            {("LayTT", "", How.ADDED), ("LayThuTuc", "", How.REMOVED)},
        ),
        (
            edited(XSD, (LOGIN, LOGIN.replace("/>\n", '/><xs:element name="otp" type="t:Ma"/>\n'))),
            {("DangNhap", "request/otp", How.ADDED)},
        ),
        (
            edited("hoso.xsd", ('<xs:element name="Fax" type="t:Chuoi"/>', "")),
            {
                ("DongBoHoSoMC", "request/data/Fax", How.REMOVED),
                ("TraCuuHoSo", "reply/HoSo/Fax", How.REMOVED),
            },
        ),
        (
            edited(XSD, ('<xs:element name="result" type="t:ThuTuc" minOccurs="0"/>', "")),
            {("LayThuTuc", "reply/result", How.REMOVED)},
        ),
        (
            edited("hoso.xsd", ('name="SoLuong" type="xs:int"', 'name="SoLuong" type="xs:string"')),
            {
                (name, f"{side}/{list_}/SoLuong", How.CHANGED)
                for name, side in (("DongBoHoSoMC", "request/data"), ("TraCuuHoSo", "reply/HoSo"))
                for list_ in (
                    "DanhSachTepDinhKemKhac",
                    "DanhSachHoSoBoSung/DanhSachGiayToBoSung",
                )
            },
        ),
        (
            edited(WSDL, ("v1#LayThuTuc", "v2#LayThuTuc")),
            {("LayThuTuc", "", How.CHANGED)},
        ),
        (
            edited(XSD, (f"{USER}\n        {WORD}", f"{WORD}\n        {USER}")),
            {("DangNhap", "request", How.REORDERED)},
        ),
    ],
)
def test_a_change_is_told_with_operation_and_place(
    files: dict[str, str], told: set[tuple[str, str, How]]
) -> None:
    """Operations, fields, types, order; nothing beside them."""
    found = compare(OURS, read(files))
    assert {(it.operation, it.place, it.how) for it in found} == told


def test_an_operation_that_the_hub_does_not_call_is_known_by_its_name_only() -> None:
    """A province's software serves hundreds of others; their fields are not our business."""
    files = edited(WSDL, ('name="LayThuTuc"', 'name="BaoCaoThang"'))
    more = edited(XSD, ('name="maTTHC"', 'name="thang"'))[XSD]
    assert compare(read(files), read({**files, XSD: more})) == []
    assert ContractChange(operation="BaoCaoThang", place="", how=How.ADDED) in compare(
        OURS, read(files)
    )


def test_a_schema_that_is_not_served_is_named_once() -> None:
    """What it declares is unknown, not gone."""
    files = {name: text for name, text in FILES.items() if name != XSD}
    found = read(files)
    assert found.missing == ("hosodientu.xsd",)
    assert found.operations["DangNhap"].parts["request"].startswith(UNKNOWN)
    assert [it.place for it in compare(OURS, found)] == ["hosodientu.xsd"]


@pytest.mark.parametrize(
    ("text", "failure"),
    [
        ("<html><body/></html>", NotServed),
        ('<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"/>', NotServed),
        ('<definitions xmlns="http://schemas.xmlsoap.org/wsdl/"/>', UnreadableContract),
    ],
)
def test_what_is_no_wsdl_is_refused(text: str, failure: type[Exception]) -> None:
    """XML of another kind is no contract; a WSDL without operations cannot be compared."""
    with pytest.raises(failure):
        read({WSDL: text})


def test_a_type_inside_itself_ends() -> None:
    """And one that leads to itself over others, groups and unions."""
    more = (
        '<xs:complexType name="Cay"><xs:sequence><xs:element name="ten" type="t:Vong"/>'
        '<xs:element name="con" type="t:Cay" minOccurs="0"/><xs:group ref="t:N"/>'
        '</xs:sequence></xs:complexType><xs:group name="N"><xs:sequence><xs:group ref="t:N"/>'
        '</xs:sequence></xs:group><xs:simpleType name="Vong"><xs:union memberTypes="t:Vong"/>'
        "</xs:simpleType></xs:schema>"
    )
    files = edited(XSD, ("</xs:schema>", more), ('"maTTHC" type="t:Ma"', '"cay" type="t:Cay"'))
    parts = read(files).operations["LayThuTuc"].parts
    assert parts["request/cay/con"] == "optional, as around it"
    assert parts["request/cay/ten"] == "Vong"


def test_a_schema_made_to_grow_without_end_is_refused() -> None:
    """Twenty types with two fields of the next make a million places; groups make none at all."""
    types = "".join(
        f'<xs:complexType name="T{n}"><xs:sequence><xs:element name="a" type="t:T{n + 1}"/>'
        f'<xs:element name="b" type="t:T{n + 1}"/></xs:sequence></xs:complexType>'
        for n in range(25)
    )
    groups = "".join(
        f'<xs:group name="G{n}"><xs:sequence><xs:group ref="t:G{n + 1}"/>'
        f'<xs:group ref="t:G{n + 1}"/></xs:sequence></xs:group>'
        for n in range(25)
    )
    wide = '<xs:complexType name="W"><xs:group ref="t:G0"/></xs:complexType>'
    for name, made in (("T0", types), ("W", groups + wide)):
        end = '<xs:complexType name="T25"/>' if name == "T0" else '<xs:group name="G25"/>'
        files = edited(
            XSD,
            ("</xs:schema>", made + end + "</xs:schema>"),
            ('"maTTHC" type="t:Ma"', f'"x" type="t:{name}"'),
        )
        with pytest.raises(UnreadableContract, match="more than"):
            read(files)


def test_a_long_list_of_values_is_kept_short_and_still_compared() -> None:
    """Ten thousand values are a hash; one more is another hash."""

    def of(count: int) -> Contract:
        values = "".join(f'<xs:enumeration value="{n:05d}"/>' for n in range(count))
        kind = f'<xs:simpleType name="L"><xs:restriction base="xs:string">{values}'
        end = "</xs:restriction></xs:simpleType></xs:schema>"
        changes = (("</xs:schema>", kind + end), ('"maTTHC" type="t:Ma"', '"maTTHC" type="t:L"'))
        return read(edited(XSD, *changes))

    assert [it.place for it in compare(of(10_000), of(10_001))] == ["request/maTTHC"]
    assert len(of(10_000).operations["LayThuTuc"].parts["request/maTTHC"]) < 700
