"""A profile as rows that a person reads: every key, its value as a file would say it, its place."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import msgspec

from adapters.wire.profile.convert import keys_of
from adapters.wire.profile.kinds import Section, shown
from adapters.wire.profile.load import BY_ENTRY, Loaded
from adapters.wire.profile.problem import dotted
from adapters.wire.profile.records import Code
from hub.texts import Text, both

DEFAULT = "default"
"""Where a value comes from that nobody wrote."""
SHIPPED = "shipped"
"""Stands for the shipped file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileRow:
    """One key of a profile that holds."""

    key: str
    value: str
    source: str
    meaning: Text


def rows(loaded: Loaded) -> list[ProfileRow]:
    """Return every key in the order of the sections."""
    return list(_rows(loaded))


def _rows(loaded: Loaded) -> Iterator[ProfileRow]:
    for name in loaded.profile.__struct_fields__:
        value = getattr(loaded.profile, name)
        if isinstance(value, Section):
            for key, (_, about) in keys_of(type(value)).items():
                if (name, key) in loaded.foreign:
                    continue
                yield from _key((name, key), getattr(value, key), about.meaning, loaded)
        else:
            yield from _entries((name,), value, both("profile_keys.code"), loaded)


def _key(path: tuple[str, ...], value: Any, meaning: Text, loaded: Loaded) -> Iterator[ProfileRow]:
    if path in BY_ENTRY:
        yield from _entries(path, value, meaning, loaded)
    else:
        yield _row(path, _text(value), meaning, loaded)


def _entries(
    path: tuple[str, ...], table: Mapping[str, Any], meaning: Text, loaded: Loaded
) -> Iterator[ProfileRow]:
    for name, value in table.items():
        text = _of_code(value) if isinstance(value, Code) else _text(value)
        yield _row((*path, name), text, meaning, loaded)


def _row(path: tuple[str, ...], value: str, meaning: Text, loaded: Loaded) -> ProfileRow:
    source = loaded.sources.get(path)
    place = str(source) if source else DEFAULT
    if source and source.name == loaded.shipped:
        place = f"{SHIPPED}:{source.line}"
    return ProfileRow(key=dotted(path), value=value, source=place, meaning=meaning)


def _text(value: Any) -> str:
    """Return a value as it is written in a file."""
    if isinstance(value, timedelta):
        value = shown(value)
    if isinstance(value, tuple):
        return f"[{', '.join(map(_text, value))}]"
    return msgspec.json.encode(value).decode()


def _of_code(code: Code) -> str:
    values = {name: getattr(code, name) for name in keys_of(Code)}
    return ", ".join(f"{name} = {_text(value)}" for name, value in values.items() if value != ())
