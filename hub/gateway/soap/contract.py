"""The contract files as they are served, and the check of an operation's element against them."""

import re
import threading
from functools import cache
from pathlib import Path
from typing import Any

from lxml import etree

from hub.gateway.soap.names import NS
from hub.messages.invalid import InvalidMessage

FOLDER = Path(__file__).parents[3] / "schemas" / "hub"
WSDL, XSD = "hub.wsdl", "hub.xsd"
PLACE = "http://127.0.0.1:8080/soap"
"""The address in the file, in the place of which the caller's is served."""
_NAMESPACE = re.compile(r"\{[^}]*\}")
_EXPECTED = re.compile(r"Expected is [^.]*|\[facet '[a-zA-Z]+'\]")


@cache
def _text(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def wsdl(address: str) -> bytes:
    """Return the WSDL with the service at `address`, which is also where it imports its XSD."""
    text = _text(WSDL).replace(PLACE, address)
    return text.replace(f'schemaLocation="{XSD}"', f'schemaLocation="{address}?xsd={XSD}"').encode()


def xsd(name: str) -> bytes | None:
    """Return an imported schema, None where there is no such file."""
    return _text(XSD).encode() if name == XSD else None


class _Schemas(threading.local):
    # One a thread: validating is re-entrant in libxml2, the error log of the object is not.
    def __init__(self) -> None:
        self.schema = etree.XMLSchema(etree.fromstring(_text(XSD).encode()))


@cache
def _schemas() -> _Schemas:
    return _Schemas()


def check(element: etree._Element) -> None:
    """Return when an operation's element is valid; raises InvalidMessage `call_invalid`.

    It names the element and the rule, never a value: values may be personal data.
    """
    schema = _schemas().schema
    if schema.validate(element):
        return
    entries: Any = schema.error_log
    error = entries[0]
    rule = error.type_name.removeprefix("SCHEMAV_").replace("_", " ").lower()
    named = _EXPECTED.search(error.message)
    shown = f"{rule}: {_NAMESPACE.sub('', named[0])}" if named else rule
    raise InvalidMessage("call_invalid", where=_path(error, element), why=shown)


def _path(error: Any, element: etree._Element) -> str:
    """Return the names of the elements from the operation down to the wrong one."""
    prefixes = {prefix: uri for prefix, uri in element.nsmap.items() if prefix}
    below = (error.path or "").lstrip("/").partition("/")[2]  # its first step is the operation
    try:
        found: Any = element.xpath(below, namespaces=prefixes) if below else [element]
    except etree.XPathError:
        found = []
    wrong = found[0] if found else element
    lineage = [wrong, *wrong.iterancestors()]
    names = [etree.QName(it).localname for it in lineage[: lineage.index(element) + 1]]
    return "/".join(reversed(names))


def operation_of(element: etree._Element) -> str:
    """Return the name of the operation that an element calls, "" for one of another namespace."""
    name = etree.QName(element)
    return name.localname if name.namespace == NS else ""
