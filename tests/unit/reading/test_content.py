"""Compressed, packaged, in another charset: undone where it has one reading, within the limit."""

import base64
import gzip
import tracemalloc
import zlib
from typing import Any

import pytest

from adapters.wire.reading import Reply, content
from adapters.wire.reading.documents.json import read_json
from adapters.wire.reading.documents.xml import read_xml
from adapters.wire.reading.transport.charset import NAMES
from hub.ports import DriftKind
from hub.rules.failures.errors import AmbiguousFailure

TEXT = "Đã tiếp nhận hồ sơ"
XML = f"<a>{TEXT}</a>"
DECLARED = '<?xml version="1.0" encoding="{}"?>' + XML
K = DriftKind


def reply(body: bytes, content_type: str = "text/xml", coding: str = "") -> Reply:
    headers = {"content-type": content_type} | ({"content-encoding": coding} if coding else {})
    return Reply(status=200, headers=headers, body=body)


def raw_deflate(data: bytes) -> bytes:
    packed = zlib.compressobj(wbits=-15)
    return packed.compress(data) + packed.flush()


PACKED = [
    (gzip.compress(XML.encode()), "gzip"),
    (gzip.compress(XML.encode()), "GZip"),
    (gzip.compress(XML.encode()), "x-gzip"),
    (gzip.compress(XML.encode()), ""),
    (gzip.compress(XML[:5].encode()) + gzip.compress(XML[5:].encode()), "gzip"),
    (gzip.compress(XML.encode()) + b"\0\0\0", "gzip"),
    (gzip.compress(XML.encode()) + b"\r\n", "gzip"),
    (zlib.compress(XML.encode()) + b"\r\n", "deflate"),
    (zlib.compress(XML.encode()), "deflate"),
    (raw_deflate(XML.encode()), "deflate"),
    (gzip.compress(gzip.compress(XML.encode())), "gzip, gzip"),
    (gzip.compress(zlib.compress(XML.encode())), "deflate, gzip"),
    (XML.encode(), "gzip"),
    (XML.encode(), "deflate"),
]


@pytest.mark.parametrize(("body", "coding"), PACKED, ids=range(len(PACKED)))
def test_a_compressed_reply_is_read_and_told(body: bytes, coding: str) -> None:
    """Nobody asked for it; also one that is only said to be compressed, or that does not say so."""
    found = reply(body, coding=coding)
    assert read_xml(found).text == TEXT
    assert {it.kind for it in found.findings.drift} == {K.CODING}


@pytest.mark.parametrize("coding", ["", "identity", "identity, identity"])
def test_a_plain_reply_is_no_drift(coding: str) -> None:
    """Without a coding, or with the name for none."""
    found = reply(XML.encode(), "text/xml; charset=utf-8", coding)
    assert read_xml(found).text == TEXT
    assert found.findings.drift == ()


BROKEN_PACKAGES = [
    (gzip.compress(XML.encode())[:-9], "gzip"),
    (gzip.compress(XML.encode())[:-1] + b"!", "gzip"),
    (gzip.compress(XML.encode()) + b"more", "gzip"),
    (zlib.compress(XML.encode())[:-5], "deflate"),
    (zlib.compress(XML.encode()) + b"more", "deflate"),
    (XML.encode(), "br"),
    (gzip.compress(XML.encode()), "gzip, gzip, gzip, gzip"),
]


@pytest.mark.parametrize(("body", "coding"), BROKEN_PACKAGES, ids=range(len(BROKEN_PACKAGES)))
def test_what_cannot_be_unpacked_is_unknown(body: bytes, coding: str) -> None:
    """Cut, changed, with something behind it, or in a coding that the hub does not know."""
    with pytest.raises(AmbiguousFailure, match="reply_unreadable"):
        read_xml(reply(body, coding=coding))


