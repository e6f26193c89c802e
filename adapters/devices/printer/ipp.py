"""IPP on the wire (RFC 8010): requests as bytes, replies read within limits. Pure.

Only what the hub's operations need is written. Everything that a printer may answer is read; a
reply that breaks the form is refused as a whole, because half of one proves nothing. A request has
the same form: the simulated printer reads and answers with the same functions.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

MEDIA_TYPE = "application/ipp"
VERSION = (2, 0)
_DEEPEST = 8
"""Collections inside collections; those of printers have three."""
_END_OF_ATTRIBUTES = 0x03
_DELIMITERS = 0x0F
"""The highest tag that begins a group; higher ones begin a value."""
_COLLECTION, _END_OF_COLLECTION, _MEMBER = 0x34, 0x37, 0x4A


class Operation(IntEnum):
    """The operations that the hub calls."""

    PRINT_JOB = 0x0002
    VALIDATE_JOB = 0x0004
    GET_JOB_ATTRIBUTES = 0x0009
    GET_JOBS = 0x000A
    GET_PRINTER_ATTRIBUTES = 0x000B


class Group(IntEnum):
    """The groups of attributes that the hub writes and reads."""

    OPERATION = 0x01
    JOB = 0x02
    PRINTER = 0x04


class Tag(IntEnum):
    """The syntaxes that the hub writes."""

    INTEGER = 0x21
    BOOLEAN = 0x22
    ENUM = 0x23
    TEXT = 0x41
    NAME = 0x42
    KEYWORD = 0x44
    URI = 0x45
    CHARSET = 0x47
    LANGUAGE = 0x48
    MEDIA_TYPE = 0x49


_WORDS: Final = frozenset(range(0x41, 0x4A)) | {0x35, 0x36}
"""Syntaxes whose values are text; two of them carry a language."""
Value = bool | int | str | bytes | tuple[int, ...] | None | Mapping[str, "Values"]
"""A value as it is used: octets stay bytes, a range or a resolution is a tuple of numbers, a
collection maps names to values, None stands for `unknown` and its like."""
Values = Sequence[Value]
Attributes = Mapping[str, Values]


class UnreadableReply(ValueError):
    """Bytes that are no reply by IPP; the text names the place."""


@dataclass(frozen=True, slots=True)
class Written:
    """One attribute of a request: its syntax, its name and its values."""

    tag: Tag
    name: str
    values: tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IppReply:
    """What a printer answered."""

    status: int
    request_id: int
    groups: Sequence[tuple[int, Attributes]]
    rest: bytes = b""
    """What follows the attributes: the document of a request, nothing in a reply."""
    version: tuple[int, int] = VERSION
    response_hash: str = ""
    """sha256 of the reply as received."""

    @property
    def well(self) -> bool:
        """Whether the operation was done; also where some attributes were ignored."""
        return self.status < 0x0100

    def group(self, wanted: Group) -> Attributes:
        """Return the first group of a kind, an empty one where there is none."""
        return next(iter(self.all(wanted)), {})

    def all(self, wanted: Group) -> list[Attributes]:
        """Return every group of a kind, in order."""
        return [attributes for tag, attributes in self.groups if tag == wanted]


def write_request(
    operation: int,
    request_id: int,
    groups: Sequence[tuple[Group, Sequence[Written]]],
    *,
    document: bytes = b"",
    version: tuple[int, int] = VERSION,
) -> bytes:
    """Return a request, or a reply with its status as `operation`.

    Charset and language come first in its first group, as IPP wants them.
    """
    out = bytearray(struct.pack(">BBHI", *version, operation, request_id))
    charset = Written(Tag.CHARSET, "attributes-charset", ("utf-8",))
    language = Written(Tag.LANGUAGE, "attributes-natural-language", ("vi",))
    for place, (group, attributes) in enumerate(groups):
        out.append(group)
        for attribute in (*((charset, language) if place == 0 else ()), *attributes):
            out += _written(attribute)
    out.append(_END_OF_ATTRIBUTES)
    return bytes(out) + document


def _written(attribute: Written) -> bytes:
    out = bytearray()
    name = attribute.name.encode("ascii")
    for value in attribute.values:
        if attribute.tag is Tag.BOOLEAN:
            raw = struct.pack(">?", value)
        else:
            raw = struct.pack(">i", value) if isinstance(value, int) else value.encode("utf-8")
        out += struct.pack(">BH", attribute.tag, len(name)) + name
        out += struct.pack(">H", len(raw)) + raw
        name = b""  # a further value of the same attribute
    return bytes(out)


def read_reply(raw: bytes) -> IppReply:
    """Read a reply. Raises UnreadableReply."""
    reader = _Reader(raw)
    try:
        *version, status, request_id = struct.unpack(">BBHI", reader.read(8))
        groups = list(reader.groups())
    except (struct.error, UnicodeDecodeError) as error:
        raise UnreadableReply(f"{type(error).__name__} at byte {reader.at}") from None
    return IppReply(
        status=status,
        request_id=request_id,
        groups=groups,
        rest=raw[reader.at :],
        version=(version[0], version[1]),
    )


class _Reader:
    """Goes through the bytes of one reply."""

    def __init__(self, raw: bytes) -> None:
        self._raw, self.at = raw, 0

    def read(self, length: int) -> bytes:
        piece = self._raw[self.at : self.at + length]
        if len(piece) < length:
            raise UnreadableReply(f"the reply ends at byte {len(self._raw)}")
        self.at += length
        return piece

    def groups(self) -> "Sequence[tuple[int, Attributes]]":
        found: list[tuple[int, Attributes]] = []
        tag = self.read(1)[0]
        while tag != _END_OF_ATTRIBUTES:
            if tag > _DELIMITERS:
                raise UnreadableReply(f"no group begins at byte {self.at - 1}")
            attributes: dict[str, list[Value]] = {}
            found.append((tag, attributes))
            name = ""
            while (tag := self.read(1)[0]) > _DELIMITERS:
                given = self._text()
                name = given or name
                if not name:
                    raise UnreadableReply(f"a value without a name at byte {self.at}")
                attributes.setdefault(name, []).append(self._value(tag, 0))
        return found

    def _text(self) -> str:
        return self._octets().decode("utf-8")

    def _octets(self) -> bytes:
        (length,) = struct.unpack(">H", self.read(2))
        return self.read(length)

    def _value(self, tag: int, depth: int) -> Value:
        raw = self._octets()
        if tag == _COLLECTION:
            return self._collection(depth + 1)
        if tag < 0x20:
            return None
        if tag in (0x21, 0x23):
            return int(struct.unpack(">i", raw)[0])
        if tag == 0x22:
            return bool(struct.unpack(">?", raw)[0])
        if tag == 0x32:
            return struct.unpack(">iib", raw)
        if tag == 0x33:
            return struct.unpack(">ii", raw)
        if tag in (0x35, 0x36):
            (length,) = struct.unpack_from(">H", raw)
            return raw[length + 4 :].decode("utf-8")
        return raw.decode("utf-8") if tag in _WORDS else raw

    def _collection(self, depth: int) -> Attributes:
        if depth > _DEEPEST:
            raise UnreadableReply(f"collections inside collections at byte {self.at}")
        members: dict[str, list[Value]] = {}
        name = ""
        while True:
            tag = self.read(1)[0]
            self._octets()  # names stand in values here
            if tag == _END_OF_COLLECTION:
                self._octets()
                return members
            if tag == _MEMBER:
                name = self._text()
            elif tag > _DELIMITERS:
                members.setdefault(name, []).append(self._value(tag, depth))
            else:
                raise UnreadableReply(f"a collection without an end at byte {self.at}")
