"""Reads the tables of an operator's TOML file; names every problem with line and key. Pure.

What is wrong with one entry does not hide what is wrong with the next.
"""

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from hub.rules.toml import values as v
from hub.rules.toml.lines import Path, lines_of
from hub.texts import Text, both, joined

Keys = Mapping[str, v.Reader]
"""The keys of a table, each with what reads its value."""


class TomlFileWrong(Exception):
    """A file cannot be used; `problems` are its lines for a person."""

    def __init__(self, problems: Collection[Text]) -> None:
        self.problems = list(problems)
        self.text = joined("\n", self.problems)
        super().__init__(self.text)

    def __str__(self) -> str:
        return str(self.text)

    @classmethod
    def whole(cls, file: str, id: str, **values: object) -> "TomlFileWrong":
        """Return the problem of a file of which nothing can be read."""
        why = both(f"toml_file.{id}", **values)
        return cls([both("toml_file.whole", file=file, why=why)])


@dataclass(slots=True)
class TomlReading:
    """A file that is being read: its name, its lines, and the problems so far."""

    name: str
    lines: Mapping[Path, int]
    problems: list[Text] = field(default_factory=list)

    @classmethod
    def begin(cls, text: str, name: str) -> "tuple[dict[str, Any], TomlReading]":
        """Return what stands in a text, and its reading. Raises TomlFileWrong."""
        try:
            raw = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise TomlFileWrong.whole(name, "not_toml", why=error) from None
        return raw, cls(name, lines_of(text))

    def end(self) -> None:
        """Raise TomlFileWrong where there were problems."""
        if self.problems:
            raise TomlFileWrong(self.problems)

    def wrong(self, path: Path, id: str, **values: object) -> None:
        """Note a problem at a key, or at the entry where the key is missing."""
        line = self.lines.get(path) or self.lines.get(path[:-1]) or 1
        key = ".".join(str(part) for part in path if isinstance(part, str)) or "-"
        why = both(f"toml_file.{id}", **values)
        self.problems.append(both("toml_file.problem", file=self.name, line=line, key=key, why=why))

    def entry(self, path: Path, raw: Any, keys: Keys) -> dict[str, Any]:
        """Return the usable values of a table."""
        if not isinstance(raw, dict):
            self.wrong(path, "no_table")
            return {}
        found = {}
        for key, value in raw.items():
            if key not in keys:
                self.wrong((*path, key), "unknown_key", allowed=", ".join(keys))
                continue
            try:
                found[key] = keys[key](value)
            except v.Unusable as problem:
                self.wrong((*path, key), "unusable", value=repr(value)[:60], why=problem.allowed)
        return found

    def entries(self, raw: Mapping[str, Any], table: str) -> list[tuple[Path, Any]]:
        """Return the entries of an array of tables, with their places."""
        found = raw.get(table, [])
        if not isinstance(found, list):
            self.wrong((table,), "no_array", table=table)
            return []
        return [((table, place), entry) for place, entry in enumerate(found)]
