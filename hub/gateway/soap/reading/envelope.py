"""Reads a SOAP envelope as its bytes come; the bytes of files go to the file store meanwhile.

Memory stays flat whatever the size of the files: base64 of `noiDung` is decoded piece by piece, and
where it stood the tree has the file's SHA-256. No DTD, entity or network; depth, elements and text
have limits.
"""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from typing import Any, NoReturn, Protocol
from urllib.parse import unquote

from lxml import etree

from hub.gateway.soap.names import BODIES, CONTENT, FILE, XOP_INCLUDE, Version
from hub.gateway.soap.ws_security.call_security import WHOLE_MOST
from hub.messages.invalid import InvalidMessage
from hub.store.messages.blobs import Upload

DEEPEST = 32
MOST_ELEMENTS = 20_000
MOST_ATTRIBUTES = 64
"""Of an element, its namespaces included."""
LONGEST_TAG = 16 * 1024
"""Bytes of a tag. Trap: the time that the parser takes for a tag grows with the square of its
attributes, and no other caller is served meanwhile."""
_SLICE = 8 * 1024
LONGEST_TEXT = 1024 * 1024
"""Bytes of text and attributes outside of files."""
_SPACE = re.compile(r"[ \t\r\n]+")


class Files(Protocol):
    """Where the files of one call go."""

    def admit(self, called: etree._Element) -> None:
        """Let a call store files, by its operation's element as far as it was read.

        Raises RefusedCall and CallerRefused. May be called again.
        """

    def begin(self) -> Upload:
        """Return a new file of an admitted call."""


class Guard(Protocol):
    """Is asked about a call before its operation is read, see `CallSecurity`."""

    def begins(self, header: etree._Element | None, version: Version) -> bool:
        """Return whether the envelope must be kept whole, because it is signed."""

    def verified(self, whole: bytes, encoding: str | None) -> bytes:
        """Return an envelope of what was signed."""


class EnvelopeReader:
    """Parses one envelope; used by one thread at a time. `abandon` must follow in any case.

    Of a signed envelope nothing is read but what the guard has verified.
    """

    def __init__(
        self, files: Files, *, encoding: str | None = None, guard: Guard | None = None
    ) -> None:
        self._files, self._encoding, self._guard = files, encoding, guard
        self._whole: bytearray | None = None if guard is None else bytearray()
        """All bytes until the operation is seen, and of a signed envelope all."""
        self._inner: EnvelopeReader | None = None
        self._untold = 0
        """Bytes since the parser told of anything."""
        self._target = _Tree(files, guard)
        target: Any = self._target
        self._parser = etree.XMLParser(
            target=target,
            encoding=encoding,
            resolve_entities=False,
            load_dtd=False,
            no_network=True,
            huge_tree=False,
        )

    def feed(self, data: bytes) -> None:
        """Take the next bytes; raises InvalidMessage (`xml_broken`, `file_too_large`, ...)."""
        if self._whole is not None:
            self._whole += data
            if len(self._whole) > WHOLE_MOST:
                why = f"a signed envelope, or what stands before a Body, is over {WHOLE_MOST} bytes"
                raise InvalidMessage("message_too_large", where="envelope", why=why)
        for start in range(0, len(data), _SLICE):
            self._feed_slice(data[start : start + _SLICE])
        if self._target.is_called and not self._target.is_signed:
            self._whole = None

    def _feed_slice(self, data: bytes) -> None:
        """Have the parser read on; it tells nothing of a tag before the tag is whole."""
        before = self._target.events
        try:
            self._parser.feed(data)
        except etree.XMLSyntaxError as error:
            raise self._refused(error) from None
        self._untold = self._untold + len(data) if self._target.events == before else 0
        if self._untold > LONGEST_TAG:
            why = f"a tag over {LONGEST_TAG} bytes"
            raise InvalidMessage("message_too_large", where="envelope", why=why)

    def close(self) -> etree._Element:
        """Return the root element; raises InvalidMessage."""
        if self._target.is_signed:
            return self._read_signed()
        try:
            root: Any = self._parser.close()
        except etree.XMLSyntaxError as error:
            raise self._refused(error) from None
        if self._target.cause is not None:
            raise self._target.cause
        if root is None:
            raise InvalidMessage("xml_broken", where="$", why="no element")
        element: etree._Element = root
        return element

    @property
    def included(self) -> Mapping[str, etree._Element]:
        """The contents that stand in parts of their own, by the parts' Content-ID."""
        return self._target.included

    def admit_files(self) -> None:
        """Have the call admitted before a file is stored that stands outside of the envelope."""
        self._target.admit_files()

    def abandon(self) -> None:
        """Remove what is not finished."""
        self._target.abandon()
        if self._inner is not None:
            self._inner.abandon()

    def _read_signed(self) -> etree._Element:
        assert self._guard is not None  # noqa: S101 - it said that the call is signed
        assert self._whole is not None  # noqa: S101
        whole, self._whole = bytes(self._whole), None
        verified = self._guard.verified(whole, self._encoding)
        self._inner = EnvelopeReader(self._files, encoding="utf-8")
        self._inner.feed(verified)
        return self._inner.close()

    def _refused(self, error: etree.XMLSyntaxError) -> Exception:
        if self._target.cause is not None:
            return self._target.cause
        line, column = error.position
        # The text of the error may quote the document, the name of its kind cannot.
        entries: Any = error.error_log
        kinds = [entry.type_name for entry in entries]
        why = kinds[-1].removeprefix("ERR_").replace("_", " ").lower() if kinds else "broken"
        return InvalidMessage("xml_broken", where=f"line {line}, column {column}", why=why)


