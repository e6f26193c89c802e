"""The fields of a contract as a shape to read by: names, kinds, lists, and nothing about values.

Made from the records that stand for the contract, so that there is one list of names. Patterns and
lengths are left out: they are for what the hub sends. What a reply may conclude is the adapter's.
"""

from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import inspect


class Kind(Enum):
    """What stands in a field."""

    TEXT = "text"
    NUMBER = "number"
    TRUTH = "truth"
    RECORD = "record"
    UNREAD = "unread"
    """The contract has it, the hub does not read it."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field, by its name on the wire."""

    name: str
    kind: Kind
    order: int
    many: bool = False
    """Whether there may be any number of them."""
    needed: bool = True
    """Whether the contract has it in each reply."""
    nullable: bool = False
    """Whether the contract lets it be null."""
    shape: "Shape | None" = None
    """Of a record."""


class Shape:
    """The fields of one record."""

    __slots__ = ("by_letters", "fields", "keeps_others", "name")

    def __init__(self, name: str, fields: tuple[Field, ...], *, keeps_others: bool = False) -> None:
        self.name = name
        self.keeps_others = keeps_others
        """Whether what the contract does not have is read as well, as texts: `record.OTHERS`."""
        self.fields = {field.name: field for field in fields}
        self.by_letters = {field.name.casefold(): field for field in fields}
        """By the name in small letters, for partners whose serialiser changes the case."""

    def knows(self, name: str) -> bool:
        """Tell whether a field has this name, in whatever case."""
        return name in self.fields or name.casefold() in self.by_letters


@lru_cache(maxsize=256)
def shape_of(record: type[msgspec.Struct]) -> Shape:
    """Return the shape of a contract's record.

    A class variable `keeps_others` says that what the contract does not have is kept as well.
    """
    found = inspect.type_info(record)
    if not isinstance(found, inspect.StructType):
        raise TypeError(f"{record.__name__} is no record")
    fields = [_field(it, order) for order, it in enumerate(found.fields)]
    keeps_others = getattr(record, "keeps_others", False)
    return Shape(record.__name__, tuple(fields), keeps_others=keeps_others)


def _field(field: inspect.Field, order: int) -> Field:
    kind, many, record = _kind(field.type)
    shape = shape_of(record) if record else None
    options = field.type.types if isinstance(field.type, inspect.UnionType) else ()
    nullable = any(isinstance(it, inspect.NoneType) for it in options)
    needed = field.required and not many
    return Field(field.encode_name, kind, order, many, needed, nullable, shape)


def _kind(found: Any) -> tuple[Kind, bool, type[msgspec.Struct] | None]:
    """Return kind, whether there are many, and the record that it is."""
    match found:
        case inspect.UnionType():
            kinds = [_kind(it) for it in found.types if not isinstance(it, inspect.NoneType)]
            return kinds[0] if len(kinds) == 1 else (Kind.TEXT, False, None)
        case inspect.VarTupleType() | inspect.ListType():
            kind, _, record = _kind(found.item_type)
            return kind, True, record
        case inspect.StructType():
            return Kind.RECORD, False, found.cls
        case inspect.IntType() | inspect.FloatType():
            return Kind.NUMBER, False, None
        case inspect.BoolType():
            return Kind.TRUTH, False, None
        case inspect.AnyType():
            return Kind.UNREAD, False, None
    return Kind.TEXT, False, None
