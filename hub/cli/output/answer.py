"""What a command answers: sentences and tables for a person, or one JSON document for a program.

A command says both with the same calls; with `--json` standard output holds the document alone.
Each document has `command`, `exit_code` and `refusals` (why something was not done, in sentences);
the other fields are those of the command, named in docs/runbook/json.md. With `--json` refusals are
on standard error, too. A command line that cannot be read ends with 2 and a sentence there, only.
"""

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from json import dumps
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from hub.cli.output.listing import Listing, render
from hub.texts import Text

console = Console(emoji=False)  # a path, or a device's own word, may look like the name of one
aside = Console(stderr=True, emoji=False)
"""For progress, and for refusals beside a document."""


class _Answer:
    """What was said so far by the command that runs in this process."""

    def __init__(self, command: str = "", *, json: bool = False) -> None:
        self.command = command
        self.json = json
        self.fields: dict[str, Any] = {}
        self.refusals: list[str] = []
        self.printed = False


_now = _Answer()


def begin(command: str, *, json: bool) -> None:
    """Start the answer of a command; what an earlier one in this process said is gone."""
    global _now
    _now = _Answer(command, json=json)


def end(code: int) -> None:
    """Print the document, where one is asked for and was not printed."""
    if _now.json and not _now.printed:
        _now.printed = True
        fields = {"command": _now.command, "exit_code": code, "refusals": _now.refusals}
        document = dumps({**fields, **_now.fields}, ensure_ascii=False, indent=2)
        sys.stdout.write(f"{document}\n")
        sys.stdout.flush()


def for_programs() -> bool:
    """Return whether the document is asked for."""
    return _now.json


def put(**fields: object) -> None:
    """Put fields into the document."""
    _now.fields |= {name: _plain(value) for name, value in fields.items()}


def print_line(line: object, *, style: str = "") -> None:
    """Print a line for a person; never cut, never coloured by what stands in it."""
    if not _now.json:
        console.print(str(line), style=style, markup=False, highlight=False, soft_wrap=True)


def draw(table: Table) -> None:
    """Print a table whose columns are few and short; others are listings, see `show`."""
    if not _now.json:
        console.print(table)


def done(line: object) -> None:
    """Print that something was done, or is well."""
    print_line(f"✓ {line}", style="green")


def warn(line: object) -> None:
    """Print what a person must not overlook."""
    print_line(line, style="yellow")


def refuse(line: object, *, cause: str = "") -> None:
    """Print why something was not done, and for operators the technical cause."""
    _now.refusals += [str(line), *([cause] if cause else [])]
    out = aside if _now.json else console
    out.print(str(line), style="red", markup=False, highlight=False, soft_wrap=True)
    if cause:
        out.print(cause, style="dim", markup=False, highlight=False, soft_wrap=True)


def show(
    of: Listing, rows: Iterable[Sequence[object]], *, title: str = "", empty: str = ""
) -> None:
    """Print a listing; `title` stands above it, `empty` in its place where there is no row."""
    listed = list(rows)
    put(**{of.name: [dict(zip(of.columns, row, strict=True)) for row in listed]})
    if _now.json:
        return
    if listed:
        render(console, of, listed, title)
    elif empty:
        print_line(empty)


def _plain(value: object) -> Any:
    """Return a value as JSON has it: times as ISO 8601, texts in the language of the process."""
    match value:
        case Enum():
            return value.value
        case date():
            return value.isoformat()
        case str():
            return str(Text.read(value))
        case Text() | Path():
            return str(value)
        case _ if is_dataclass(value) and not isinstance(value, type):
            return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
        case Mapping():
            return {_plain(key): _plain(item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_plain(item) for item in value]
    return value