@pytest.mark.parametrize("coding", ["gzip", "deflate", "gzip, gzip"])
def test_a_bomb_is_refused_before_it_goes_off(coding: str) -> None:
    """No more than the limit is ever unpacked."""
    bomb = b"<a>" + b" " * (64 * 1024 * 1024)
    pack = zlib.compress if coding == "deflate" else gzip.compress
    body = pack(bomb)
    if coding == "gzip, gzip":
        body = gzip.compress(body)
    del bomb
    tracemalloc.start()
    with pytest.raises(AmbiguousFailure, match="too large when unpacked"):
        read_xml(reply(body, coding=coding))
    assert tracemalloc.get_traced_memory()[1] < 4 * content.UNPACKED_LIMIT
    tracemalloc.stop()


# --- charset --------------------------------------------------------------------------------------

VIETNAMESE_1258 = "Đa\u0303 tiê\u0301p nhâ\u0323n hô\u0300 sơ"
CHARSETS: list[tuple[bytes, str, set[DriftKind]]] = [
    (XML.encode(), "text/xml", set()),
    (DECLARED.format("UTF-8").encode(), "text/xml; charset=utf-8", set()),
    (DECLARED.format("utf-8").encode(), 'application/soap+xml; action="x"', set()),
    (DECLARED.format("utf-16").encode(), "text/xml; charset=utf-8", set()),
    (DECLARED.format("utf-16").encode(), "text/xml", {K.CHARSET}),
    (DECLARED.format("utf-16").encode(), "text/xml; charset=utf-16", {K.CHARSET}),
    (DECLARED.format("utf-16").encode("utf-16"), "text/xml", {K.CHARSET}),
    (DECLARED.format("utf-16").encode("utf-16"), "text/xml; charset=utf-16", {K.CHARSET}),
    (DECLARED.format("utf-16").encode("utf-16-le"), "text/xml; charset=utf-16", {K.CHARSET}),
    (DECLARED.format("utf-16").encode("utf-16-be"), "text/xml; charset=UTF-16BE", {K.CHARSET}),
    (b"\xef\xbb\xbf" + DECLARED.format("utf-8").encode(), "text/xml", {K.CHARSET}),
    (b"\r\n\n  " + DECLARED.format("utf-8").encode(), "text/xml", {K.BLANKS}),
    (b"\xef\xbb\xbf\r\n" + XML.encode(), "text/xml", {K.CHARSET, K.BLANKS}),
    (DECLARED.format("iso-8859-1").encode(), "text/xml", {K.CHARSET}),
    (DECLARED.format("utf-8").encode(), "text/xml; charset=ISO-8859-1", {K.CHARSET}),
    (XML.encode() + b"\0\0", "text/xml", {K.BLANKS}),
]


@pytest.mark.parametrize(("body", "content_type", "drift"), CHARSETS, ids=range(len(CHARSETS)))
def test_the_charset_is_found_by_mark_header_declaration_and_bytes(
    body: bytes, content_type: str, drift: set[DriftKind]
) -> None:
    """In this order, and where the bytes cannot be what is said, by the bytes."""
    found = reply(body, content_type)
    assert read_xml(found).text == TEXT
    assert {it.kind for it in found.findings.drift} == drift


@pytest.mark.parametrize(
    ("text", "charset"),
    [
        ("Ho\u0300 sơ đa\u0303 xo\u0301a".replace("o\u0301", "ó"), "windows-1258"),
        ("Thành công", "windows-1252"),
        ("Thành công", "iso-8859-1"),
        ("Thành công", "latin1"),
    ],
)
@pytest.mark.parametrize("declared", [True, False])
def test_a_one_byte_charset_is_read_where_it_is_named(
    text: str, charset: str, declared: bool
) -> None:
    """In the header, or in the declaration where the header says none; the header counts first."""
    codec = charset.replace("windows-", "cp")
    document = f'<?xml version="1.0" encoding="{charset if declared else "utf-16"}"?><a>{text}</a>'
    header = "text/xml" if declared else f"text/xml; charset={charset}"
    assert read_xml(reply(document.encode(codec), header)).text == text


