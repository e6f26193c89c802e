"""Reads a short, plain SOAP envelope on the event loop: a thread would cost more than the parse.

What it returns, `envelope.EnvelopeReader` would return as well. Whatever asks for more than a parse
is left to that reader, which also says what is wrong with a broken envelope: files, WS-Security,
comments, processing instructions, a DTD, another encoding than UTF-8.
"""

import re
from functools import cache

from fastapi import Request
from lxml import etree

from hub.gateway.soap.reading.envelope import DEEPEST, LONGEST_TAG, MOST_ATTRIBUTES

LONGEST = LONGEST_TAG
"""Bytes of an envelope. So no tag is longer than the reader allows."""
_DECLARATION = re.compile(rb'<\?xml version="1\.0"(?: encoding="(?i:utf-8)")?\s*\?>\s*')
_MORE = (b"<!", b"<?", b"Security", b"tepDinhKem")


def is_short(request: Request) -> bool:
    """Return whether a request tells that its body is short."""
    length = request.headers.get("content-length", "")
    return length.isascii() and length.isdigit() and int(length) <= LONGEST


def read(body: bytes) -> etree._Element | None:
    """Return the root of an envelope in UTF-8; None where it has to be read the long way."""
    declared = _DECLARATION.match(body)
    rest = body[declared.end() :] if declared else body
    # As many equals signs as attributes at least: no element can have too many.
    if any(mark in rest for mark in _MORE) or rest.count(b"=") > MOST_ATTRIBUTES:
        return None
    try:
        root = etree.fromstring(rest, _parser())
    except etree.XMLSyntaxError:
        return None
    return None if _is_too_deep()(root) else root


@cache
def _parser() -> etree.XMLParser:
    return etree.XMLParser(
        encoding="utf-8",  # whatever the body begins with
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
    )


@cache
def _is_too_deep() -> etree.XPath:
    return etree.XPath(f"boolean({'/*' * (DEEPEST + 1)})")
