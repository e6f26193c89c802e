"""Good replies of the partners, and ways to bend or to break them: for property tests.

A reply is a tree of names and values until it is written. What bends it leaves its meaning; what
breaks it leaves none.
"""

import gzip
import json
import random
import socket
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape

from adapters.wire.reading import Findings, Reply
from adapters.wire.reading.transport.framing import read_reply

NUMBER = "000.99.01.H57-180724-00001"
SOAP_11 = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP_12 = "http://www.w3.org/2003/05/soap-envelope"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
NIL = object()
"""Stands for nil or null."""


@dataclass
class Draft:
    """A reply before it is sent; `fields` are pairs, so that a name may come twice."""

    fields: list[tuple[str, Any]]
    xml: bool
    draw: random.Random
    status: int = 200
    element: str = "DongBoHoSoMCResponse"
    namespace: str = "urn:one-stop-hub:provincial:v1"
    prefix: str = ""
    soap: str = SOAP_11
    soap_header: str = ""
    declaration: str = "UTF-8"
    content_type: str = ""
    charset: str = "utf-8"
    ahead: bytes = b""
    headers: list[str] = field(default_factory=list)
    coding: str = ""
    packaged: bool = False
    chunked: bool = False
    chunk_blanks: bytes = b""
    with_length: bool = True
    lengths: int = 1
    line: bytes = b"\r\n"
    announced: bool = False
    cut: int = 0

    def put(self, name: str, value: Any) -> None:
        """Replace a field."""
        self.fields = [(it, value if it == name else old) for it, old in self.fields]

    def body(self) -> bytes:
        """Return the bytes of the body."""
        text = self._xml() if self.xml else json.dumps(_Pairs(self.fields), ensure_ascii=False)
        body = self.ahead + text.encode(self.charset)
        kind = self.content_type or ("text/xml" if self.xml else "application/json")
        if self.charset != "utf-8":
            kind += f"; charset={self.charset}"
        if self.packaged:
            body = (
                b"--b\r\nContent-Type: " + kind.encode() + b"\r\nContent-ID: <r>\r\n\r\n" + body
            ) + b"\r\n--b\r\nContent-ID: <s>\r\n\r\n\0\xff\r\n--b--"
            kind = 'multipart/related; boundary="b"; start="<r>"'
        self.headers.append(f"Content-Type: {kind}")
        if self.coding:
            self.headers.append(f"Content-Encoding: {self.coding}")
            body = zlib.compress(body) if self.coding == "deflate" else gzip.compress(body)
        return body[: len(body) - self.cut] if self.cut else body

    def raw(self) -> bytes:
        """Return the bytes of the whole reply."""
        body = self.body()
        lines = [f"HTTP/1.1 {self.status} OK", *self.headers]
        if self.with_length or not self.chunked:
            lines += [f"Content-Length: {len(body)}"] * self.lengths
        if self.chunked:
            lines.append("Transfer-Encoding: chunked")
            size = b"%x" % len(body) + self.chunk_blanks
            body = self.line.join([size, body, b"0", b"", b""])
        head = self.line.join(line.encode("latin-1") for line in lines)
        announced = b"HTTP/1.1 100 Continue" + self.line * 2 if self.announced else b""
        return announced + head + self.line * 2 + body

    def _xml(self) -> str:
        name = f"{self.prefix}:{self.element}" if self.prefix else self.element
        colon = f":{self.prefix}" if self.prefix else ""
        inner = "".join(_element(it, value, self.prefix) for it, value in self.fields)
        return (
            f'<?xml version="1.0" encoding="{self.declaration}"?>'
            f'<S:Envelope xmlns:S="{self.soap}" xmlns:xsi="{XSI}">{self.soap_header}<S:Body>'
            f'<{name} xmlns{colon}="{self.namespace}">{inner}</{name}></S:Body></S:Envelope>'
        )


