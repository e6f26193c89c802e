"""Reads the tables of an operator's TOML file; names every problem with line and key. Pure.

What is wrong with one entry does not hide what is wrong with the next.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hub.rules.toml import values as v
from hub.rules.toml.lines import Path
from hub.texts import Text, both

Keys = Mapping[str, v.Reader]
"""The keys of a table, each with what reads its value."""


@dataclass(slots=True)
class TomlReading:
    """A file that is being read: its name, its lines, and the problems so far."""

    name: str
    lines: Mapping[Path, int]
    problems: list[Text] = field(default_factory=list)

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
