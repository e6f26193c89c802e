"""Every message type, declared once: the wire name is here and nowhere else.

Routing key, JSON Schema, masking and labels are derived from these entries. `compose` and `read`
are the only ways between a payload record and a message, so nothing unchecked gets in or out.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from hub.messages import payloads as p
from hub.messages.envelope import OUT_OF_RANGE, YEARS, Attachment, Message, place
from hub.messages.folding import folded
from hub.messages.identifiers import new_id
from hub.messages.invalid import InvalidMessage
from hub.messages.message_type import MessageType
from hub.messages.message_types import (
    CATALOG,
    DEVICES,
    NOT_OF_DEVICES,
    PARTNER,
    PARTNERS,
    PROVINCIAL,
    RECORDS,
    TOWN_CENTER,
)

__all__ = [
    "CATALOG",
    "DEVICES",
    "NOT_OF_DEVICES",
    "PARTNER",
    "PARTNERS",
    "PROVINCIAL",
    "READERS",
    "RECORDS",
    "TOWN_CENTER",
    "Opened",
    "agree_in_content",
    "compose",
    "dedup_key",
    "find",
    "further_key",
    "may_be_superseded",
    "open",
    "read",
    "type_of",
]

_by_wire: dict[tuple[str, int], MessageType] = {}
for _entry in CATALOG:
    for _name in (_entry.name, *_entry.former_names):
        if (_name, _entry.version) in _by_wire:
            raise ValueError(f"{_name} v{_entry.version} is declared twice")
        _by_wire[_name, _entry.version] = _entry
_by_payload = {entry.payload: entry for entry in CATALOG}
READERS = {entry.name: entry.reader for entry in CATALOG if entry.reader != RECORDS}
"""The destination that reads each message which the hub delivers."""
_decoders: dict[type, msgspec.json.Decoder[Any]] = {
    entry.payload: msgspec.json.Decoder(entry.payload) for entry in CATALOG
}
_times: dict[type, dict[str, str]] = {
    entry.payload: {
        field.name: field.encode_name
        for field in msgspec.structs.fields(entry.payload)
        if field.type in (p.Aware, p.Aware | None)
    }
    for entry in CATALOG
}
"""Payload record -> its fields that are times, with their wire names."""
_encoder = msgspec.json.Encoder()


def find(name: str, version: int) -> MessageType:
    """Return the entry; raises InvalidMessage (`type_unknown` or `version_unknown`)."""
    entry = _by_wire.get((name, version))
    if entry:
        return entry
    known = sorted(v for n, v in _by_wire if n == name)
    if known:
        raise InvalidMessage(
            "version_unknown", where="$.version", why=f"{name} has versions {known}, not {version}"
        )
    raise InvalidMessage("type_unknown", where="$.type", why=f"no message type {name[:60]!r}")


def type_of(payload: p.Payload | type[p.Payload]) -> MessageType:
    """Return the entry of a payload record or of its class."""
    return _by_payload[payload if isinstance(payload, type) else type(payload)]


def compose(
    payload: p.Payload,
    *,
    time: datetime,
    source: str,
    key: str | None = None,
    id: str | None = None,
    correlation_id: str | None = None,
    causation_id: str = "",
    attachments: Iterable[Attachment] = (),
) -> Message:
    """Return the message that says `payload`; the key defaults to the payload's dossier number."""
    entry = _by_payload[type(payload)]
    identity = id or new_id()
    return Message(
        id=identity,
        type=entry.name,
        version=entry.version,
        key=payload.number if key is None else key,
        time=time,
        source=source,
        correlation_id=correlation_id or identity,
        causation_id=causation_id,
        payload=msgspec.Raw(_encoder.encode(payload)),
        attachments=tuple(attachments),
    )


@dataclass(frozen=True, slots=True)
class Opened:
    """A checked message, with what its acceptance needs of it."""

    entry: MessageType
    payload: p.Payload
    dedup_key: str
    """The text that is the same for two messages that say the same thing (else the id)."""