REFUSED = [
    (XML.encode("utf-16"), "text/xml; charset=utf-8"),
    (XML.encode("utf-16-le"), "text/xml; charset=utf-8"),
    (b"<a>\xff</a>", "text/xml"),
    (b"<a>\xff</a>", "text/xml; charset=utf-8"),
    (XML.encode(), "text/xml; charset=rot13"),
    (XML.encode(), "text/xml; charset=zlib_codec"),
    (DECLARED.format("shift_jis").encode(), "text/xml"),
    (DECLARED.format("utf-7").encode(), "text/xml"),
    (("<!DOCTYPE a>" + XML).encode("utf-16"), "text/xml; charset=utf-16"),
    (b"", "text/xml"),
    (b"\xef\xbb\xbf", "text/xml"),
]


@pytest.mark.parametrize(("body", "content_type"), REFUSED, ids=range(len(REFUSED)))
def test_bytes_that_are_not_what_they_are_said_to_be_are_unknown(
    body: bytes, content_type: str
) -> None:
    """So are charsets that nobody here knows; a DTD is found in every charset."""
    with pytest.raises(AmbiguousFailure, match="reply_unreadable"):
        read_xml(reply(body, content_type))


def test_every_charset_by_name_is_only_decoded() -> None:
    """No name leads to a codec of Python that does more."""
    for name in NAMES:
        assert read_xml(reply(b"<a/>", f"text/xml; charset={name}")).tag == "a"


# --- JSON -----------------------------------------------------------------------------------------

VALUE = {"error_code": 0, "message": TEXT}
JSON = '{"error_code": 0, "message": "' + TEXT + '"}'


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (JSON.encode(), "application/json"),
        (b"\xef\xbb\xbf" + JSON.encode(), "application/json; charset=utf-8"),
        (b"\r\n " + JSON.encode() + b"\n", "text/html"),
        (JSON.encode("utf-16"), "application/json; charset=utf-16"),
        (JSON.encode("utf-16"), "application/json"),
        (JSON.encode("utf-16-le"), "application/json"),
        (JSON.encode("utf-16-be"), ""),
        (JSON.encode(), "application/json; charset=iso-8859-1"),
    ],
)
def test_json_is_read_in_any_known_charset(body: bytes, content_type: str) -> None:
    """With a mark, with blanks, as whatever it is called."""
    assert read_json(reply(body, content_type)) == VALUE


@pytest.mark.parametrize("end", ["\n", "\r\n", "\t"])
def test_a_line_end_as_it_is_in_a_text_is_read_and_told(end: str) -> None:
    """JSON forbids it; programs that put texts together write it, and it has one reading."""
    found = reply(JSON.replace(TEXT, f"{TEXT}{end}").encode(), "application/json")
    assert read_json(found) == VALUE | {"message": f"{TEXT}{end}"}
    assert [it.kind for it in found.findings.drift] == [K.BLANKS]


@pytest.mark.parametrize(
    "body",
    [b"{'a': 1}", b'{"a": NaN}', b'{"a": Infinity}', b"[1,]", b"{}{}", b"\0{}", b""],
)
def test_what_is_no_json_is_unknown(body: bytes) -> None:
    """Also what Python's reader alone would take."""
    with pytest.raises(AmbiguousFailure, match="reply_unreadable"):
        read_json(reply(body, "application/json"))


# --- packages -------------------------------------------------------------------------------------

MTOM = 'multipart/related; type="application/xop+xml"; start="<root>"; boundary="uuid:1"'


def package(*parts: tuple[str, bytes], boundary: str = "uuid:1", end: bytes = b"\r\n") -> bytes:
    pieces = [b"preamble" + end]
    for fields, body in parts:
        head = fields.replace("\r\n", end.decode())
        pieces += [f"--{boundary}".encode(), end, head.encode(), end, end, body, end]
    return b"".join([*pieces, f"--{boundary}--".encode(), end])


