"""The WSDL and its schema as a page: what each operation takes and gives, then the types."""

from textwrap import dedent
from typing import TypeAlias

from lxml import etree

from hub.gateway.docs import contracts
from hub.gateway.docs.about_contract import about
from hub.gateway.docs.html import Html, code, element, join, link, table
from hub.gateway.docs.openapi_page import in_language
from hub.gateway.docs.pages import Page, Section, page_text
from hub.texts.catalog import Language

_NS = {"w": "http://schemas.xmlsoap.org/wsdl/", "xs": "http://www.w3.org/2001/XMLSchema"}
_FACETS = ("minLength", "maxLength", "pattern", "minInclusive", "maxInclusive", "enumeration")
Node: TypeAlias = etree._Element  # noqa: SLF001 - it has no public name


def page(language: Language) -> Page:
    """Return the page."""
    wsdl = etree.fromstring(contracts.text("hub.wsdl").encode())
    xsd = etree.fromstring(contracts.text("hub.xsd").encode())
    wsdl_at = f"{contracts.PLACE}/soap?wsdl"
    body = [
        element("p", page_text("soap_lead", language), " ", link(wsdl_at, "/soap?wsdl")),
        element("h2", page_text("about", language), id="about"),
        about("soap", dedent(wsdl.findtext("w:documentation", "", _NS)), language),
        element("h2", page_text("operations", language), id="operations"),
    ]
    operations = wsdl.findall("w:portType/w:operation", _NS)
    body += [_operation(it, xsd, language) for it in operations]
    body.append(element("h2", page_text("types", language), id="types"))
    body += [_complex(it, language) for it in xsd.iterfind("xs:complexType", _NS)]
    body.append(_simple_types(xsd, language))
    names = [it.get("name", "") for it in operations]
    sections = [
        *(Section(id, page_text(id, language)) for id in ("about", "operations")),
        *(Section(name, name, is_part=True) for name in names),
        Section("types", page_text("types", language)),
    ]
    return Page(page_text("nav_soap", language), join(*body), sections)


def _operation(operation: Node, xsd: Node, language: Language) -> Html:
    name = operation.get("name", "")
    documentation = operation.findtext("w:documentation", "", _NS)
    parts = [element("h3", code(name), id=name), element("p", in_language(documentation, language))]
    for title, of in (("request", name), ("response", f"{name}Response")):
        found = xsd.find(f"xs:element[@name='{of}']", _NS)
        if found is not None:
            parts += [element("h4", page_text(title, language)), _fields(found, language)]
    return element("section", *parts)


def _complex(kind: Node, language: Language) -> Html:
    name = kind.get("name", "")
    parts = [element("h3", name, id=name), *_documentation(kind, language), _fields(kind, language)]
    return element("section", *parts)


def _fields(parent: Node, language: Language) -> Html:
    head = [page_text(it, language) for it in ("name", "type", "rule", "means")]
    rows: list[list[str]] = []
    for field in parent.iterfind(".//xs:sequence/xs:element", _NS):
        needed = field.get("minOccurs", "1") != "0"
        mark = element("span", page_text("needed", language), class_="needed") if needed else ""
        rows.append(
            [
                join(code(field.get("name", "")), " ", mark),
                _kind(field.get("type", "")),
                _how_many(field.get("maxOccurs", "1"), language),
                join(*_documentation(field, language)),
            ]
        )
    return table(head, rows)


def _how_many(most: str, language: Language) -> str:
    if most == "1":
        return ""
    return (
        page_text("unbounded", language)
        if most == "unbounded"
        else f"≤ {most} {page_text('items', language)}"
    )


def _kind(name: str) -> Html:
    prefix, _, local = name.rpartition(":")
    return link(local, f"#{local}") if prefix == "t" else join(name)


def _simple_types(xsd: Node, language: Language) -> Html:
    head = [page_text(it, language) for it in ("name", "type", "rule", "means")]
    rows: list[list[str]] = []
    for kind in xsd.iterfind("xs:simpleType", _NS):
        name = kind.get("name", "")
        restriction = kind.find("xs:restriction", _NS)
        base = restriction.get("base", "") if restriction is not None else ""
        rows.append(
            [
                element("span", code(name), id=name),
                _kind(base),
                _facets(restriction),
                join(*_documentation(kind, language)),
            ]
        )
    return table(head, rows)


def _facets(restriction: Node | None) -> Html:
    if restriction is None:
        return Html("")
    found = []
    for name in _FACETS:
        values = [it.get("value", "") for it in restriction.iterfind(f"xs:{name}", _NS)]
        if values:
            found.append(join(f"{name} ", code(" ".join(values)), " "))
    return join(*found)


def _documentation(node: Node, language: Language) -> list[Html]:
    """Return what the schema says of a node, in the language if it says that in two."""
    lang = "{http://www.w3.org/XML/1998/namespace}lang"
    documentation = node.findall("xs:annotation/xs:documentation", _NS)
    own = [it for it in documentation if it.get(lang) == language.value]
    return [element("p", in_language(it.text or "", language)) for it in own or documentation]
