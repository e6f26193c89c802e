"""The fields of a message as a form shows them, and the payload that a filled form makes. Pure.

Fields come from the schema of the message type. A field that the visitor may not read is shown
masked and keeps its value, whatever a form says; so does the dossier number.
"""

import copy
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from hub.console.forms.filled import FormRefused
from hub.messages import catalog
from hub.messages.envelope import Message
from hub.texts import both

PREFIX = "f."
"""Before the path of a field in the form."""
MASK = "•••"


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """One value of the payload: where it stands, and how it is typed."""

    path: str
    """E.g. `chuHoSo.hoTen`, `thanhPhanHoSo.0.tenThanhPhan`."""
    kind: str
    """`text`, `whole`, `number`, `flag` or `choice`."""
    value: str
    allowed: tuple[str | int, ...] = ()
    """The values of a choice, as the schema has them."""
    longest: int = 0
    optional: bool = False
    nullable: bool = False
    """Nothing is written as null."""
    fixed: bool = False
    """Shown, and not to be changed."""

    @property
    def name(self) -> str:
        """Name of the field in the form."""
        return PREFIX + self.path

    @property
    def choices(self) -> tuple[str, ...]:
        """The values of a choice, as they are shown and typed."""
        return tuple(_shown(it) for it in self.allowed)


def form_fields(message: Message, *, unmasked: bool) -> list[FormField]:
    """Return the fields of a message in the order of its schema. KeyError for an unknown type."""
    return [it for it, _ in _fields(message, unmasked=unmasked)]


def corrected(message: Message, typed: Mapping[str, str], *, unmasked: bool) -> bytes:
    """Return the payload with what was typed; a field that was not typed keeps its value.

    Raises FormRefused, which names the field.
    """
    payload = copy.deepcopy(_payload(message))
    for field, steps in _fields(message, unmasked=unmasked):
        given = typed.get(field.name)
        if field.fixed or given is None or given == field.value:
            continue
        *way, last = steps
        place: Any = payload
        for step in way:
            place = place[step]
        place[last] = _read(field, given)
    return msgspec.json.encode(payload)


Step = str | int


def _fields(message: Message, *, unmasked: bool) -> Iterator[tuple[FormField, list[Step]]]:
    entry = catalog.find(message.type, message.version)
    names = {it.name: it.encode_name for it in msgspec.structs.fields(entry.payload)}
    hidden = set() if unmasked else {names[name] for name in entry.personal}
    kept = hidden | {names.get("number", "")}
    schema = msgspec.json.schema(entry.payload)
    for field, steps in _walk(schema, schema["$defs"], _payload(message), []):
        top = str(steps[0])
        value = MASK if top in hidden and field.value else field.value
        yield replace(field, value=value, fixed=top in kept), steps


def _payload(message: Message) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(message.payload, type=dict)
    return found


def _walk(
    schema: Mapping[str, Any], defs: Mapping[str, Any], value: Any, steps: list[Step]
) -> Iterator[tuple[FormField, list[Step]]]:
    node, optional = _resolved(schema, defs)
    if node.get("type") == "object" and "properties" in node:
        there = value if isinstance(value, dict) else {}
        required = node.get("required", ())
        for name, inner in node["properties"].items():
            if name in there or name not in required:
                default = there.get(name, inner.get("default"))
                if isinstance(default, dict) or name in there or not isinstance(default, list):
                    yield from _walk(inner, defs, default, [*steps, name])
    elif node.get("type") == "array":
        for index, item in enumerate(value or ()):
            yield from _walk(node.get("items", {}), defs, item, [*steps, index])
    elif not isinstance(value, dict | list):
        yield _leaf(node, value, steps, optional=optional), steps


def _resolved(schema: Mapping[str, Any], defs: Mapping[str, Any]) -> tuple[Mapping[str, Any], bool]:
    """Return a schema without references, and whether the value may be missing."""
    optional = False
    while "$ref" in schema or "anyOf" in schema:
        if "$ref" in schema:
            schema = defs[schema["$ref"].rpartition("/")[2]]
        else:
            parts = [it for it in schema["anyOf"] if it.get("type") != "null"]
            optional = optional or len(parts) < len(schema["anyOf"])
            schema = parts[0]
    return schema, optional


def _leaf(node: Mapping[str, Any], value: Any, steps: list[Step], *, optional: bool) -> FormField:
    kinds = {"boolean": "flag", "integer": "whole", "number": "number"}
    kind = "choice" if "enum" in node else kinds.get(node.get("type", ""), "text")
    return FormField(
        path=".".join(map(str, steps)),
        kind=kind,
        value=_shown(value),
        allowed=tuple(node.get("enum", ())),
        longest=node.get("maxLength", 0),
        optional=optional or (kind == "text" and not node.get("minLength", 0)),
        nullable=optional,
    )


def _shown(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _read(field: FormField, typed: str) -> Any:
    """Return the value of what was typed. Raises FormRefused."""
    text = typed.replace("\r\n", "\n").strip()
    if not text and field.nullable:
        return None
    if field.kind == "choice":
        return _chosen(field, text)
    if field.kind == "flag":
        if text not in ("true", "false"):
            raise FormRefused(both("forms.not_a_choice", field=field.path))
        return text == "true"
    if field.kind == "whole":
        try:
            return int(text)
        except ValueError:
            raise FormRefused(both("forms.no_whole_number", field=field.path)) from None
    return _number(field, text) if field.kind == "number" else text


def _chosen(field: FormField, text: str) -> str | int:
    """Return the schema's own value of a choice: a code of digits may be a text."""
    for value in field.allowed:
        if _shown(value) == text:
            return value
    raise FormRefused(both("forms.not_a_choice", field=field.path))


def _number(field: FormField, text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise FormRefused(both("forms.no_number", field=field.path))
    return found
