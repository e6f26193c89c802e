"""Turns what TOML gave into the records, key by key, so that every wrong key is named."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

import msgspec

from adapters.wire.profile import kinds
from adapters.wire.profile.kinds import ProfileKey, Section
from adapters.wire.profile.problem import ProfileProblem, ProfileSource, dotted
from hub.texts import Text, both

Kind = TypeVar("Kind", bound=Section)


@dataclass(frozen=True, slots=True)
class Problems:
    """Gathers what is wrong, with its place."""

    found: list[ProfileProblem]
    sources: Mapping[tuple[str, ...], ProfileSource]

    def add(self, path: tuple[str, ...], why: Text) -> None:
        """Note a problem of the key `path`."""
        near = path
        while near and near not in self.sources:
            near = near[:-1]
        # A section as a whole has the place of its first key.
        inside = [it for at, it in self.sources.items() if at[: len(path)] == path]
        source = self.sources.get(near) or (inside[0] if inside else ProfileSource("profile"))
        self.found.append(ProfileProblem(source, dotted(path), why))


def keys_of(kind: type[Section]) -> dict[str, tuple[Any, ProfileKey]]:
    """Return name -> (type, what is allowed and meant) of each key of a section."""
    found = {}
    for name, hint in get_type_hints(kind, include_extras=True).items():
        if get_origin(hint) is not Annotated:
            raise TypeError(f"{kind.__name__}.{name} says nothing of what is allowed")
        base, key = get_args(hint)
        found[name] = (base, key)
    return found


def whole(kind: type[Kind], raw: object, path: tuple[str, ...], problems: Problems) -> Kind | None:
    """Return a record all of whose required keys are there, None when something is wrong."""
    if not isinstance(raw, dict):
        keys, name = ", ".join(keys_of(kind)), dotted(path)
        why = both("profile_problems.not_a_table", read=repr(raw), keys=keys, name=name)
        problems.add(path, why)
        return None
    missing = [it.name for it in msgspec.structs.fields(kind) if it.required and it.name not in raw]
    for name in missing:
        allowed = keys_of(kind)[name][1].allowed
        problems.add((*path, name), both("profile_problems.key_missing", allowed=allowed))
    before = len(problems.found)
    values = _values(kind, raw, path, problems)
    return None if missing or len(problems.found) > before else kind(**values)


def section(
    kind: type[Kind], raw: Mapping[str, Any], path: tuple[str, ...], problems: Problems
) -> Kind:
    """Return a record with the values that could be read; what could not is in `problems`."""
    return kind(**_values(kind, raw, path, problems))


def _values(
    kind: type[Section], raw: Mapping[str, Any], path: tuple[str, ...], problems: Problems
) -> dict[str, Any]:
    keys, values = keys_of(kind), {}
    for name, value in raw.items():
        if name not in keys:
            problems.add((*path, name), _unknown(name, dotted(path), keys))
            continue
        base, key = keys[name]
        try:
            if base is timedelta:
                values[name] = kinds.duration(value)
            else:
                values[name] = msgspec.convert(value, base)
        except (ValueError, msgspec.ValidationError):
            why = both("profile_problems.value", read=_short(value), allowed=key.allowed)
            problems.add((*path, name), why)
    return values


def _unknown(name: str, section: str, keys: Iterable[str]) -> Text:
    known, fix = ", ".join(keys), perhaps_meant(name, keys)
    return both("profile_problems.key_unknown", read=name, section=section, known=known, fix=fix)


def perhaps_meant(name: str, known: Iterable[str]) -> Text:
    """Return what to do about a name that there is not."""
    near = difflib.get_close_matches(name, list(known), 1)
    if near:
        return both("profile_problems.meant", name=near[0])
    return both("profile_problems.leave_out")


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