class Base64File:
    """One file in base64, decoded piece by piece into the store."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._upload: Upload | None = None
        self._rest = ""

    @property
    def is_empty(self) -> bool:
        """Whether no letter has come yet."""
        return self._upload is None and not self._rest

    def write(self, text: str) -> None:
        """Take the next letters; raises InvalidMessage."""
        letters = self._rest + _SPACE.sub("", text)
        whole = len(letters) - len(letters) % 4
        self._rest = letters[whole:]
        if whole:
            self._store(letters[:whole])

    def finish(self) -> str:
        """Return the SHA-256 of the file; raises InvalidMessage."""
        if self._rest:
            raise _not_base64()
        if self._upload is None:
            self._upload = self._files.begin()
        sha256, _ = self._upload.finish()
        return sha256

    def abandon(self) -> None:
        """Remove what is not finished."""
        if self._upload is not None:
            self._upload.abandon()

    def _store(self, letters: str) -> None:
        try:
            decoded = binascii.a2b_base64(letters, strict_mode=True)
        except (binascii.Error, ValueError):
            raise _not_base64() from None
        if self._upload is None:
            self._upload = self._files.begin()
        self._upload.write(decoded)


class _Tree:
    """What lxml's parser calls: builds the tree and takes the files out of it.

    The parser replaces what is raised here by an error of its own, so it is kept as the `cause`.
    """

    def __init__(self, files: Files, guard: Guard | None) -> None:
        self._files = files
        self._guard = guard
        self._version: Version | None = None
        self._header: etree._Element | None = None
        self.is_called = self.is_signed = False
        """Whether the operation's element was seen; whether the guard wants the whole envelope,
        of which nothing more is read here then."""
        self._builder: Any = etree.TreeBuilder()
        self._path: list[str] = []
        self._elements = self._depth = self._text = 0
        self.events = 0
        """How often the parser told of something."""
        self._called: etree._Element | None = None
        """The first element of the first Body."""
        self._content: Base64File | None = None
        self._href: str | None = None
        """What an Include in the content names, None where there is none."""
        self.included: dict[str, etree._Element] = {}
        self._cause: Exception | None = None

    @property
    def cause(self) -> Exception | None:
        """What was raised here, None where nothing was."""
        return self._cause

    def start(self, tag: str, attributes: Mapping[str, str], nsmap: Mapping[str, str]) -> None:
        self._check_shape(len(attributes) + len(nsmap))
        if self.is_signed or self._is_guarded(tag):
            return
        self._count(sum(len(name) + len(value) for name, value in attributes.items()))
        within_file = bool(self._path) and self._path[-1] == FILE
        is_called = self._called is None and len(self._path) == 2 and self._path[1] in BODIES
        self._path.append(tag)
        if self._content is None:
            scopes = {prefix or None: uri for prefix, uri in nsmap.items()}
            element = self._builder.start(tag, dict(attributes), scopes)
            if is_called:
                self._called = element
            if tag == CONTENT and within_file:
                self.admit_files()
                self._content = Base64File(self._files)
        elif tag == XOP_INCLUDE and self._href is None:
            self._href = attributes.get("href", "")
        else:
            self._refuse("call_invalid", "tepDinhKem/noiDung", "an element stands in it")

    def _check_shape(self, attributes: int) -> None:
        """Check one element more, also of an envelope that is kept whole: it is parsed again."""
        self.events += 1
        self._elements += 1
        self._depth += 1
        if self._depth > DEEPEST or self._elements > MOST_ELEMENTS or attributes > MOST_ATTRIBUTES:
            why = f"over {DEEPEST} deep, {MOST_ELEMENTS} elements, or {MOST_ATTRIBUTES} attributes"
            self._refuse("call_invalid", f"element {self._elements}", why)

    def data(self, text: str) -> None:
        self.events += 1
        if self.is_signed:
            return
        if self._content is not None:
            self._kept(lambda content: content.write(text))
        else:
            self._count(len(text))
            self._builder.data(text)

    def end(self, tag: str) -> None:
        self.events += 1
        self._depth -= 1
        if self.is_signed:
            return
        self._path.pop()
        if tag == XOP_INCLUDE and self._content is not None:
            return
        element = self._builder.end(tag)
        if self._content is not None and tag == CONTENT:
            self._end_content(element)
        elif self._is_header(tag):
            self._header = element

    def _is_header(self, tag: str) -> bool:
        version = self._version
        found = version is not None and tag == version.tag("Header")
        return found and len(self._path) == 1 and self._header is None

    def _is_guarded(self, tag: str) -> bool:
        """Ask the guard at the operation's element; return whether the envelope is signed."""
        if not self._path:
            self._version = next((it for it in Version if tag == it.tag("Envelope")), None)
        version = self._version
        if self.is_called or version is None or self._guard is None:
            return False
        if len(self._path) != 2 or self._path[1] != version.tag("Body"):
            return False
        self.is_called = True
        try:
            self.is_signed = self._guard.begins(self._header, version)
        except Exception as error:
            self._cause = error
            raise
        return self.is_signed

    def _end_content(self, element: etree._Element) -> None:
        if self._href is None:
            self._kept(lambda content: put_sha256(element, content.finish()))
        else:
            part = content_id_of(self._href)
            if not part or part in self.included or not self._content_is_empty():
                self._refuse(
                    "call_invalid",
                    "xop:Include",
                    "alone, with the cid: of a part of its own as href",
                )
            self.included[part] = element
            self.abandon()
        self._content, self._href = None, None

    def admit_files(self) -> None:
        if self._called is None:
            self._refuse("call_invalid", "tepDinhKem", "a file stands in no operation")
        try:
            self._files.admit(self._called)
        except Exception as error:
            self._cause = error
            raise

    def _content_is_empty(self) -> bool:
        return self._content is not None and self._content.is_empty

    def _kept(self, act: Callable[[Base64File], None]) -> None:
        assert self._content is not None  # noqa: S101 - its callers have asked
        try:
            act(self._content)
        except Exception as error:
            self._cause = error
            raise

    def doctype(self, *_: object) -> None:
        self._refuse("xml_broken", "DOCTYPE", "a DTD is not allowed")

    def comment(self, _: str) -> None:
        """Leave comments out."""
        self.events += 1

    def pi(self, *_: object) -> None:
        self._refuse("xml_broken", "envelope", "a processing instruction is not allowed")

    def close(self) -> etree._Element | None:
        try:
            root: etree._Element = self._builder.close()
        except etree.XMLSyntaxError:  # the parser raises the cause
            return None
        return root

    def abandon(self) -> None:
        if self._content is not None:
            self._content.abandon()

    def _count(self, letters: int) -> None:
        self._text += letters
        if self._text > LONGEST_TEXT:
            why = f"over {LONGEST_TEXT} letters beside its files"
            self._refuse("message_too_large", "envelope", why)

    def _refuse(self, code: str, where: str, why: str) -> NoReturn:
        self._cause = InvalidMessage(code, where=where, why=why)
        raise self._cause


def content_id_of(href: str) -> str:
    """Return the Content-ID that a `cid:` address names, "" where it is none."""
    return unquote(href.removeprefix("cid:")) if href.startswith("cid:") else ""


def put_sha256(element: etree._Element, sha256: str) -> None:
    """Have a content element name its file: its text is the SHA-256 as base64."""
    element.text = base64.b64encode(bytes.fromhex(sha256)).decode()


def sha256_of(element: etree._Element) -> str:
    """Return the file that `put_sha256` named."""
    return base64.b64decode(element.text or "").hex()


def _not_base64() -> InvalidMessage:
    return InvalidMessage("call_invalid", where="tepDinhKem/noiDung", why="not base64")
