"""Prefixes that a reply uses and does not declare, declared: the npm package `soap` sends such nil.

Elements are read by their local names, so an undeclared prefix leaves one reading. Every other
error of the same document stays an error.
"""

import re
from typing import Any

from lxml import etree

XSI = "http://www.w3.org/2001/XMLSchema-instance"
MOST = 8
"""Prefixes; a document with more is no reply of a partner."""
_ERROR = "NS_ERR_UNDEFINED_NAMESPACE"
_PREFIX = re.compile(r"^Namespace prefix ([A-Za-z_][A-Za-z0-9_.\-]{0,30}) ")
_TO_ROOT = re.compile(
    rb"(?:\s|\xef\xbb\xbf|<\?.*?\?>|<!--.*?-->)*<[A-Za-z_][A-Za-z0-9_.:\-]*", re.DOTALL
)


def declared(body: bytes, parser: etree.XMLParser) -> bytes | None:
    """Return the document with its undeclared prefixes declared, None where that fixes nothing.

    `parser` has just refused it; it parses it once more, for its errors.
    """
    entries = _errors(body, parser)
    if not entries or any(entry.type_name != _ERROR for entry in entries):
        return None
    found = [_PREFIX.match(entry.message) for entry in entries]
    prefixes = sorted({match[1] for match in found if match})
    root = _TO_ROOT.match(body)
    if root is None or None in found or len(prefixes) > MOST:
        return None
    spaces = (f' xmlns:{it}="{XSI if it == "xsi" else f"urn:undeclared:{it}"}"' for it in prefixes)
    return body[: root.end()] + "".join(spaces).encode() + body[root.end() :]


def _errors(body: bytes, parser: etree.XMLParser) -> list[Any]:
    # Trap: the log of an error holds every error that the thread has met since it was cleared.
    etree.clear_error_log()
    try:
        etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        entries: Any = error.error_log
        return [*entries]
    return []
