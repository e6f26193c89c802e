"""The short way of reading an envelope gives what the long way gives, or leaves it to that one."""

from pathlib import Path

import pytest
from lxml import etree

from hub.gateway.soap.reading import short_envelope
from hub.gateway.soap.reading.envelope import DEEPEST, EnvelopeReader
from hub.gateway.soap.reading.receive import CallFiles, MediaType
from hub.store.messages.blobs import BlobStore

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
HEAD, END = f'<s:Envelope xmlns:s="{SOAP}"><s:Body>', "</s:Body></s:Envelope>"
MANY = " ".join(f"a{n}=''" for n in range(65))
NESTED = "<a>" * (DEEPEST - 2) + "</a>" * (DEEPEST - 2)


def long_way(body: bytes, folder: Path) -> etree._Element:
    """Return the root as the reader of streams has it."""
    reader = EnvelopeReader(CallFiles(BlobStore(folder)))
    reader.feed(body)
    return reader.close()


@pytest.mark.parametrize(
    "text",
    [
        f"{HEAD}<a x='1'> Nguyễn &amp; &#x1EA1; <b/>\r\n</a>{END}",
        f'<?xml version="1.0" encoding="UTF-8"?>\n{HEAD}<a xmlns="urn:x" b=""/>{END}',
        f'<?xml version="1.0"?>{HEAD}{END}\n',
        f'<s:Envelope xmlns:s="{SOAP}"><s:Header><t mustUnderstand="1"/></s:Header></s:Envelope>',
        HEAD + NESTED + END,
    ],
)
def test_a_plain_envelope_is_the_same_by_both_ways(text: str, tmp_path: Path) -> None:
    """Elements, attributes, namespaces and text."""
    found = short_envelope.read(text.encode())
    assert found is not None
    expected = long_way(text.encode(), tmp_path)
    assert etree.tostring(found, method="c14n") == etree.tostring(expected, method="c14n")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no XML",
        f"{HEAD}<a>{END}".encode(),
        f"{HEAD}<a>&unknown;</a>{END}".encode(),
        f"{HEAD}<!-- a comment -->{END}".encode(),
        f"{HEAD}<![CDATA[a]]>{END}".encode(),
        f"{HEAD}<?php a?>{END}".encode(),
        f'<!DOCTYPE a [<!ENTITY e "x">]>{HEAD}<a>&e;</a>{END}'.encode(),
        f"{HEAD}<tepDinhKem><noiDung>AAAA</noiDung></tepDinhKem>{END}".encode(),
        f"{HEAD}<w:Security xmlns:w='urn:w'/>{END}".encode(),
        f"{HEAD}<a>{NESTED}</a>{END}".encode(),
        f"{HEAD}<a {MANY}/>{END}".encode(),
        f'<?xml version="1.0" encoding="UTF-16"?>{HEAD}{END}'.encode(),
        f'<?xml version="1.0" encoding="UTF-16"?>{HEAD}{END}'.encode("utf-16"),
        f'<?xml version="1.0" encoding="utf-7"?>{HEAD}+ADwAIQ-{END}'.encode(),
        f"{HEAD}{END}".encode("utf-16-le"),
        b"\xef\xbb\xbf<?xml version='1.0'?>" + f"{HEAD}{END}".encode(),
        f"{HEAD}<a>\xff</a>{END}".encode("latin-1"),
    ],
)
def test_what_is_more_than_a_plain_envelope_is_left_to_the_long_way(body: bytes) -> None:
    """It has the rules and the sentences for it."""
    assert short_envelope.read(body) is None


@pytest.mark.parametrize(
    ("header", "is_plain"),
    [
        ("text/xml", True),
        ('text/xml; charset="UTF-8"', True),
        ('application/soap+xml; charset=utf-8; action="x"', True),
        ("text/xml; charset=utf-16", False),
        ("text/xml; charset=us-ascii", False),
        ('multipart/related; type="application/xop+xml"; start-info="text/xml"', False),
        ("application/json", False),
    ],
)
def test_only_envelopes_in_utf_8_are_plain(header: str, is_plain: bool) -> None:
    """By what the request says of its body."""
    assert MediaType.read(header).is_plain is is_plain