def open(  # noqa: A001 - always called as `catalog.open`
    message: Message, payload: p.Payload | None = None
) -> Opened:
    """Return the entry, the checked payload and the key of a message; raises as `read` does.

    `payload`: the record that the message was just composed of. It is not decoded again.
    """
    entry = find(message.type, message.version)
    payload = _read(entry, message) if payload is None else _checked(entry, message, payload)
    return Opened(entry, payload, _dedup_key(entry, message, payload))


def read(message: Message) -> p.Payload:
    """Return the checked payload of `message`; raises InvalidMessage with place and reason."""
    return _read(find(message.type, message.version), message)


def _read(entry: MessageType, message: Message) -> p.Payload:
    try:
        payload: p.Payload = _decoders[entry.payload].decode(message.payload)
    except msgspec.ValidationError as error:
        found = place(error)
        where = found["where"].replace("$", "$.payload", 1)
        raise InvalidMessage("payload_invalid", where=where, why=found["why"]) from None
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidMessage("json_broken", where="$.payload", why=str(error)) from None
    return _checked(entry, message, payload)


def _checked(entry: MessageType, message: Message, payload: p.Payload) -> p.Payload:
    _check(payload)
    if entry.needs_file and not message.attachments:
        raise InvalidMessage("envelope_invalid", where="$.attachments", why="there is no file")
    return payload


def _check(payload: p.Payload) -> None:
    """Refuse what the types let through: a line end behind a number, a time out of this world."""
    if payload.number.endswith("\n"):  # a pattern's `$` also stands before a last line end
        why = "a line end behind the number"
        raise InvalidMessage("payload_invalid", where="$.payload.maHoSo", why=why)
    for name, wire_name in _times[type(payload)].items():
        time = getattr(payload, name)
        if time is not None and time.year not in YEARS:
            where = f"$.payload.{wire_name}"
            raise InvalidMessage("payload_invalid", where=where, why=OUT_OF_RANGE)


def may_be_superseded(payload: p.Payload) -> bool:
    """Tell whether a newer message of this type makes this one needless."""
    field = _by_payload[type(payload)].newest_if
    return bool(field) and bool(getattr(payload, field))


def agree_in_content(message: Message, other: Message) -> bool:
    """Tell whether two messages of a type agree in content: payload but for the circumstances, and
    which files for which components. What may differ is compared as a person reads it."""
    ours, theirs = (
        {(file.sha256, file.component) for file in one.attachments} for one in (message, other)
    )
    payload, other_payload = read(message), read(other)
    entry = find(message.type, message.version)
    loose = (*entry.circumstances, *entry.may_differ)
    if type(payload) is not type(other_payload) or ours != theirs:
        return False
    if _read_as(payload, entry.may_differ) != _read_as(other_payload, entry.may_differ):
        return False
    same = {name: getattr(payload, name) for name in loose}
    return payload == msgspec.structs.replace(other_payload, **same)


def _read_as(payload: p.Payload, names: Iterable[str]) -> list[str]:
    return [folded(str(getattr(payload, name))) for name in names]


def further_key(message: Message, payload: p.Payload) -> str:
    """Return the key of a thing that differs from the first one with its `dedup_key`; "" where two
    such things contradict one another. No text of the payload can be read from it."""
    if not (names := find(message.type, message.version).may_differ):
        return ""
    files = sorted(f"{file.sha256} {file.component}" for file in message.attachments)
    content = msgspec.json.encode([_read_as(payload, names), files])
    return f"{dedup_key(message, payload)}|{hashlib.sha256(content).hexdigest()}"


def dedup_key(message: Message, payload: p.Payload) -> str:
    """Return the text that is the same for two tellings of the same thing (else the id)."""
    return _dedup_key(find(message.type, message.version), message, payload)


def _dedup_key(entry: MessageType, message: Message, payload: p.Payload) -> str:
    if not entry.dedup:
        return message.id
    return "|".join((entry.name, *(str(getattr(payload, name)) for name in entry.dedup)))
