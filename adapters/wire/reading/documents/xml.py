"""The root of an XML reply: no DTD, no entities, no network, no huge trees, in any known charset.

A reply that is a page for people says so in its refusal: that is what gateways and logins answer.
"""

import re
import threading

from lxml import etree

from adapters.wire.reading.content import unpacked, xml_of
from adapters.wire.reading.documents import prefixes
from adapters.wire.reading.reply import Reply
from adapters.wire.reading.transport import charset
from adapters.wire.xml import new_parser, syntax_reason
from hub.ports import DriftKind
from hub.rules.failures.errors import AmbiguousFailure

_PAGE = re.compile(
    rb"\s*(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!--.{0,2000}?-->\s*)*<(?:!doctype\s+)?html\b",
    re.IGNORECASE | re.DOTALL,
)
PAGE_LIMIT = 64 * 1024
"""Bytes of a page that are looked at."""


class _OfThread(threading.local):
    def __init__(self) -> None:
        # The bytes are UTF-8 whatever their declaration says.
        self.parser = new_parser(encoding="utf-8")


_of_thread = _OfThread()


def read_xml(reply: Reply, *, default: str = charset.UTF_8) -> etree._Element:
    """Return the root of the XML body; raises AmbiguousFailure `reply_unreadable`.

    `default` is the charset of a reply that names none.
    """
    body = xml_of(reply, default=default)
    findings = reply.findings
    if b"<!" in body and (b"<!DOCTYPE" in body or b"<!ENTITY" in body):
        if _PAGE.match(body):
            raise findings.refuse("body", "an HTML page where XML is expected", fix=PAGE)
        raise findings.refuse("body", "XML with a DTD, which is not allowed")
    try:
        return _parsed(body, reply)
    except etree.XMLSyntaxError as error:
        if _PAGE.match(body):
            raise findings.refuse("body", "an HTML page where XML is expected", fix=PAGE) from None
        line, column = error.position
        why = f"no XML: {syntax_reason(error)}" if body else "empty"
        raise findings.refuse(f"body, line {line}, column {column}", why) from None


def _parsed(body: bytes, reply: Reply) -> etree._Element:
    try:
        return etree.fromstring(body, _of_thread.parser)
    except etree.XMLSyntaxError:
        whole = prefixes.declared(body, _of_thread.parser)
        if whole is None:
            raise
        reply.findings.add(DriftKind.ENVELOPE, "prefixes without a declaration")
        return etree.fromstring(whole, _of_thread.parser)


PAGE = "open the address in a browser: a login, a gateway or a proxy answers for the partner"


def page_in(reply: Reply) -> str:
    """Return the beginning of the HTML page that a reply is, "" where it is none."""
    body = reply.body
    if "content-encoding" in reply.headers or body[:2] == b"\x1f\x8b":
        try:
            body = unpacked(reply)
        except AmbiguousFailure:
            return ""
    return body[:PAGE_LIMIT].decode(errors="replace") if _PAGE.match(body) else ""


def local(tag: object) -> str:
    """Return the name of an element without its namespace."""
    return str(tag).rpartition("}")[2]
