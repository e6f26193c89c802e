"""The growth benchmark knows every command, and leaves none out because it cannot run it."""

import os
import sys
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import typer

import hub.cli
from tests.benchmarks.growth.command_side import EndedBadly, seconds
from tests.benchmarks.growth.compared import NOT_COMPARED, compared
from tests.benchmarks.growth.questions import Known

KNOWN = Known(dossier="000.99.01.H57-180806-0001", day=date(2018, 8, 6), before=date(2018, 8, 6))
ROOT: Any = typer.main.get_command(hub.cli.app)


def every_command() -> dict[str, Any]:
    """Return every command by its words; a group that does something itself is one, too."""
    left: list[tuple[str, Any]] = [("", ROOT)]
    found: dict[str, Any] = {}
    while left:
        words, command = left.pop()
        names = getattr(command, "list_commands", None)
        if names is None or (words and command.invoke_without_command):
            found[words] = command
        if names is not None:
            context = command.context_class(command)
            parts = [(it, command.get_command(context, it)) for it in names(context)]
            left += [(f"{words} {name}".strip(), part) for name, part in parts]
    return found


def command_of(words: list[str]) -> str:
    """Return which command is meant by the words on a command line."""
    line = " ".join(words) + " "
    return max((name for name in every_command() if line.startswith(f"{name} ")), key=len)


def test_every_command_is_compared_or_left_out_with_a_reason() -> None:
    """A new or a renamed one is noticed here, not by its absence from a table."""
    told = {command_of(words) for words in compared(KNOWN).values()}
    assert not told & set(NOT_COMPARED)
    assert told | set(NOT_COMPARED) == set(every_command())


@pytest.mark.parametrize("name", compared(KNOWN))
def test_a_compared_command_has_the_options_that_it_is_given(name: str) -> None:
    """Read as the command line reads it; nothing is run."""
    words = compared(KNOWN)[name]
    whose = command_of(words)
    every_command()[whose].make_context(whose, words[len(whose.split()) :])


@pytest.fixture
def command_line(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What the command line changes of this process is as it was afterwards."""
    monkeypatch.setattr(sys, "argv", ["hub"])
    mask = os.umask(0o077)
    yield
    os.umask(mask)


@pytest.mark.usefixtures("command_line")
def test_a_command_that_is_not_there_ends_the_measurement() -> None:
    """Else its row would be missing from the table without a word."""
    for words in (["no-such-command"], ["verify", "--no-such-option"]):
        with pytest.raises(EndedBadly, match="ended with 2"):
            seconds("partners compare --day", words, times=1)
