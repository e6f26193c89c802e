"""Reads the query of a request into a record; raises InvalidMessage that names the field."""

from collections.abc import Mapping
from functools import cache
from typing import TypeVar

import msgspec

from hub.gateway.partner_calls.refusals import RefusedCall
from hub.messages.envelope import place
from hub.messages.invalid import InvalidMessage

QueryT = TypeVar("QueryT", bound=msgspec.Struct)


def read_query(given: Mapping[str, str], kind: type[QueryT]) -> QueryT:
    """Return the record of a query's fields."""
    check_names(given, kind)
    try:
        return msgspec.convert(dict(given), kind, strict=False)
    except msgspec.ValidationError as error:
        raise InvalidMessage("call_invalid", **place(error)) from None


def check_names(given: Mapping[str, object], kind: type[msgspec.Struct]) -> None:
    """Refuse a field that the record does not have."""
    if strangers := sorted(set(given) - _names_of(kind)):
        where = f"$.{strangers[0][:60]}"
        raise RefusedCall("call_invalid", where=where, why="the operation has no such field")


@cache  # msgspec evaluates the annotations each time
def _names_of(kind: type[msgspec.Struct]) -> frozenset[str]:
    return frozenset(field.encode_name for field in msgspec.structs.fields(kind))
