"""The root of the command line: every command is found, and every decision asks for a name."""

import importlib
import re
from collections.abc import Iterator
from typing import Any

import pytest
import typer.main
from typer.testing import CliRunner

import hub as package
from hub.cli import app
from hub.cli.commands import COMMANDS, DEFAULTS, FORMER, GROUPS
from hub.cli.root import load
from hub.texts import Language, both, text
from tests.support.documents.text_uses import catalogue

RUNNER = CliRunner()


def every_command() -> Iterator[tuple[str, Any]]:
    """Yield each command by its words."""
    yield from ((path, load(path)) for path in COMMANDS)


def ids(file: str) -> set[str]:
    """Return the ids of a file of texts."""
    return {id.partition(".")[2] for id in catalogue() if id.startswith(f"{file}.")}


def test_the_table_and_the_modules_name_the_same_commands() -> None:
    """A command that was written and is not in the table could not be called."""
    for place in set(COMMANDS.values()):
        found: Any = typer.main.get_group(importlib.import_module(place).app)
        named = {path.rpartition(" ")[2] for path, it in COMMANDS.items() if it == place}
        assert named == set(found.commands), place


def test_every_group_has_commands_and_every_command_a_group() -> None:
    """A group that is not declared would be missing from the list."""
    assert {path.split()[0] for path in COMMANDS if " " in path} == set(GROUPS)
    assert {f"{group} {word}" for group, word in DEFAULTS.items()} <= set(COMMANDS)


def test_every_command_with_a_reason_takes_an_actor() -> None:
    """A reason without a person is no evidence."""
    deciding = 0
    for words, command in every_command():
        options = {option for parameter in command.params for option in parameter.opts}
        if "--reason" in options:
            deciding += 1
            assert "--actor" in options, words
    assert deciding > 6


@pytest.mark.parametrize("words", [["--version"], ["version"]])
def test_the_version_is_printed(words: list[str]) -> None:
    """By option and by command."""
    result = RUNNER.invoke(app, words)
    assert (result.exit_code, result.output) == (0, f"{package.__version__}\n")


def test_help_lists_every_command_and_no_former_one() -> None:
    """Commands are loaded late, and still all of them are shown, each group with its own."""
    for group in ["", *GROUPS]:
        result = RUNNER.invoke(app, [*group.split(), "--help"], env={"COLUMNS": "120"})
        assert result.exit_code == 0
        page = result.output.partition(f"\n{text('help_page.commands')}\n")[2]
        listed = set(re.findall(r"^  (\S+)", page, re.MULTILINE))
        assert {path.split()[0] for path in COMMANDS} <= listed or group, group
        own = {path.rpartition(" ")[2] for path in COMMANDS if path.rpartition(" ")[0] == group}
        assert own <= listed, group
        assert group or not set(FORMER) - {"broker"} & listed


def test_every_command_group_and_option_has_its_text() -> None:
    """What stands as help in the code is the id of a text; every id is used."""
    helps = {path.replace(" ", "_").replace("-", "_") for path in (*COMMANDS, *GROUPS)} | {"hub"}
    assert helps == ids("help")
    options = {"version", "help"}
    for words, command in every_command():
        for option in command.params:
            assert option.help, f"{words} {option.name}"
            options.add(option.help)
    assert options == ids("options")


@pytest.mark.parametrize("path", [*COMMANDS, *GROUPS])
def test_a_help_begins_with_what_the_list_says_of_it_in_the_chosen_language(path: str) -> None:
    """In Vietnamese and in English."""
    for language in Language:
        environment = {"COLUMNS": "500", "HUB_LANGUAGE": language}
        result = RUNNER.invoke(app, [*path.split(), "--help"], env=environment)
        id = path.replace(" ", "_").replace("-", "_")
        first = both(f"help.{id}").in_language(language).partition("\n")[0]
        assert result.exit_code == 0
        assert first in result.output or path == "simulate"


@pytest.mark.parametrize(
    ("typed", "meant"), [(["verfy"], "verify"), (["deliveries", "atention"], "attention")]
)
def test_a_mistyped_command_is_refused_with_the_right_one(typed: list[str], meant: str) -> None:
    """At the top and in a group."""
    result = RUNNER.invoke(app, typed)
    assert result.exit_code == 2
    assert meant in result.output


@pytest.mark.parametrize("former", FORMER)
def test_a_former_verb_is_the_same_command_and_names_the_new_one_on_stderr(former: str) -> None:
    """One line on stderr, so that what a program reads on stdout stays as it is."""
    new = FORMER[former]
    assert new in COMMANDS
    old = RUNNER.invoke(app, [former, "--no-such-option"])
    result = RUNNER.invoke(app, [*new.split(), "--no-such-option"])
    assert old.exit_code == result.exit_code == 2
    assert old.stdout == result.stdout
    line, _, rest = old.stderr.partition("\n")
    assert line == text("unavailable.former_verb", former=former, new=new)
    assert text("usage.no_option", name="--no-such-option") in rest


@pytest.mark.parametrize("group", DEFAULTS)
def test_a_group_called_alone_does_its_default(group: str) -> None:
    """`hub tasks` lists the tasks, with the options of the list."""
    result = RUNNER.invoke(app, [group, "--no-such-option"])
    refused = text("usage.no_option", name="--no-such-option")
    assert (result.exit_code, refused in result.output) == (2, True)
    assert f"hub {group} {DEFAULTS[group]} " in " ".join(result.output.split()).replace(
        "root ", "hub "
    )
