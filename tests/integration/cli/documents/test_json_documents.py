"""With --json every command prints one document, whose fields are those of the runbook's page."""

import importlib
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from hub.cli import app
from hub.cli.commands import COMMANDS
from hub.cli.output.listing import Listing
from hub.cli.root import load
from hub.store.engine.store import Store
from tests.support.documents.text_uses import catalogue
from tests.support.documents.typed_commands import arguments

KEEPS_RUNNING = {"run", "demo", "broker node", "simulate"}
"""They start a process; their documents are printed when it is ready, or at its end."""
ALWAYS = {"command", "exit_code", "refusals"}


def declared(path: str) -> tuple[str | Listing, ...]:
    """Return the fields of the document of a command, as its module declares them."""
    answers: dict[str, Any] = importlib.import_module(COMMANDS[path]).ANSWERS
    return tuple(answers[path.rpartition(" ")[2]])


@pytest.mark.parametrize("path", COMMANDS)
def test_every_command_has_the_option_and_declares_its_fields(path: str) -> None:
    """A program can rely on it without trying."""
    command = load(path)
    assert any("--json" in option.opts for option in command.params)
    assert declared(path)


def test_every_field_and_column_has_its_name_and_no_name_is_left() -> None:
    """One name, one thing: the page explains each of them once."""
    names = {"yes", "no"}
    for path in COMMANDS:
        for it in declared(path):
            names |= {it} if isinstance(it, str) else {it.name, *it.columns}
    assert names == {id.partition(".")[2] for id in catalogue() if id.startswith("headings.")}


def read(output: str) -> dict[str, Any]:
    """Return the one document of an output."""
    document: dict[str, Any] = json.loads(output)
    return document


@pytest.mark.parametrize("path", sorted(set(COMMANDS) - KEEPS_RUNNING))
def test_a_command_prints_one_document_with_its_declared_fields(
    installed: Store, tmp_path: Path, path: str
) -> None:
    """Also where it is refused: why stands in the document."""
    assert installed.name == "sqlite"
    command = load(path)
    file = tmp_path / "given.json"
    file.write_text("{}", encoding="utf-8")
    words = [*path.split(), *arguments(command, file), "--json"]
    result = CliRunner().invoke(app, words, env={"HUB_OPERATOR": "Trần Thị Bình"})
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    document = read(result.stdout)
    assert (document["command"], document["exit_code"]) == (path, result.exit_code)
    fields = {it if isinstance(it, str) else it.name: it for it in declared(path)}
    assert set(document) - ALWAYS <= set(fields)
    if result.exit_code == 0:
        missing = set(fields) - set(document)
        assert not missing or path in MODES, missing
    for name, of in fields.items():
        if isinstance(of, Listing):
            for row in document.get(name, []):
                assert set(row) <= set(of.columns)


MODES = {
    *("deliveries replay", "deliveries resend", "messages retry", "partners procedures"),
    *("broker requeue", "partners show"),
}
"""Which fields they print depends on what is wanted of them."""


def test_a_refusal_is_in_the_document_and_beside_it(installed: Store) -> None:
    """A program reads it on stdout, a person on stderr."""
    assert installed.name == "sqlite"
    words = ["deliveries", "cancel", "9", "--reason", "x", "--actor", "Trần Thị Bình", "--json"]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 1
    assert read(result.stdout)["refusals"] == ["Not done: there is no delivery 9"]
    assert "Not done: there is no delivery 9" in result.stderr


def test_a_former_verb_keeps_the_document_clean(installed: Store) -> None:
    """The line that names the new one is on stderr."""
    assert installed.name == "sqlite"
    result = CliRunner().invoke(app, ["stuck", "--json"])
    assert read(result.stdout)["command"] == "deliveries attention"
    assert "hub deliveries attention" in result.stderr
