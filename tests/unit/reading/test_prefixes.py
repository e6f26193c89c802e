"""A prefix that is used and not declared: read by the local name, told once, and nothing else."""

import pytest

from adapters.wire.reading import Reply
from adapters.wire.reading.documents.prefixes import XSI
from adapters.wire.reading.documents.xml import local, read_xml
from hub.ports import DriftKind
from hub.rules.failures.errors import AmbiguousFailure

DECLARATION = b'<?xml version="1.0" encoding="utf-8"?>'


def reply(body: bytes) -> Reply:
    return Reply(status=200, headers={"content-type": "text/xml"}, body=body)


@pytest.mark.parametrize("ahead", [b"", DECLARATION, b"<!-- <a> -->", b"\n"])
def test_nil_without_a_declaration_of_its_prefix_is_nil(ahead: bytes) -> None:
    """As the npm package `soap` sends an empty field, whatever stands ahead of the root."""
    with pytest.raises(AmbiguousFailure):  # what was met before does not count
        read_xml(reply(b"<a><b></a>"))
    found = reply(ahead + b'<a><b xsi:nil="true"></b><c>1</c></a>')
    root = read_xml(found)
    assert root[0].get(f"{{{XSI}}}nil") == "true"
    assert root[1].text == "1"
    assert {it.kind for it in found.findings.drift} >= {DriftKind.ENVELOPE}


def test_an_undeclared_prefix_of_an_element_leaves_its_local_name() -> None:
    """A server that glues its XML together forgets the declarations of several."""
    root = read_xml(reply(b"<s:Envelope><s:Body><n:said>x</n:said></s:Body></s:Envelope>"))
    assert [local(it.tag) for it in root.iter()] == ["Envelope", "Body", "said"]


@pytest.mark.parametrize(
    "body",
    [
        b'<a><b xsi:nil="true"></b><c></a>',
        b'<a><b xsi:nil="true" xsi:nil="false"></b></a>',
        b'<a b="1" b="2" xsi:nil="true"/>',
        b'<a xsi:nil="true">&unknown;</a>',
        b'<a xsi:nil="true"/><a/>',
        b"<a>" + b"".join(b"<p%d:b/>" % n for n in range(9)) + b"</a>",
    ],
)
def test_every_other_error_beside_it_stays_one(body: bytes) -> None:
    """Two readings, an entity, a second root, more prefixes than a partner has."""
    with pytest.raises(AmbiguousFailure, match="reply_unreadable"):
        read_xml(reply(body))
