"""The profile lines that a rehearsal found, as TOML with a reason above each, always loadable.

Only keys that differ from the profile in force are written. A line that would make the profile
contradict itself is not taken; the caller gets the problem and tells it to a person.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import msgspec

from adapters.wire.profile import Code, Profile, ProfileBroken
from adapters.wire.profile.convert import keys_of
from adapters.wire.profile.kinds import shown
from adapters.wire.profile.problem import dotted
from hub.texts import Text, joined

Path = tuple[str, ...]
Load = Callable[[str], Profile]
"""The text of a TOML file that is laid over the profile in force -> the whole profile; raises
ProfileBroken."""


@dataclass(frozen=True, slots=True)
class ProposalLine:
    """One key, or one whole row of `codes`, and why."""

    path: Path
    value: Any
    why: str


class Proposal:
    """Gathers lines; `profile` is what holds with them."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._lines: dict[Path, ProposalLine] = {}
        self.profile = load("")

    def add(self, path: Path, value: Any, why: Text) -> Text | None:
        """Take a line; return why it cannot be taken, None when it was."""
        before = dict(self._lines)
        self._lines[path] = ProposalLine(path, value, _one_line(str(why)))
        try:
            self.profile = self._load(self.text())
        except ProfileBroken as broken:
            self._lines = before
            return joined("; ", (it.without_place() for it in broken.problems))
        return None

    def drop(self, path: Path) -> None:
        """Take a line back: it did not do what it was to do."""
        if self._lines.pop(path, None) is not None:
            self.profile = self._load(self.text())

    @property
    def lines(self) -> tuple[ProposalLine, ...]:
        """The lines in the order in which they were found."""
        return tuple(self._lines.values())

    def text(self, *heading: str) -> str:
        """Return the file; `heading` are the lines of the comment at its top."""
        parts = ["\n".join(f"# {line}".rstrip() for line in heading)] if heading else []
        tables: dict[Path, list[ProposalLine]] = {}
        for line in self._lines.values():
            tables.setdefault(line.path[:-1], []).append(line)
        for table, lines in tables.items():
            if table == ("codes",):
                parts += [_row(line) for line in lines]
            else:
                entries = [f"# {it.why}\n{_key(it.path[-1])} = {_value(it.value)}" for it in lines]
                parts.append("\n".join([f"[{dotted(table)}]", *entries]))
        return "\n\n".join(parts) + "\n" if parts else ""


def _row(line: ProposalLine) -> str:
    rows = [f"# {line.why}", f"[{dotted(line.path)}]"]
    values: Mapping[str, Any] = _of_code(line.value)
    rows += [f"{name} = {_value(value)}" for name, value in values.items()]
    return "\n".join(rows)


def _of_code(code: Code) -> dict[str, Any]:
    values = {name: getattr(code, name) for name in keys_of(Code)}
    return {name: value for name, value in values.items() if value != ()}


def _key(name: str) -> str:
    return dotted((name,))


def _value(value: Any) -> str:
    """Return a value as TOML: JSON's texts, numbers and lists are TOML's."""
    if isinstance(value, timedelta):
        value = shown(value)
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(_value, value))}]"
    return msgspec.json.encode(value).decode().replace("\x7f", "\\u007F")


def _one_line(text: str) -> str:
    return " ".join("".join(it if it.isprintable() else " " for it in text).split())
