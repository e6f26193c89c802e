"""JSON Schema as tables: each field with its type, its rule and what it means."""

from collections.abc import Mapping
from typing import Any

from hub.gateway.docs.html import Html, code, element, join, link, marked, table
from hub.gateway.docs.pages import page_text
from hub.texts.catalog import Language

Schema = Mapping[str, Any]
_RANGES = (
    ("minLength", "maxLength", "chars"),
    ("minimum", "maximum", ""),
    ("minItems", "maxItems", "items"),
)
_CLEAN = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
"""No control characters: no text may have them, so it is not said at each."""


def fields(schema: Schema, language: Language) -> Html:
    """Return the fields of an object as a table."""
    head = [page_text(it, language) for it in ("name", "type", "rule", "means")]
    needed = set(schema.get("required", ()))
    rows: list[list[str]] = [
        [_name(name, name in needed, language), kind(of, language), rule(of, language), _means(of)]
        for name, of in schema.get("properties", {}).items()
    ]
    return table(head, rows)


def kind(schema: Schema, language: Language) -> Html:
    """Return the type of a value, with a link where it is a record of its own."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return link(name, f"#{name}")
    if "anyOf" in schema or "oneOf" in schema:
        several = schema.get("anyOf") or schema.get("oneOf") or ()
        parts = [kind(one, language) for one in several]
        return _between(parts, " | ")
    if "enum" in schema or "const" in schema:
        values = schema.get("enum", [schema.get("const")])
        return _between([code(str(value)) for value in values], " ")
    if schema.get("type") == "array":
        return join(page_text("list_of", language) + " ", kind(schema.get("items", {}), language))
    shown = str(schema.get("type", ""))
    return join(shown, f" ({schema['format']})" if "format" in schema else "")


def rule(schema: Schema, language: Language) -> Html:
    """Return what a value must be beside its type."""
    parts = []
    for least, most, unit in _RANGES:
        low, high = schema.get(least), schema.get(most)
        if low is not None or high is not None:
            shown = f"≥ {low}" if high is None else f"≤ {high}" if not low else f"{low} – {high}"
            parts.append(join(shown, f" {page_text(unit, language)}" if unit else ""))
    if "exclusiveMinimum" in schema:
        parts.append(join(f"> {schema['exclusiveMinimum']}"))
    if schema.get("pattern", _CLEAN) != _CLEAN:
        parts.append(code(schema["pattern"]))
    if "default" in schema and schema["default"] not in ("", [], None):
        parts.append(join("= ", code(str(schema["default"]))))
    return _between(parts, ", ")


def _name(name: str, needed: bool, language: Language) -> Html:
    mark = element("span", page_text("needed", language), class_="needed") if needed else ""
    return join(code(name), " " if needed else "", mark)


def _means(schema: Schema) -> Html:
    return marked(str(schema.get("description", "")))


def _between(parts: list[Html], separator: str) -> Html:
    found = [part for one in parts for part in (join(separator), one)]
    return join(*found[1:])
