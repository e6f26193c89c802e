"""Every command of the hub with values for what it must be given, read from the commands."""

from functools import cache
from pathlib import Path
from typing import Any

from hub.cli.commands import COMMANDS
from hub.cli.root import load


@cache  # loading them all takes a quarter of a second
def commands() -> tuple[tuple[str, Any], ...]:
    """Return every command by its words; nobody changes them."""
    return tuple((path, load(path)) for path in COMMANDS)


GIVEN = {"--reason", "--seconds"}
"""Options that are typed all the same: what decides wants a reason, what waits need not."""


def arguments(command: Any, file: Path) -> list[str]:
    """Return values for what a command must be given, by the kind that it declares."""
    words: list[str] = []
    values = {"int": "1", "float": "1", "Path": str(file), "datetime": "2018-08-06"}
    for one in command.params:
        if not one.required and GIVEN.isdisjoint(one.opts):
            continue
        kind = one.type_descriptor.annotation
        value = values.get(getattr(kind, "__name__", ""), "x")
        if choices := list(getattr(kind, "__members__", {}).values()):
            value = str(choices[0].value)
        words += [value] if one.param_type_name == "argument" else [one.opts[0], value]
    return words