class _Pairs(dict[str, Any]):
    """An object whose keys may come twice, for the JSON encoder."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__({"": None})  # an empty one would be written without asking for items
        self._pairs = pairs

    def items(self) -> Any:
        return [(name, _plain(value)) for name, value in self._pairs]


def _plain(value: Any) -> Any:
    if value is NIL:
        return None
    if isinstance(value, list) and value and isinstance(value[0], tuple):
        return _Pairs(value)
    return [_plain(it) for it in value] if isinstance(value, list) else value


def _element(name: str, value: Any, prefix: str) -> str:
    tag = f"{prefix}:{name}" if prefix else name
    if value is NIL:
        return f'<{tag} xsi:nil="true"/>'
    if isinstance(value, list):
        if value and isinstance(value[0], tuple):
            inner = "".join(_element(it, inside, prefix) for it, inside in value)
            return f"<{tag}>{inner}</{tag}>"
        return "".join(_element(name, it, prefix) for it in value)
    return f"<{tag}>{escape(str(value))}</{tag}>"


Change = Callable[[Draft], None]


def received(draft: Draft) -> Reply:
    """Send the reply over a socket and read it as the wire does. Raises AmbiguousFailure."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(draft.raw())
        theirs.shutdown(socket.SHUT_WR)
        deadline = time.monotonic() + 20
        reply, _ = read_reply(
            ours, deadline=deadline, body_limit=1_000_000, findings=Findings("x", "y")
        )
    return reply


# --- what bends -----------------------------------------------------------------------------------


def _add_unknown(draft: Draft) -> None:
    more = ("thoiGianXuLy", draft.draw.choice([12, "x", [("a", 1)], NIL]))
    draft.fields.insert(draft.draw.randrange(len(draft.fields) + 1), more)


def _reorder(draft: Draft) -> None:
    draft.draw.shuffle(draft.fields)


def _empty_message(draft: Draft) -> None:
    draft.put("message", draft.draw.choice([NIL, ""]))


def _repeat(draft: Draft) -> None:
    draft.fields += [it for it in draft.fields if it[0] == "message"]


def _blanks(draft: Draft) -> None:
    draft.ahead = draft.draw.choice([b"\r\n", b"  \n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n"])


def _declared_otherwise(draft: Draft) -> None:
    draft.declaration = draft.draw.choice(["utf-16", "UTF-16", "iso-8859-1", "windows-1258"])


def _compress(draft: Draft) -> None:
    draft.coding = draft.draw.choice(["gzip", "x-gzip", "deflate"])


def _package(draft: Draft) -> None:
    draft.packaged = True


def _chunk(draft: Draft) -> None:
    draft.chunked = True
    draft.chunk_blanks = draft.draw.choice([b"", b"  ", b"\t", b";x=1"])
    draft.with_length = draft.draw.random() < 0.5


def _bare_line_ends(draft: Draft) -> None:
    draft.line = b"\n"


def _twice_the_length(draft: Draft) -> None:
    draft.lengths = 2


def _announce(draft: Draft) -> None:
    draft.announced = True


def _other_case(draft: Draft) -> None:
    draft.fields = [(name[:1].swapcase() + name[1:], value) for name, value in draft.fields]


def _called_otherwise(draft: Draft) -> None:
    draft.content_type = draft.draw.choice(["text/html", "text/plain", "application/octet-stream"])


def _prefix(draft: Draft) -> None:
    draft.prefix = draft.draw.choice(["ns2", "a"])


def _namespace(draft: Draft) -> None:
    draft.namespace = "http://tempuri.org/"


def _soap_12(draft: Draft) -> None:
    draft.soap = SOAP_12
    draft.soap_header = "<S:Header><w:Security xmlns:w='urn:w'/></S:Header>"


EVERYWHERE: list[Change] = [
    _add_unknown,
    _reorder,
    _empty_message,
    _repeat,
    _blanks,
    _compress,
    _package,
    _chunk,
    _bare_line_ends,
    _twice_the_length,
    _announce,
    _other_case,
    _called_otherwise,
]
IN_XML: list[Change] = [_declared_otherwise, _prefix, _namespace, _soap_12]


# --- what breaks ----------------------------------------------------------------------------------


def break_length(draft: Draft) -> None:
    """Two different lengths, or a body that is cut inside."""
    if draft.draw.random() < 0.5 and not draft.chunked:
        draft.headers.append("Content-Length: 7")
    else:
        draft.cut = 9


def break_status(draft: Draft) -> None:
    """A server error beside whatever the body says."""
    draft.status = draft.draw.choice([500, 502, 504])


BREAKING: list[Change] = [break_length, break_status]
