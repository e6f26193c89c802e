"""In which charset a body is written: mark, header, declaration and the bytes, in this order.

The header's charset counts before the declaration's, because a program that rewrites a document
often leaves its declaration as it was. Where a one-byte charset is named and the bytes are UTF-8
beyond doubt, they are UTF-8: servers put `iso-8859-1` before everything, and no Vietnamese text in
a one-byte charset happens to be valid UTF-8. A few charsets are known by name; others are refused,
because some codecs of Python do more than decode.
"""

import codecs
import re
from functools import lru_cache

from adapters.wire.reading.findings import Findings
from hub.ports import DriftKind

UTF_8 = "utf-8"
_ONE_BYTE = {
    "windows-1258": "cp1258",
    "cp1258": "cp1258",
    "windows-1252": "cp1252",
    "cp1252": "cp1252",
    "iso-8859-1": "latin-1",
    "iso_8859-1": "latin-1",
    "iso8859-1": "latin-1",
    "latin-1": "latin-1",
    "latin1": "latin-1",
    "l1": "latin-1",
    "iso-8859-15": "iso8859-15",
    "us-ascii": "latin-1",
    "ascii": "latin-1",
}
_UTF_8 = frozenset({"utf-8", "utf8", "utf_8", "unicode-1-1-utf-8", "utf-8-sig"})
_WIDE = {
    "utf-16": "utf-16",
    "utf16": "utf-16",
    "ucs-2": "utf-16",
    "unicode": "utf-16",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
    "utf-32": "utf-32",
    "utf32": "utf-32",
}
NAMES = frozenset({*_ONE_BYTE, *_UTF_8, *_WIDE})
"""Every name of a charset that is read, lower-case."""
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins with the mark of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECLARED = re.compile(
    rb"<\?xml\s[^>]{0,200}?encoding\s*=\s*(?:\"([^\"]{1,40})\"|'([^']{1,40})')", re.DOTALL
)
_DECLARATION = re.compile(r"<\?xml\s[^>]{0,300}\?>", re.DOTALL)


@lru_cache(maxsize=256)
def declared(head: bytes) -> str:
    """Return the encoding that an XML declaration in `head` names, lower-case, "" without one."""
    found = _DECLARED.match(head)
    return (found[1] or found[2]).decode("latin-1").strip().lower() if found else ""


def to_text(body: bytes, *, header: str, default: str = UTF_8, findings: Findings) -> str:
    """Return the body as text, without a mark and blanks ahead of its first character.

    `header` is the charset of the Content-Type, "" where it names none; `default` holds where
    nothing names one. Raises AmbiguousFailure where the bytes are not what they are said to be.
    """
    text = _decoded(body, header.lower(), default.lower(), findings)
    plain = text.lstrip("\ufeff \t\r\n").rstrip("\0")
    if len(plain) != len(text):
        findings.add(DriftKind.BLANKS, "around the body")
    return plain


def without_declaration(text: str) -> str:
    """Return an XML document without its declaration, which named the encoding of the bytes."""
    return _DECLARATION.sub("", text, count=1) if text.startswith("<?xml") else text


def _decoded(body: bytes, header: str, default: str, findings: Findings) -> str:
    for mark, codec in _MARKS:
        if body.startswith(mark):
            return _marked(body, codec, header, findings)
    named = header or declared(body.lstrip()[:300])
    place = "charset of the Content-Type" if header else "encoding of the XML declaration"
    if named and named not in NAMES:
        raise findings.refuse(place, "a charset that the hub does not read")
    if not named and b"\0" in body[:2] and (wide := _wide(body, "utf-16", findings)):
        return wide  # no text in one byte a letter has a zero there
    name = named or default
    if name in _WIDE:
        wide = _wide(body, _WIDE[name], findings)
        if wide is not None:
            return wide
        # The declaration itself can be read byte by byte, so it cannot be in UTF-16.
        findings.add(DriftKind.CHARSET, f"{place} says utf-16, the bytes are not")
        name = UTF_8
    if name in _ONE_BYTE:
        return _one_byte(body, _ONE_BYTE[name], findings)
    try:
        return body.decode(UTF_8)
    except UnicodeDecodeError as error:
        read = f"no UTF-8 at byte {error.start}"
        raise findings.refuse("body", read, fix="name its charset in the Content-Type") from None


def _marked(body: bytes, codec: str, header: str, findings: Findings) -> str:
    family = codec[:6]
    if family != "utf-8-" and header and header not in _WIDE:
        raise findings.refuse("body", f"{family}, and the Content-Type says another charset")
    findings.add(DriftKind.CHARSET, "a byte order mark")
    try:
        return body.decode(codec)
    except UnicodeDecodeError as error:
        raise findings.refuse("body", f"no {family} at byte {error.start}") from None


def _wide(body: bytes, codec: str, findings: Findings) -> str | None:
    """Return UTF-16 or UTF-32 without a mark as text; None where the bytes cannot be it."""
    start = body.lstrip(b" \t\r\n")[:4] if b"\0" not in body[:2] else body[:4]
    if b"\0" not in start:
        return None
    if codec in {"utf-16", "utf-32"}:
        codec += "-be" if start[:1] == b"\0" else "-le"
    findings.add(DriftKind.CHARSET, codec[:6])
    try:
        return body.decode(codec)
    except UnicodeDecodeError as error:
        raise findings.refuse("body", f"no {codec[:6]} at byte {error.start}") from None


def _one_byte(body: bytes, codec: str, findings: Findings) -> str:
    if body.isascii():
        return body.decode("ascii")
    findings.add(DriftKind.CHARSET, codec)
    try:
        return body.decode(UTF_8)
    except UnicodeDecodeError:
        pass
    try:
        return body.decode(codec)
    except UnicodeDecodeError as error:
        raise findings.refuse("body", f"no {codec} at byte {error.start}") from None
