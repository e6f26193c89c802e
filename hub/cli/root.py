"""The root of the command line: commands are loaded when they are asked for, refusals are plain.

A command pays for the modules that it needs and no other: `hub stuck` loads no web server. What a
command stands on and does not find (database, broker, disk, rights) ends it with a sentence and an
exit code, see `hub.cli.unavailable`; only a fault of our own shows a traceback.
"""

import importlib
import os
from collections.abc import Iterator, MutableMapping
from typing import Any

import typer
import typer.core
import typer.main

from hub.cli.sentences import SENTENCES
from hub.texts import language_of, use_language

COMMANDS = {
    "run": "hub.cli.running.serving",
    "demo": "hub.cli.running.serving",
    "broker": "hub.cli.running.serving",
    "simulate": "hub.cli.running.serving",
    "migrate": "hub.cli.running.migrating",
    "doctor": "hub.cli.running.operating",
    "health": "hub.cli.running.operating",
    "rebuild": "hub.cli.running.operating",
    "balance": "hub.cli.evidence.conservation",
    "stuck": "hub.cli.running.operating",
    "pauses": "hub.cli.running.operating",
    "cancel": "hub.cli.decisions.deliveries",
    "by-hand": "hub.cli.decisions.deliveries",
    "resolve": "hub.cli.decisions.deliveries",
    "replay": "hub.cli.decisions.replay",
    "resend": "hub.cli.decisions.replay",
    "unpark": "hub.cli.decisions.messages",
    "reconcile": "hub.cli.partners.compare",
    "tasks": "hub.cli.partners.compare:tasks_app",
    "procedures": "hub.cli.partners.procedures",
    "partners": "hub.cli.partners.profiles:app",
    "topology": "hub.cli.running.topology:app",
    "faults": "hub.cli.decisions.faults:app",
    "clients": "hub.cli.access.clients:app",
    "slip": "hub.cli.evidence.slip",
    "audit": "hub.cli.evidence.audit:app",
    "archive": "hub.cli.evidence.archive:app",
    "version": "hub.cli.version",
}
"""Each command and the module of its `app`; with a colon the Typer app that is the group itself.

A new command needs its line here and in `sentences`: tests/unit/documents/test_cli_root.py compares
both ways."""


class Commands(MutableMapping[str, Any]):
    """The commands by name; reading the names loads nothing."""

    def __init__(self) -> None:
        self._loaded: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._loaded:
            self._loaded[name] = _load(name, COMMANDS[name])
        return self._loaded[name]

    def __setitem__(self, name: str, command: Any) -> None:
        self._loaded[name] = command

    def __delitem__(self, name: str) -> None:
        del self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        yield from COMMANDS
        yield from (name for name in self._loaded if name not in COMMANDS)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _load(name: str, place: str) -> Any:
    module, _, group = place.partition(":")
    found: Any = typer.main.get_group(getattr(importlib.import_module(module), group or "app"))
    command = found if group else found.commands[name]
    command.name = name
    return command


def _as_flag(option: Any) -> Any:
    """Let --help be false where it is not given: for "nothing" Typer loads its validation."""
    if option is not None:
        option.default = False
    return option


class Root(typer.core.TyperGroup):
    """The group `hub`."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = Commands()
        self._listing = False
        """Whether the commands are only listed."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Print the help; it lists every command and loads none."""
        self._listing = True
        try:
            super().format_help(ctx, formatter)
        finally:
            self._listing = False

    def get_help_option(self, ctx: Any) -> Any:
        """Return --help with a value of its own kind, see `_as_flag`."""
        return _as_flag(super().get_help_option(ctx))

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command, loaded now, or None; for a list only its name and its sentence."""
        if self._listing and cmd_name in SENTENCES:
            return typer.core.TyperCommand(cmd_name, help=SENTENCES[cmd_name])
        command = super().get_command(ctx, cmd_name)
        if command is not None:
            _as_flag(command.get_help_option(ctx))
        return command

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names; the base class would load every command for it."""
        del ctx
        return list(self.commands)

    def invoke(self, ctx: Any) -> Any:
        """Run the command; what it stands on and does not find is told in a sentence."""
        use_language(language_of(os.environ))
        try:
            return super().invoke(ctx)
        except Exception as error:
            from hub.cli import unavailable  # only a failure needs to know every way to fail

            refusal = unavailable.explain(error)
            if refusal is None:
                raise
            refusal.show()
            raise typer.Exit(refusal.code) from None
