"""The page that --help prints, whole in the language of the process.

Typer's own page has English headings that nothing can change. This page says the same: how the
command is called, what it does, and each argument, option or command with its sentence. Lines are
as wide as the terminal, and nothing is cut. Not promised: Typer's colours and frames.
"""

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any, get_args, get_origin

from rich.cells import cell_len

from hub.cli.output.answer import console
from hub.cli.output.choices import choices_of
from hub.texts import text

_WIDEST_LABEL = 26
"""Cells of the left column at most; behind a longer label the sentence begins on the next line."""
_NARROWEST = 40
_KINDS = ((bool, ""), (int, "number"), (float, "number"), (Path, "file"), (datetime, "time"))

Row = tuple[str, str]
"""What a person types, and the sentence beside it."""


def show(command: Any, path: str, listed: Sequence[Row]) -> None:
    """Print the page of a command or group with its sentences; `listed` are a group's commands."""
    for line in lines(command, path, listed, console.width):
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def lines(command: Any, path: str, listed: Sequence[Row], width: int) -> Iterator[str]:
    """Yield the lines of a page."""
    arguments = [it for it in command.params if it.param_type_name == "argument"]
    options = [it for it in command.params if it.param_type_name == "option" and not it.hidden]
    words = [path, *map(_typed_argument, arguments), f"[{text('help_page.any_options')}]"]
    if listed:
        words = [path, f"<{text('help_page.a_command')}>", "…"]
    yield text("help_page.usage", words=" ".join(words))
    for paragraph in filter(None, (command.help or "").splitlines()):
        yield ""
        yield from _wrapped(paragraph, width)
    yield from _section(text("help_page.arguments"), [_argument(it) for it in arguments], width)
    rows = [*map(_option, options), ("--help", text("options.help"))]
    yield from _section(text("help_page.options"), rows, width)
    yield from _section(text("help_page.commands"), listed, width)


def _section(heading: str, rows: Iterable[Row], width: int) -> Iterator[str]:
    rows = list(rows)
    if not rows:
        return
    yield ""
    yield heading
    column = min(max(cell_len(label) for label, _ in rows), _WIDEST_LABEL) + 4
    for label, sentence in rows:
        first, *others = _wrapped(sentence, width - column)
        if cell_len(label) > _WIDEST_LABEL:
            yield f"  {label}"
            label, others, first = "", [first, *others], ""
        if first:
            yield f"  {label}{' ' * (column - 2 - cell_len(label))}{first}"
        yield from (f"{' ' * column}{line}" for line in others)


def _wrapped(sentence: str, width: int) -> list[str]:
    return textwrap.wrap(sentence, max(width, _NARROWEST), break_on_hyphens=False) or [""]


def _typed_argument(argument: Any) -> str:
    name = f"<{argument.name}>"
    name = f"{name}…" if argument.nargs != 1 else name
    return name if argument.required else f"[{name}]"


def _argument(argument: Any) -> Row:
    return f"<{argument.name}>", _sentence(argument)


def _option(option: Any) -> Row:
    names = ", ".join([*option.opts, *option.secondary_opts])
    kind = "" if option.is_flag else _kind(option)
    return f"{names} <{kind}>" if kind else names, _sentence(option)


def _kind(option: Any) -> str:
    """Return the kind of value that an option takes, in a word."""
    annotation = option.type_descriptor.annotation
    annotation = get_args(annotation)[0] if get_origin(annotation) is list else annotation
    if choices_of(annotation):
        return "|".join(choices_of(annotation))
    for kind, name in _KINDS:
        if isinstance(annotation, type) and issubclass(annotation, kind):
            return text(f"help_page.kind_{name}") if name else ""
    return text("help_page.kind_word")


def _sentence(parameter: Any) -> str:
    """Return what a parameter means, and in brackets what holds for it."""
    notes = list(_notes(parameter))
    return f"{parameter.help} ({'; '.join(notes)})" if notes else str(parameter.help)


def _notes(parameter: Any) -> Iterator[str]:
    annotation = parameter.type_descriptor.annotation
    if parameter.param_type_name == "argument" and choices_of(annotation):
        yield " | ".join(choices_of(annotation))
    if parameter.required:
        yield text("help_page.required")
    if getattr(parameter, "multiple", False):
        yield text("help_page.repeatable")
    least, most = getattr(parameter, "min", None), getattr(parameter, "max", None)
    if least is not None and most is not None:
        yield text("help_page.between", least=f"{least:g}", most=f"{most:g}")
    elif least is not None:
        yield text("help_page.at_least", least=f"{least:g}")
    default = parameter.default
    if default not in (None, "", False, (), []) and not callable(default):
        shown = default.value if isinstance(default, Enum) else default
        yield text("help_page.default", value=shown)
