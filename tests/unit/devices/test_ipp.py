"""IPP's bytes: requests by RFC 8010, replies read whole or refused, never half."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.devices.printer.ipp import (
    Group,
    Operation,
    Tag,
    UnreadableReply,
    Written,
    read_reply,
    write_request,
)


def attribute(tag: int, name: str, value: bytes) -> bytes:
    """Return one attribute as it stands on the wire."""
    named = name.encode()
    return struct.pack(">BH", tag, len(named)) + named + struct.pack(">H", len(value)) + value


REPLY = (
    struct.pack(">BBHI", 2, 0, 0x0001, 7)
    + bytes([Group.OPERATION])
    + attribute(0x47, "attributes-charset", b"utf-8")
    + bytes([Group.PRINTER])
    + attribute(0x23, "printer-state", struct.pack(">i", 5))
    + attribute(0x22, "printer-is-accepting-jobs", b"\0")
    + attribute(0x44, "printer-state-reasons", b"media-empty-error")
    + attribute(0x44, "", b"toner-low-warning")
    + attribute(0x33, "copies-supported", struct.pack(">ii", 1, 99))
    + attribute(0x32, "printer-resolution", struct.pack(">iib", 600, 600, 3))
    + attribute(0x35, "printer-info", b"\0\x02vi\0\x07m\xc3\xa1y in")
    + attribute(0x12, "printer-location", b"")
    + attribute(0x34, "media-col-ready", b"")
    + attribute(0x4A, "", b"media-size")
    + attribute(0x34, "", b"")
    + attribute(0x4A, "", b"x-dimension")
    + attribute(0x21, "", struct.pack(">i", 21000))
    + attribute(0x37, "", b"")
    + attribute(0x37, "", b"")
    + b"\x03"
)


def test_a_request_is_the_one_of_the_rfc() -> None:
    """The example of RFC 8010, appendix A.1, byte for byte as far as it goes."""
    written = write_request(
        Operation.PRINT_JOB,
        1,
        [(Group.OPERATION, [Written(Tag.URI, "printer-uri", ("ipp://p/x",))])],
        document=b"%PDF",
    )
    assert written == (
        b"\x02\x00\x00\x02\x00\x00\x00\x01\x01"
        + attribute(0x47, "attributes-charset", b"utf-8")
        + attribute(0x48, "attributes-natural-language", b"vi")
        + attribute(0x45, "printer-uri", b"ipp://p/x")
        + b"\x03%PDF"
    )


def test_further_values_have_no_name() -> None:
    """That is how IPP writes a list."""
    groups = [(Group.OPERATION, [Written(Tag.KEYWORD, "requested-attributes", ("a", "b"))])]
    written = write_request(Operation.GET_PRINTER_ATTRIBUTES, 1, groups)
    assert attribute(0x44, "requested-attributes", b"a") + attribute(0x44, "", b"b") in written


def test_a_reply_is_read_with_every_syntax() -> None:
    """Numbers, words, lists, ranges, languages, unknown values, collections in collections."""
    reply = read_reply(REPLY)
    assert (reply.status, reply.request_id, reply.well) == (1, 7, True)
    assert reply.group(Group.PRINTER) == {
        "printer-state": [5],
        "printer-is-accepting-jobs": [False],
        "printer-state-reasons": ["media-empty-error", "toner-low-warning"],
        "copies-supported": [(1, 99)],
        "printer-resolution": [(600, 600, 3)],
        "printer-info": ["máy in"],
        "printer-location": [None],
        "media-col-ready": [{"media-size": [{"x-dimension": [21000]}]}],
    }
    assert reply.group(Group.JOB) == {}


@pytest.mark.parametrize("length", range(len(REPLY)))
def test_a_reply_that_is_cut_short_is_refused(length: int) -> None:
    """At every byte: half a reply proves nothing."""
    with pytest.raises(UnreadableReply):
        read_reply(REPLY[:length])


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    """No other exception, whatever a broken printer says."""
    try:
        read_reply(struct.pack(">BBHI", 2, 0, 0, 1) + raw)
    except UnreadableReply:
        return


def test_collections_without_an_end_are_refused() -> None:
    """Before they use up the stack."""
    begin = attribute(0x4A, "", b"x") + attribute(0x34, "", b"")
    raw = REPLY[:8] + bytes([Group.PRINTER]) + attribute(0x34, "x", b"") + begin * 5000
    with pytest.raises(UnreadableReply, match="collections inside collections"):
        read_reply(raw)
