"""What is wrong with a command line, as a sentence in the language of the process.

Typer finds the mistakes; its own sentences are English and name its libraries' terms. Promises a
sentence for each kind of mistake that Typer reports, and where the help is. The sentence goes to
standard error, so that standard output holds answers only.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from difflib import get_close_matches
from typing import Any

import typer

from hub.cli.output.answer import aside
from hub.cli.output.choices import choices_of
from hub.texts import text

_EXAMPLE = datetime(2026, 11, 25, 14, 30)  # noqa: DTZ001 - shown as a form, never used as a time
_EXTRA = re.compile(r"unexpected extra argument\(?s?\)? \((.*)\)", re.DOTALL)


def show(error: typer.TyperException) -> None:
    """Print what is wrong, and where the help is."""
    context = getattr(error, "ctx", None)
    _print(sentence(error), context.command_path if context is not None else "hub")


def show_no_command(name: str, known: Sequence[str], *, path: str) -> None:
    """Print that a group has no such command, and those that look like it."""
    line = text("usage.no_command", name=repr(name))
    if alike := get_close_matches(name, known):
        line += " " + text("usage.perhaps", names=", ".join(alike))
    _print(line, path)


def show_aborted() -> None:
    """Print that a person said no to a question."""
    _print(text("usage.aborted"))


def sentence(error: typer.TyperException) -> str:
    """Return what is wrong. Trap: Typer exports few of its errors, so a name stands for a kind."""
    kind, option = type(error).__name__, getattr(error, "option_name", "")
    if kind == "MissingParameter":
        parameter: Any = error.param  # type: ignore[attr-defined]
        return text(f"usage.missing_{parameter.param_type_name}", name=_name(parameter))
    if kind == "NoSuchOption":
        line = text("usage.no_option", name=option)
        alike = sorted(getattr(error, "possibilities", None) or ())
        return f"{line} {text('usage.perhaps', names=', '.join(alike))}" if alike else line
    if kind == "BadOptionUsage":
        needs = "requires" in error.message
        return text("usage.no_value" if needs else "usage.takes_no_value", name=option)
    if isinstance(error, typer.BadParameter) and error.param is not None:
        return _value(error)
    if found := _EXTRA.search(error.message):
        return text("usage.extra", words=found[1])
    return text("usage.cannot_be_read", why=error.format_message())


def _value(error: typer.BadParameter) -> str:
    """Return why a parameter does not take a value."""
    parameter: Any = error.param
    found = _reported(error)
    value = repr(str(found.get("input", ""))[:40])
    about = {"name": _name(parameter), "value": value}
    match found.get("type"), found.get("ctx", {}):
        case "int_parsing" | "int_from_float" | "int_parsing_size", _:
            return text("usage.not_whole_number", **about)
        case "float_parsing" | "finite_number", _:
            return text("usage.not_number", **about)
        case "greater_than_equal", {"ge": bound}:
            return text("usage.too_small", **about, bound=f"{bound:g}")
        case "less_than_equal", {"le": bound}:
            return text("usage.too_large", **about, bound=f"{bound:g}")
    descriptor = parameter.type_descriptor
    if descriptor.annotation is datetime:
        forms = descriptor.parameter_info.formats or ["%Y-%m-%d"]
        return text("usage.not_a_time", **about, forms=" | ".join(map(_EXAMPLE.strftime, forms)))
    if choices := choices_of(descriptor.annotation):
        return text("usage.not_a_choice", **about, choices=" | ".join(choices))
    return text("usage.wrong", **about)


def _reported(error: typer.BadParameter) -> dict[str, Any]:
    """Return what the library that reads values reports of the first wrong one."""
    report = getattr(error.__cause__, "errors", None)
    return dict(report()[0]) if report is not None else {}


def _name(parameter: Any) -> str:
    """Return the name of an option with its dashes, or that of an argument."""
    if parameter.param_type_name == "option":
        return " / ".join(parameter.opts)
    return str(parameter.name)


def _print(line: str, command: str = "") -> None:
    aside.print(line, style="red", markup=False, highlight=False, soft_wrap=True)
    if command:
        line = text("usage.see_help", command=command)
        aside.print(line, style="dim", markup=False, highlight=False, soft_wrap=True)
