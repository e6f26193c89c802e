"""What a partner's WSDL says of its address. Everything else of it is our own contract's."""

from pathlib import Path
from urllib.parse import urlsplit

from lxml import etree

from adapters.wire.xml import new_parser

_BINDINGS = ("http://schemas.xmlsoap.org/wsdl/soap/", "http://schemas.xmlsoap.org/wsdl/soap12/")


def soap_path(wsdl: Path) -> str:
    """Return path and query of the `soap:address`; raises ValueError where there is not one.

    The host is left out: a WSDL often names the machine on which it was made.
    """
    try:
        root = etree.parse(str(wsdl), new_parser()).getroot()
    except etree.XMLSyntaxError as error:
        raise ValueError(f"no XML, line {error.position[0]}") from None
    found = set()
    for binding in _BINDINGS:
        for element in root.iter(f"{{{binding}}}address"):
            parts = urlsplit(element.get("location", ""))
            found.add((parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
    if len(found) != 1:
        raise ValueError("no soap:address" if not found else "several soap:address that differ")
    return found.pop()
