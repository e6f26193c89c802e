"""A JSON Schema, as OpenAPI and Swagger use it, as a tree of places.

Scalars are texts: a document in YAML and the same one in JSON read alike. References are followed
inside the document only.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from adapters.wire.contracts.places import Places
from hub.rules.contracts import UNKNOWN

_FACETS = (
    "format", "const", "pattern", "minLength", "maxLength", "minimum", "maximum",
    "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minItems", "maxItems", "uniqueItems",
    "minProperties", "maxProperties",
)  # fmt: skip
_BRANCHES = ("oneOf", "anyOf")
DEEPEST = 40


@dataclass
class JsonTree(Places):
    """Opens the schemas of one operation."""

    document: Any

    def schema(
        self, place: str, raw: Any, *, optional: bool = False, within: tuple[str, ...] = ()
    ) -> None:
        """Open a schema below `place`; `within` are the references that lead here."""
        self.step()
        found, opened = self.followed(raw, within)
        often = "optional" if optional else ""
        if found is None:
            self.put(place, [f"{UNKNOWN} {_reference(raw)}", often])
            return
        if opened is None or len(opened) > DEEPEST:
            self.put(place, ["as around it", often])
            return
        found, nothing = self._plain(found, opened)
        self.put(place, [_type(found, nothing=nothing), *_facets(found), often])
        self._inside(place, found, opened)

    def followed(
        self, raw: Any, within: tuple[str, ...] = ()
    ) -> tuple[Any, tuple[str, ...] | None]:
        """Return what a reference means, and all that lead there; None for one that leads back."""
        while isinstance(raw, Mapping) and isinstance(raw.get("$ref"), str):
            name = raw["$ref"]
            if name in within:
                return raw, None
            within = (*within, name)
            raw = pointed(self.document, name)
        return raw, within

    def _plain(self, raw: Any, within: tuple[str, ...]) -> tuple[Mapping[str, Any], bool]:
        """Return a schema with `allOf` merged and the branch `null` taken out; whether it was."""
        if not isinstance(raw, Mapping):
            return {}, False
        found = self._merged(raw, within)
        nothing = found.get("nullable") == "true"
        for name in _BRANCHES:
            branches = [self.followed(it, within)[0] for it in _list(found.get(name))]
            left = [
                it for it, plain in zip(_list(found.get(name)), branches, strict=True)
                if not (isinstance(plain, Mapping) and plain.get("type") == "null")
            ]  # fmt: skip
            nothing = nothing or len(left) < len(branches)
            if len(left) == 1:
                rest = {key: value for key, value in found.items() if key != name}
                inner, more = self._plain(self.followed(left[0], within)[0], within)
                return _joined(rest, inner), nothing or more
            if left:
                found = {**found, name: left}
        return found, nothing

    def _merged(
        self, raw: Mapping[str, Any], within: tuple[str, ...], deep: int = 0
    ) -> dict[str, Any]:
        found: dict[str, Any] = {key: value for key, value in raw.items() if key != "allOf"}
        for part in _list(raw.get("allOf")):
            self.step()
            plain, opened = self.followed(part, within)
            if opened is not None and isinstance(plain, Mapping) and deep < DEEPEST:
                found = _joined(found, self._merged(plain, opened, deep + 1))
        return found

    def _inside(self, place: str, found: Mapping[str, Any], within: tuple[str, ...]) -> None:
        required = {str(it) for it in _list(found.get("required"))}
        for name, inner in sorted(_table(found.get("properties")).items()):
            self.schema(f"{place}/{name}", inner, optional=name not in required, within=within)
        if "items" in found:
            self.schema(f"{place}/[]", found["items"], within=within)
        if isinstance(found.get("additionalProperties"), Mapping):
            self.schema(f"{place}/*", found["additionalProperties"], optional=True, within=within)
        for name in _BRANCHES:
            for label, branch in self.branches(found, name):
                self.schema(f"{place}/<{label}>", branch, optional=True, within=within)

    def branches(self, found: Mapping[str, Any], name: str) -> Iterator[tuple[str, Any]]:
        """Yield the alternatives of a schema with a label: their value of the discriminator."""
        mapping = _table(_table(found.get("discriminator")).get("mapping"))
        labels = {value: key for key, value in mapping.items() if isinstance(value, str)}
        for number, branch in enumerate(_list(found.get(name)), 1):
            reference = _reference(branch)
            yield labels.get(reference, reference.rpartition("/")[2] or str(number)), branch


def pointed(document: Any, reference: str) -> Any:
    """Return what a JSON pointer (`#/a/b`) names, None where there is nothing or another file."""
    if not reference.startswith("#"):
        return None
    for part in reference[1:].split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if not isinstance(document, Mapping) or name not in document:
            return None
        document = document[name]
    return document


def _joined(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """Return two schemas of the same thing as one."""
    tables = ("properties", "discriminator")
    joined = {**second, **first}
    for name in tables:
        if name in first and name in second:
            joined[name] = {**_table(second[name]), **_table(first[name])}
    if "required" in first and "required" in second:
        joined["required"] = [*_list(first["required"]), *_list(second["required"])]
    return joined


def _type(found: Mapping[str, Any], *, nothing: bool) -> str:
    kinds = found.get("type")
    names = (
        {str(it) for it in kinds} if isinstance(kinds, list) else {str(kinds)} if kinds else set()
    )
    if not names:
        names = {"object"} if "properties" in found else {"array"} if "items" in found else set()
    if nothing or "null" in names:
        names = {*names, "null"}
    return " or ".join(sorted(names))


def _facets(found: Mapping[str, Any]) -> Iterator[str]:
    for name in _FACETS:
        value = found.get(name)
        if isinstance(value, str):
            yield f"{name} {value}"
    if values := _list(found.get("enum")):
        yield f"one of {' | '.join(sorted(map(str, values)))}"
    if found.get("additionalProperties") == "false":
        yield "nothing else"


def _reference(raw: Any) -> str:
    return str(raw.get("$ref", "")) if isinstance(raw, Mapping) else ""


def _table(raw: Any) -> Mapping[str, Any]:
    return raw if isinstance(raw, Mapping) else {}


def _list(raw: Any) -> list[Any]:
    return raw if isinstance(raw, list) else []
