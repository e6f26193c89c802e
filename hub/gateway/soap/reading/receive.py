"""Reads the body of a SOAP call: plain XML or MTOM, into a tree and the file store.

The event loop only collects parts; parsing and writing happen in a thread. What is read of a call
has a limit: twice the largest file.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.message import Message as HeaderFields
from functools import lru_cache
from typing import Protocol

from fastapi import Request
from lxml import etree

from hub.gateway.clients.refusal import CallerRefused
from hub.gateway.connections.transfer_pace import yield_to_calls
from hub.gateway.partner_calls.refusals import RefusedCall
from hub.gateway.soap.names import Version
from hub.gateway.soap.reading.envelope import EnvelopeReader, Guard, put_sha256
from hub.gateway.soap.reading.multipart import MultipartReader, PartSink
from hub.gateway.soap.signed_package import SignedPackage
from hub.gateway.uploads import run_file_work
from hub.messages.invalid import InvalidMessage
from hub.store.messages.blobs import BlobStore, Upload

BESIDE_FILES = 2 * 1024 * 1024
TOGETHER = 128 * 1024
"""Bytes of a call that are collected for one step of its parser. A step copies them once, and many
hostile calls may be read at once: more makes the parser no quicker and memory grow."""
_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{1,70}")
_ENCODINGS = frozenset({"utf-8", "utf-16", "us-ascii"})
_MTOM = "multipart/related"
_ENVELOPES = frozenset(version.media_type for version in Version)


@dataclass(frozen=True, slots=True)
class MediaType:
    """A Content-Type and its parameters."""

    name: str
    parameters: Mapping[str, str]

    @classmethod
    @lru_cache(maxsize=64)
    def read(cls, header: str) -> "MediaType":
        """Return the media type of a header."""
        fields = HeaderFields()
        fields["Content-Type"] = header
        found = fields.get_params(failobj=[])
        parameters = {name.lower(): str(value) for name, value in found[1:]}
        return cls(found[0][0].strip().lower() if found else "", parameters)

    @property
    def version(self) -> Version:
        """The version of SOAP that it tells, for the form of a fault."""
        inner = self.parameters.get("start-info", self.parameters.get("type", ""))
        named = inner if self.name == _MTOM else self.name
        return Version.SOAP_12 if "soap+xml" in named else Version.SOAP_11

    @property
    def is_plain(self) -> bool:
        """Whether it is an envelope in UTF-8 and nothing else."""
        named = self.parameters.get("charset", "utf-8").strip('"').lower()
        return self.name in _ENVELOPES and named == "utf-8"


class Body(Protocol):
    """A body on its way in."""

    def feed(self, data: bytes) -> None:
        """Take the next bytes; raises InvalidMessage."""

    def close(self) -> etree._Element:
        """Return the envelope; raises InvalidMessage."""

    def abandon(self) -> None:
        """Remove what is not finished."""


@dataclass(slots=True)
class CallFiles:
    """The file store of one call: shut until the call is admitted, before its first file."""

    store: BlobStore
    admission: Callable[[etree._Element], None] | None = None
    """Admits the call by its operation's element; None while its caller is not known."""

    def admit(self, called: etree._Element) -> None:
        """Admit the call; raises RefusedCall and CallerRefused."""
        if self.admission is None:
            raise CallerRefused("token")
        self.admission(called)

    def begin(self) -> Upload:
        """Return a new file."""
        return self.store.begin()


async def receive(
    request: Request, files: CallFiles, media: MediaType, *, guard: Guard
) -> etree._Element:
    """Return the envelope of a call; keeps nothing half.

    Raises InvalidMessage, RefusedCall, and what guard and admission raise.
    """
    body, most = _body(media, files, guard), 2 * files.store.limit + BESIDE_FILES
    parts: list[bytes] = []
    size = total = 0
    try:
        async for part in request.stream():
            parts.append(part)
            size, total = size + len(part), total + len(part)
            if total > most:
                raise InvalidMessage("file_too_large", where="body", why=f"over {most} bytes")
            if size >= TOGETHER:
                await run_file_work(body.feed, b"".join(parts))
                parts, size = [], 0
                await yield_to_calls()
        return await run_file_work(_finish, body, b"".join(parts))
    finally:
        body.abandon()


