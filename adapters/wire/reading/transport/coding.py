"""Undoes content codings that nobody asked for: gzip and deflate, within a limit of bytes.

A body that unpacks to more than the limit is refused before it is unpacked further. What is said to
be packed and is not has one reading, and so has a package that nobody announced: no XML and no JSON
begins with the two bytes of gzip.
"""

import zlib
from collections.abc import Sequence

from adapters.wire.reading.findings import Findings
from hub.ports import DriftKind

GZIP = frozenset({"gzip", "x-gzip"})
DEFLATE = frozenset({"deflate", "x-deflate"})
CODINGS = GZIP | DEFLATE
_MAGIC = b"\x1f\x8b"
_BEHIND = b"\0 \t\r\n"
"""What may stand behind a whole stream: padding, as gzip itself allows, and a last line end."""
_DEEPEST = 3
"""Most codings on top of each other."""


def undo(body: bytes, codings: Sequence[str], *, limit: int, findings: Findings) -> bytes:
    """Return the body without its codings, the last of which was put on last.

    `codings` are lower-case, as in Content-Encoding. Raises AmbiguousFailure for a coding that is
    not known, a body that breaks off, and one of more than `limit` bytes.
    """
    wanted = [it for it in codings if it not in {"", "identity"}]
    if not body:
        return body
    if len(wanted) > _DEEPEST:
        raise findings.refuse("Content-Encoding", f"{len(wanted)} codings on top of each other")
    for name in reversed(wanted):
        if name not in CODINGS:
            raise findings.refuse("Content-Encoding", "a coding that the hub does not know")
        body = _undone(body, name, limit, findings)
    if not wanted and body[:2] == _MAGIC:
        body = _undone(body, "gzip", limit, findings)
    return body


def _undone(body: bytes, name: str, limit: int, findings: Findings) -> bytes:
    if name in GZIP and body[:2] != _MAGIC:
        findings.add(DriftKind.CODING, "Content-Encoding: gzip, and the body is plain")
        return body
    if name in DEFLATE and body.lstrip()[:1] in (b"<", b"{", b"["):
        # None of the three begins a zlib stream; a raw one that begins so breaks off at once.
        plain = _deflated(body, limit)
        if plain is None:
            findings.add(DriftKind.CODING, "Content-Encoding: deflate, and the body is plain")
            return body
    findings.add(DriftKind.CODING, "gzip" if name in GZIP else "deflate")
    found = _gzipped(body, limit) if name in GZIP else _deflated(body, limit)
    if found is None:
        raise findings.refuse("body", f"{name} that breaks off, or is none")
    if len(found) > limit:
        raise findings.refuse("body", "too large when unpacked", fix=f"the limit is {limit} bytes")
    return found


def _gzipped(body: bytes, limit: int) -> bytes | None:
    """Return what is packed, cut at one byte over the limit; None where it is broken."""
    whole = bytearray()
    while body:
        piece, rest = _inflated(body, 16 + zlib.MAX_WBITS, limit + 1 - len(whole))
        if piece is None:
            return None
        whole += piece
        if len(whole) > limit:
            break
        body = rest.lstrip(_BEHIND)
        if body and body[:2] != _MAGIC:
            return None
    return bytes(whole)


def _deflated(body: bytes, limit: int) -> bytes | None:
    """Return what is packed: with zlib's header, as the standard says, or without."""
    for bits in (zlib.MAX_WBITS, -zlib.MAX_WBITS):
        piece, rest = _inflated(body, bits, limit + 1)
        if piece is not None and (len(piece) > limit or not rest.strip(_BEHIND)):
            return piece
    return None


def _inflated(body: bytes, bits: int, most: int) -> tuple[bytes | None, bytes]:
    """Return what one stream holds, at most `most` bytes, and what stands behind the stream."""
    packed = zlib.decompressobj(bits)
    try:
        found = packed.decompress(body, most)
    except zlib.error:
        return None, b""
    if not packed.eof and len(found) < most:
        return None, b""  # it breaks off
    return found, packed.unused_data


class Broken(Exception):
    """A stream is not in the coding that it is said to be in, or breaks off."""


class Unpacker:
    """Undoes one coding of a stream, piece by piece, and never holds more than it was fed.

    `feed` takes what came, `read` returns at most so many bytes of it, b"" when more has to come.
    Both raise Broken. What is said to be gzip and does not begin so is passed on as it is.
    """

    def __init__(self, name: str) -> None:
        """`name` is one of CODINGS."""
        self._gzip = name in GZIP
        self._packed: zlib._Decompress | None = None
        self._unread = b""
        self._begun = False
        self.plain = False

    def feed(self, piece: bytes) -> None:
        """Add what came."""
        self._unread += piece

    def read(self, most: int) -> bytes:
        """Return the next bytes, at most `most`."""
        while self._unread:
            if self.plain:
                found, self._unread = self._unread[:most], self._unread[most:]
                return found
            if self._packed is None and not self._begin():
                return b""
            if self._packed is None:
                continue
            try:
                found = self._packed.decompress(self._unread, most)
            except zlib.error:
                raise Broken from None
            self._unread = self._packed.unconsumed_tail
            if self._packed.eof:
                self._unread, self._packed = self._packed.unused_data.lstrip(_BEHIND), None
            if found:
                return found
        return b""

    def end(self) -> None:
        """Raise Broken where the stream breaks off."""
        if self._packed is not None or self._unread:
            raise Broken

    def _begin(self) -> bool:
        """Begin with a stream, or the next one behind it; False until its first bytes are here."""
        if len(self._unread) < 2:
            return False
        if self._gzip:
            magic = self._unread.startswith(_MAGIC)
            if not magic and self._begun:
                raise Broken
            self.plain = not magic
            bits = 16 + zlib.MAX_WBITS
        else:
            if self._begun:
                raise Broken
            zlib_head = self._unread[0] & 15 == 8 and int.from_bytes(self._unread[:2]) % 31 == 0
            bits = zlib.MAX_WBITS if zlib_head else -zlib.MAX_WBITS
        self._begun = True
        if not self.plain:
            self._packed = zlib.decompressobj(bits)
        return True
