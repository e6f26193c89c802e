"""How a document becomes the bytes of a body: marks in front, declarations, packages, compression.

Every form has one reading: the header's charset counts before the declaration's.
"""

import gzip
import json
import re
import secrets
import zlib
from dataclasses import replace

from adapters.simulation.dialects.habit import Habit
from adapters.simulation.partner import Answer, Call

BOM = b"\xef\xbb\xbf"
_EMPTY = re.compile(rb"<([\w:.-]+)(?:/>|></\1>)")


def is_xml(answer: Answer) -> bool:
    """Tell whether the body is an XML document by its type."""
    return b"xml" in answer.content_type and b"multipart" not in answer.content_type


def is_json(answer: Answer) -> bool:
    """Tell whether the body is JSON by its type."""
    return b"json" in answer.content_type


def _marked(answer: Answer, _: Call) -> Answer:
    if not (is_xml(answer) or is_json(answer)):
        return answer
    return replace(answer, body=BOM + answer.body)


def _blank_line(answer: Answer, _: Call) -> Answer:
    return replace(answer, body=b"\r\n" + answer.body) if is_xml(answer) else answer


def _declared_utf_16(answer: Answer, _: Call) -> Answer:
    """.NET's StringWriter declares utf-16, and the bytes that leave are UTF-8."""
    if not is_xml(answer):
        return answer
    head, sep, rest = answer.body.partition(b"?>")
    for quote in (b'"', b"'"):
        head = head.replace(b"encoding=%bUTF-8%b" % (quote, quote), b'encoding="utf-16"')
    return replace(answer, body=head + sep + rest)


def _undeclared_xsi(answer: Answer, _: Call) -> Answer:
    """xsi:nil under an envelope that does not declare xsi: the npm package soap does so."""
    if not is_xml(answer) or b"xmlns:xsi" in answer.body:
        return answer
    nil = rb'<\1 xsi:nil="true"></\1>'
    return replace(answer, body=_EMPTY.sub(nil, answer.body))


def _package(answer: Answer, _: Call) -> Answer:
    """MTOM: the envelope as the root part of a multipart package."""
    if not is_xml(answer):
        return answer
    boundary = f"uuid:{secrets.token_hex(8)}".encode()
    part = (
        b"--%b\r\nContent-Id: <rootpart*0@partner>\r\nContent-Transfer-Encoding: binary\r\n"
        b'Content-Type: application/xop+xml;charset=utf-8;type="text/xml"\r\n\r\n'
        b"%b\r\n--%b--\r\n"
    ) % (boundary, answer.body, boundary)
    kind = (
        b'multipart/related;start="<rootpart*0@partner>";type="application/xop+xml";'
        b'boundary="%b";start-info="text/xml"'
    ) % boundary
    return replace(answer, body=part, content_type=kind)


def _gzip(answer: Answer, _: Call) -> Answer:
    fields = [*answer.fields, (b"content-encoding", b"gzip"), (b"vary", b"accept-encoding")]
    return replace(answer, body=gzip.compress(answer.body, mtime=0), fields=fields)


def _deflate(answer: Answer, _: Call) -> Answer:
    fields = [*answer.fields, (b"content-encoding", b"deflate")]
    return replace(answer, body=zlib.compress(answer.body), fields=fields)


def _escaped(answer: Answer, _: Call) -> Answer:
    r"""JSON with \uXXXX and \/, as json_encode writes it."""
    if not is_json(answer) or not answer.body:
        return answer
    text = json.dumps(json.loads(answer.body)).replace("/", "\\/")
    return replace(answer, body=text.encode())


def _no_charset(answer: Answer, _: Call) -> Answer:
    return replace(answer, content_type=answer.content_type.partition(b";")[0])


def _other_type(answer: Answer, _: Call) -> Answer:
    """JSON called text/html: PHP without a header() call."""
    if not is_json(answer):
        return answer
    return replace(answer, content_type=b"text/html; charset=UTF-8")


BYTE_ORDER_MARK = Habit(name="bom", about="a byte order mark in front", body=_marked)
BLANK_LINE = Habit(
    name="blank_line", about="a blank line before the XML declaration (PHP)", body=_blank_line
)
DECLARED_UTF_16 = Habit(
    name="declared_utf_16", about="utf-16 declared in UTF-8 bytes (.NET)", body=_declared_utf_16
)
UNDECLARED_XSI = Habit(
    name="undeclared_xsi", about="xsi:nil without xmlns:xsi (npm soap)", body=_undeclared_xsi
)
PACKAGE = Habit(name="package", about="the envelope in an MTOM package (CXF, WCF)", body=_package)
GZIP = Habit(name="gzip", about="gzip that nobody asked for", body=_gzip)
DEFLATE = Habit(name="deflate", about="deflate that nobody asked for", body=_deflate)
ESCAPED = Habit(name="escaped", about="JSON in ASCII with escapes (PHP)", body=_escaped)
NO_CHARSET = Habit(name="no_charset", about="a media type without its charset", body=_no_charset)
JSON_AS_HTML = Habit(name="json_as_html", about="JSON called text/html (PHP)", body=_other_type)

HABITS = (
    ESCAPED,
    UNDECLARED_XSI,
    DECLARED_UTF_16,
    BLANK_LINE,
    BYTE_ORDER_MARK,
    PACKAGE,
    NO_CHARSET,
    JSON_AS_HTML,
    GZIP,
    DEFLATE,
)
