"""Between elements and records: read by the record's type, written by its fields.

What is read has passed the schema. A time without a zone, or one that no calendar has, is refused
when the record is made.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from functools import cache, partial
from typing import Any, TypeVar
from xml.sax.saxutils import escape

import msgspec
from lxml import etree
from msgspec import Struct, inspect

from hub.gateway.soap.names import NS, PREFIX
from hub.messages.envelope import place
from hub.messages.invalid import InvalidMessage

StructT = TypeVar("StructT", bound=Struct)
_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LINE_END = {"\r": "&#13;"}
"""A reader would take the bare character for a line feed."""


@dataclass(frozen=True, slots=True)
class _Field:
    """How the elements of one name are read."""

    name: str
    read: Callable[[etree._Element], Any]
    is_list: bool


@cache
def _fields(kind: type[Struct]) -> Mapping[str, _Field]:
    """Return the fields of a record by the tags of their elements."""
    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)  # noqa: S101 - for mypy
    named = [(field.encode_name, _bare(field.type)) for field in info.fields]
    return {f"{{{NS}}}{name}": _field(name, type) for name, type in named}


def _field(name: str, kind: inspect.Type) -> _Field:
    if isinstance(kind, inspect.VarTupleType):
        return _Field(name, _reader(kind.item_type), is_list=True)
    return _Field(name, _reader(kind), is_list=False)


def _reader(kind: inspect.Type) -> Callable[[etree._Element], Any]:
    if isinstance(kind, inspect.StructType):
        return partial(_values, kind=kind.cls)
    if isinstance(kind, inspect.StrType):
        return lambda element: element.text or ""
    if isinstance(kind, inspect.EnumType):
        return lambda element: int(element.text or "")
    return lambda element: (element.text or "").strip()


def _bare(kind: inspect.Type) -> inspect.Type:
    """Return the type of an optional field without its None."""
    if isinstance(kind, inspect.UnionType):
        return next(it for it in kind.types if not isinstance(it, inspect.NoneType))
    return kind


def read(element: etree._Element, kind: type[StructT], *, besides: frozenset[str]) -> StructT:
    """Return the record of an element; children with a tag of `besides` are not its own.

    Raises InvalidMessage `call_invalid` with the path of the field.
    """
    try:
        return msgspec.convert(_values(element, kind, besides), kind, strict=False)
    except msgspec.ValidationError as error:
        raise InvalidMessage("call_invalid", **place(error)) from None


def _values(
    element: etree._Element, kind: type[Struct], besides: frozenset[str] = frozenset()
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    fields = _fields(kind)
    for child in element:
        tag: Any = child.tag
        if tag in besides:
            continue
        field = fields[tag]
        if field.is_list:
            found.setdefault(field.name, []).append(field.read(child))
        else:
            found[field.name] = field.read(child)
    return found


def written(record: Struct) -> str:
    """Return the fields of a record as elements with the prefix of `messages.reply`.

    A character that XML does not have becomes U+FFFD: a name of a file may hold one.
    """
    return _NOT_XML.sub("\ufffd", "".join(_elements(record)))


def _elements(record: Struct) -> Iterator[str]:
    for name, value in _parts(record):
        yield f"<{PREFIX}:{name}>"
        if isinstance(value, Struct):
            yield from _elements(value)
        else:
            yield escape(_text(value), _LINE_END)
        yield f"</{PREFIX}:{name}>"


def _parts(record: Struct) -> Iterator[tuple[str, Any]]:
    for name, encoded in _names(type(record)):
        value = getattr(record, name)
        if isinstance(value, tuple):
            yield from ((encoded, one) for one in value)
        elif value is not None:
            yield encoded, value


@cache  # msgspec evaluates the annotations each time
def _names(kind: type[Struct]) -> tuple[tuple[str, str], ...]:
    return tuple((field.name, field.encode_name) for field in msgspec.structs.fields(kind))


def _text(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case Enum():
            return str(value.value)
        case datetime() | date():
            return value.isoformat()
        case _:
            return str(value)
