"""The root of the command line: every command is found, and every decision asks for a name."""

import importlib
import inspect
from collections.abc import Iterator
from typing import Any

import pytest
import typer.main
from typer.testing import CliRunner

import hub as package
from hub.cli import app
from hub.cli.root import COMMANDS
from hub.cli.sentences import SENTENCES


def every_command() -> Iterator[tuple[str, Any]]:
    """Yield each command by its words, those of groups too."""
    root: Any = typer.main.get_command(app)
    for name in root.commands:
        command = root.commands[name]
        yield name, command
        for inner, deeper in getattr(command, "commands", {}).items():
            yield f"{name} {inner}", deeper


def test_every_command_of_a_module_is_in_the_table() -> None:
    """A command that was written and is not in the table could not be called."""
    declared = set()
    for place in set(COMMANDS.values()):
        module, _, group = place.partition(":")
        found: Any = typer.main.get_group(getattr(importlib.import_module(module), group or "app"))
        names = [name for name, where in COMMANDS.items() if where == place]
        declared |= set(names) if group else set(found.commands)
    assert declared == set(COMMANDS)


def test_every_command_with_a_reason_takes_an_actor() -> None:
    """A reason without a person is no evidence."""
    deciding = 0
    for words, command in every_command():
        options = {option for one in command.params for option in one.opts}
        if "--reason" in options:
            deciding += 1
            assert "--actor" in options, words
    assert deciding > 6


@pytest.mark.parametrize("words", [["--version"], ["version"]])
def test_the_version_is_printed(words: list[str]) -> None:
    """By option and by command."""
    told = CliRunner().invoke(app, words)
    assert (told.exit_code, told.output) == (0, f"{package.__version__}\n")


def test_help_lists_every_command() -> None:
    """Commands are loaded late, and still all of them are shown."""
    told = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "120"})
    assert told.exit_code == 0
    for name in COMMANDS:
        assert f" {name} " in told.output, name


def test_the_help_says_of_each_command_what_its_own_help_begins_with() -> None:
    """`hub --help` has a table of its own, so that it loads no command."""
    root: Any = typer.main.get_command(app)
    texts = {name: root.commands[name].help for name in root.commands}
    first = {name: inspect.cleandoc(text).split("\n\n")[0] for name, text in texts.items()}
    assert {name: text.replace("\n", " ") for name, text in first.items()} == SENTENCES


def test_a_mistyped_command_is_told_with_the_right_one() -> None:
    """`hub stuk` names `stuck`."""
    told = CliRunner().invoke(app, ["stuk"])
    assert told.exit_code == 2
    assert "stuck" in told.output