def _finish(body: Body, rest: bytes) -> etree._Element:
    if rest:
        body.feed(rest)
    return body.close()


def _body(media: MediaType, files: CallFiles, guard: Guard) -> Body:
    if media.name == _MTOM:
        return MtomBody(media, files, guard)
    if media.name not in _ENVELOPES:
        why = "SOAP 1.1 is text/xml, SOAP 1.2 application/soap+xml, MTOM multipart/related"
        raise RefusedCall("media_type_unsupported", where="Content-Type", why=why)
    return EnvelopeReader(files, encoding=_encoding(media), guard=guard)


def _encoding(media: MediaType) -> str | None:
    named = media.parameters.get("charset", "").strip('"').lower()
    if named and named not in _ENCODINGS:
        raise RefusedCall("media_type_unsupported", where="charset", why="UTF-8 or UTF-16")
    return named or None


class MtomBody:
    """A `multipart/related` body: the envelope in one part, files in the others."""

    def __init__(self, media: MediaType, files: CallFiles, guard: Guard) -> None:
        boundary = media.parameters.get("boundary", "")
        if not _BOUNDARY.fullmatch(boundary):
            raise RefusedCall("media_type_unsupported", where="Content-Type", why="no boundary")
        self._start = media.parameters.get("start", "").strip("<>")
        self._files = files
        self._signed = SignedPackage(guard)
        self._reader = EnvelopeReader(files, guard=self._signed)
        self._multipart = MultipartReader(boundary, self._open)
        self._found: dict[str, str] = {}
        self._part: _FilePart | None = None
        self._root: _RootPart | None = None

    def feed(self, data: bytes) -> None:
        """Take the next bytes; raises InvalidMessage."""
        self._multipart.feed(data)

    def close(self) -> etree._Element:
        """Return the envelope, with each file in its place; raises InvalidMessage."""
        self._multipart.close()
        if self._signed.is_signed:
            return self._reader.close()
        root = self._root.envelope if self._root else None
        if root is None:
            raise InvalidMessage("xml_broken", where="$", why="no element")
        for part, element in self._reader.included.items():
            if part not in self._found:
                why = "xop:Include names a part that is not there"
                raise InvalidMessage("call_invalid", where="tepDinhKem/noiDung", why=why)
            put_sha256(element, self._found[part])
        return root

    def abandon(self) -> None:
        """Remove what is not finished."""
        self._reader.abandon()
        if self._part is not None:
            self._part.abandon()

    def _open(self, headers: Mapping[str, str]) -> PartSink:
        part = headers.get("content-id", "").strip("<>")
        if self._root is None:
            if self._start and part != self._start:
                why = "the envelope is the first part"
                raise InvalidMessage("call_invalid", where="multipart", why=why)
            self._root = _RootPart(self._reader, self._signed)
            return self._root
        if self._signed.is_signed:
            return self._signed.open(part)
        if part not in self._reader.included:
            why = "no xop:Include of the envelope names this part"
            raise InvalidMessage("call_invalid", where="multipart", why=why)
        self._reader.admit_files()
        if not part or part in self._found:
            why = "every part behind the first has a Content-ID of its own"
            raise InvalidMessage("call_invalid", where="multipart", why=why)
        self._part = _FilePart(self._files, part, self._found)
        return self._part


@dataclass(slots=True)
class _RootPart:
    reader: EnvelopeReader
    signed: SignedPackage
    envelope: etree._Element | None = None

    def write(self, data: bytes) -> None:
        self.reader.feed(data)

    def end(self) -> None:
        if not self.signed.is_signed:  # a signed one is closed with its files in it
            self.envelope = self.reader.close()


class _FilePart:
    def __init__(self, files: CallFiles, part: str, found: dict[str, str]) -> None:
        self._upload, self._name, self._found = files.begin(), part, found
        self.write, self.abandon = self._upload.write, self._upload.abandon

    def end(self) -> None:
        self._found[self._name], _ = self._upload.finish()
