"""How much of an envelope is held in memory before it is known whether it is signed."""

from pathlib import Path

import pytest
from lxml import etree

from hub.gateway.soap.names import Version
from hub.gateway.soap.reading.envelope import EnvelopeReader
from hub.gateway.soap.reading.receive import CallFiles
from hub.gateway.soap.ws_security.call_security import WHOLE_MOST
from hub.messages.invalid import InvalidMessage
from hub.store.messages.blobs import BlobStore

SOAP = Version.SOAP_11.value
START = f'<s:Envelope xmlns:s="{SOAP}"><s:Header><a/></s:Header><s:Body><b>'.encode()
PIECE = b"x" * 64 * 1024


class Guard:
    """Finds every call signed, or none."""

    def __init__(self, *, signed: bool) -> None:
        self.signed = signed
        self.headers: list[etree._Element | None] = []

    def begins(self, header: etree._Element | None, version: Version) -> bool:
        """Remember the header."""
        assert version is Version.SOAP_11
        self.headers.append(header)
        return self.signed

    def verified(self, whole: bytes, encoding: str | None) -> bytes:
        """Return what came."""
        assert encoding is None
        return whole


def reader(directory: Path, guard: Guard) -> EnvelopeReader:
    """Return a reader that asks a guard."""
    return EnvelopeReader(CallFiles(BlobStore(directory), lambda _: None), guard=guard)


def test_the_guard_is_asked_once_with_the_header_before_the_operation(tmp_path: Path) -> None:
    """Wherever the bytes are cut."""
    for cut in range(1, len(START)):
        guard = Guard(signed=False)
        reading = reader(tmp_path, guard)
        reading.feed(START[:cut])
        reading.feed(START[cut:] + b"</b><c/></s:Body></s:Envelope>")
        assert reading.close().tag == Version.SOAP_11.tag("Envelope")
        (header,) = guard.headers
        assert header is not None
        assert [child.tag for child in header] == ["a"]


def test_a_signed_envelope_has_a_limit(tmp_path: Path) -> None:
    """It is refused as it comes, not when all of it is there."""
    reading = reader(tmp_path, Guard(signed=True))
    reading.feed(START)
    with pytest.raises(InvalidMessage) as refused:
        for _ in range(WHOLE_MOST // len(PIECE) + 1):
            reading.feed(PIECE)
    assert refused.value.code == "message_too_large"


def test_what_stands_before_a_body_has_a_limit(tmp_path: Path) -> None:
    """Comments, too, which the tree leaves out."""
    reading = reader(tmp_path, Guard(signed=False))
    comment = b"<!--" + PIECE[:8000] + b"-->"
    with pytest.raises(InvalidMessage) as refused:
        for _ in range(WHOLE_MOST // len(comment) + 1):
            reading.feed(comment)
    assert refused.value.code in ("message_too_large", "xml_broken")


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize(
    "tag",
    [
        b"<a " + b" ".join(b'b%d=""' % n for n in range(20_000)) + b"/>",
        b"<a " + b" ".join(b'b%d=""' % n for n in range(65)) + b"/>",
        b"<a " + b" ".join(b'xmlns:n%d="u"' % n for n in range(65)) + b"/>",
        b"<a b='" + b"x" * 40_000,
        b"<a>" * 40,
    ],
    ids=["20,000 attributes", "65 attributes", "65 namespaces", "a tag of 40 KB", "40 deep"],
)
def test_a_tag_that_is_slow_to_parse_is_refused_before_it_is_parsed(
    tmp_path: Path, tag: bytes, signed: bool
) -> None:
    """Also in an envelope that is signed, by a stranger perhaps: it is parsed to be verified."""
    reading = reader(tmp_path, Guard(signed=signed))
    with pytest.raises(InvalidMessage) as refused:
        reading.feed(START + tag)
    assert refused.value.code in ("call_invalid", "message_too_large")


def test_nothing_of_a_signed_envelope_is_read_but_what_was_verified(tmp_path: Path) -> None:
    """What stands behind the operation's first letters is parsed for its shape only."""
    verified = f'<s:Envelope xmlns:s="{SOAP}"><s:Body><d/></s:Body></s:Envelope>'.encode()

    class Verifying(Guard):
        def verified(self, whole: bytes, encoding: str | None) -> bytes:  # noqa: ARG002
            assert whole == START + b"<not closed & broken"
            return verified

    reading = reader(tmp_path, Verifying(signed=True))
    reading.feed(START)
    reading.feed(b"<not closed & broken")
    assert etree.tostring(reading.close()) == verified
