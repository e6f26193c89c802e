"""The content of a message for a page: personal fields masked, and what differs from another one.

Which fields are personal the catalogue says, by message type. What nobody declared is shown as it
is; a message of an unknown type is shown without any content.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from hub.messages.catalog import CATALOG
from hub.messages.envelope import Message
from hub.messages.message_type import MessageType

MASK = "•••"
_TYPES = {name: each for each in CATALOG for name in (each.name, *each.former_names)}


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldDifference:
    """A field that is not as it was in the message before; values are masked JSON."""

    field: str
    before: str
    after: str


def shown(message: Message, *, unmasked: bool = False) -> str:
    """Return the payload as indented JSON, "" for a type that the catalogue does not have."""
    payload = _payload(message, unmasked=unmasked)
    return "" if payload is None else json.dumps(payload, ensure_ascii=False, indent=2)


def masked_fields(message: Message) -> tuple[str, ...]:
    """Return the names, on the wire, of the fields that are masked."""
    known = _TYPES.get(message.type)
    return () if known is None else tuple(sorted(_personal(known)))


def fields_of(record: Any) -> list[tuple[str, str]]:
    """Return the fields of a record that say something, by their names on the wire."""
    values: dict[str, Any] = msgspec.to_builtins(record)
    return [(name, str(value)) for name, value in values.items() if value not in ("", None)]


def differences(
    before: Message, after: Message, *, unmasked: bool = False
) -> list[FieldDifference]:
    """Return the fields in which two messages of a type differ, by name."""
    old, new = _payload(before, unmasked=True) or {}, _payload(after, unmasked=True) or {}
    hidden = frozenset() if unmasked else _hidden(after)
    return [
        FieldDifference(
            field=name,
            before=_short(old.get(name), hide=name in hidden),
            after=_short(new.get(name), hide=name in hidden),
        )
        for name in sorted(old.keys() | new.keys())
        if not _is_same(old.get(name), new.get(name))
    ]


def _is_same(one: object, other: object) -> bool:
    """Return whether two values are equal; a moment may be written in two zones."""
    if isinstance(one, str) and isinstance(other, str):
        one, other = _moment(one) or one, _moment(other) or other
    return one == other


def _moment(value: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found if found.tzinfo else None


def _payload(message: Message, *, unmasked: bool) -> dict[str, Any] | None:
    if message.type not in _TYPES:
        return None
    payload: dict[str, Any] = msgspec.json.decode(message.payload, type=dict)
    if unmasked:
        return payload
    hidden = _hidden(message)
    return {name: _masked(it) if name in hidden else it for name, it in payload.items()}


def _hidden(message: Message) -> frozenset[str]:
    return frozenset(masked_fields(message))


def _personal(type: MessageType) -> frozenset[str]:
    names: Mapping[str, str] = {
        field.name: field.encode_name for field in msgspec.structs.fields(type.payload)
    }
    return frozenset(names[name] for name in type.personal)


def _masked(value: Any) -> Any:
    """Return a value with every word and number in it masked; its form stays."""
    if isinstance(value, dict):
        return {name: _masked(it) for name, it in value.items()}
    if isinstance(value, list):
        return [_masked(it) for it in value]
    return value if value is None or value == "" or isinstance(value, bool) else MASK


def _short(value: object, *, hide: bool) -> str:
    text = json.dumps(_masked(value) if hide else value, ensure_ascii=False)
    return text if len(text) <= 300 else f"{text[:300]}…"