ROOT = "Content-Type: application/xop+xml; charset=UTF-8\r\nContent-ID: <root>"
IMAGE = ("Content-Type: image/png\r\nContent-ID: <image>", b"\x89PNG\r\n--uuid:1x\r\n\0")
IN_BASE64 = "\r\nContent-Transfer-Encoding: BASE64"
PACKAGES: list[tuple[bytes, str]] = [
    (package((ROOT, XML.encode()), IMAGE), MTOM),
    (package(IMAGE, (ROOT, XML.encode())), MTOM),
    (package((ROOT, XML.encode()), IMAGE, end=b"\n"), MTOM),
    (package((ROOT, XML.encode()), IMAGE), "Multipart/Related;boundary=uuid:1"),
    (package((ROOT.replace("<root>", "root"), XML.encode()), IMAGE), MTOM),
    (package(("Content-ID: <other>", XML.encode())), MTOM),
    (
        package((ROOT + "\r\nContent-Transfer-Encoding: BASE64", base64.b64encode(XML.encode()))),
        MTOM,
    ),
    (
        package(
            (
                ROOT + "\r\nContent-Transfer-Encoding: quoted-printable",
                XML.encode().replace(b"\xc4\x90", b"=C4=90"),
            )
        ),
        MTOM,
    ),
    (package((ROOT.replace("UTF-8", "utf-16"), XML.encode("utf-16"))), MTOM),
    (package(("", XML.encode())), "multipart/mixed; boundary=uuid:1"),
    (package((ROOT, XML.encode()))[: -len("--uuid:1--\r\n")] + b"--uuid:1", MTOM),
]


@pytest.mark.parametrize(("body", "content_type"), PACKAGES, ids=range(len(PACKAGES)))
def test_the_root_part_of_a_package_is_the_reply(body: bytes, content_type: str) -> None:
    """The one that `start` names, wherever it stands, or the first."""
    found = reply(body, content_type)
    assert read_xml(found).text == TEXT
    assert K.PACKAGE in {it.kind for it in found.findings.drift}


def test_a_package_that_is_none_is_read_as_it_is() -> None:
    """A header of a gateway that unpacked the reply."""
    assert read_xml(reply(XML.encode(), MTOM)).text == TEXT


BROKEN: list[tuple[Any, str]] = [
    (package((ROOT.replace("root", "one"), XML.encode()), IMAGE), MTOM),
    (package((ROOT, XML.encode()), (ROOT, b"<b/>")), MTOM),
    (package((ROOT, XML.encode())), "multipart/related; start=root"),
    (package((ROOT, XML.encode()), boundary="other"), MTOM),
    (b"--uuid:1\r\n" + ROOT.encode() + b"\r\n\r\n" + XML.encode(), MTOM),
    (package((ROOT + "\r\nContent-Transfer-Encoding: base64", b"!!!")), MTOM),
    (package((ROOT + "\r\nContent-Transfer-Encoding: uuencode", XML.encode())), MTOM),
    (b"--uuid:1--\r\n", MTOM),
]


@pytest.mark.parametrize(("body", "content_type"), BROKEN, ids=range(len(BROKEN)))
def test_a_package_without_one_root_part_is_unknown(body: bytes, content_type: str) -> None:
    """Two parts of that name, none of it, or a part that does not end."""
    with pytest.raises(AmbiguousFailure, match="reply_unreadable"):
        read_xml(reply(body, content_type))


@pytest.mark.parametrize(
    ("body", "read_as"),
    [
        (b"<!DOCTYPE html><html><p>OK</html>", "an HTML page"),
        (b"<html><body>OK<br></body></html>", "an HTML page"),
        (b'<!DOCTYPE a SYSTEM "x"><a/>', "a DTD"),
        (b"<a>", "no XML"),
        (b"", "empty"),
    ],
)
def test_a_refusal_says_what_was_read_and_what_to_do(body: bytes, read_as: str) -> None:
    """A page for people is named as such: it comes from a login, a gateway or a proxy."""
    with pytest.raises(AmbiguousFailure) as raised:
        read_xml(reply(body))
    assert read_as in raised.value.detail
    assert "; " in raised.value.detail
