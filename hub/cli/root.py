"""The root of the command line: commands are loaded when they are called, refusals are plain.

A command pays for the modules that it needs and no other: `hub deliveries attention` loads no web
server. What a command stands on and does not find (database, broker, disk, rights) ends it with a
sentence and an exit code, see `hub.cli.unavailable`; only a fault of our own shows a traceback.
"""

import importlib
import os
import sys
from collections.abc import Callable, Iterator, MutableMapping
from typing import Annotated, Any

import typer
import typer.core
import typer.main

from hub.cli import acting
from hub.cli.commands import COMMANDS, DEFAULTS, FORMER, GROUPS
from hub.cli.output import answer
from hub.runtime.process.garbage_collection import collection_paused
from hub.texts import language_of, text, use_language


class Commands(MutableMapping[str, Any]):
    """The commands below a group by their next word; reading the words loads nothing."""

    def __init__(self, group: str) -> None:
        self._loaded: dict[str, Any] = {}
        self._paths: dict[str, str] = {}
        """Each next word and the path of its command or group."""
        for path in COMMANDS:
            first, _, last = path.rpartition(" ")
            if first == group:
                self._paths[last] = path
            elif not group:
                self._paths[first] = first

    def __getitem__(self, name: str) -> Any:
        if name not in self._loaded:
            self._loaded[name] = load(self._paths[name])
        return self._loaded[name]

    def __setitem__(self, name: str, command: Any) -> None:
        self._loaded[name] = command

    def __delitem__(self, name: str) -> None:
        del self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)

    def __contains__(self, name: object) -> bool:
        return name in self._paths  # the base class would load the command

    def sentence(self, name: str) -> str:
        """Return what a list says of a command: the first line of its help."""
        return text(f"help.{_id_of_help(self._paths[name])}").partition("\n")[0]


def load(path: str) -> Any:
    """Return the command or group of a path; a command's module is imported now."""
    if path in GROUPS:
        return Group(name=path, no_args_is_help=path not in {*DEFAULTS, *FORMER})
    name = path.rpartition(" ")[2]
    with collection_paused():
        module = importlib.import_module(COMMANDS[path])
    group: Any = typer.main.get_group(module.app)
    command = group.commands[name]
    command.name = name
    if any(it.name == "actor" for it in command.params):
        command.params += acting.options(any("--as" in it.opts for it in command.params))
    command.params.append(_json_option(path))
    command.format_help = _translated(command, path)
    return command


def _id_of_help(path: str) -> str:
    return path.replace(" ", "_").replace("-", "_")


def _translated(command: Any, path: str) -> Callable[[Any, Any], None]:
    """Return the way in which a command prints its help: texts are read only then.

    What stands as help at an option is the id of its text (hub/texts/options.toml).
    """
    ids = [(it, it.help) for it in command.params]

    def format_help(ctx: Any, formatter: Any) -> None:
        from hub.cli.output import help_page

        del formatter
        command.help = text(f"help.{_id_of_help(path)}")
        for option, id in ids:
            option.help = text(f"options.{id}")
        help_page.show(command, ctx.command_path, [])

    return format_help


def _json_option(path: str) -> Any:
    """Return the option --json, which every command has; it starts the command's answer."""

    def start(wanted: bool) -> None:
        answer.begin(path, json=wanted)

    app = typer.Typer(add_completion=False)

    @app.command()
    def only(
        json: Annotated[
            bool,
            typer.Option("--json", is_eager=True, expose_value=False, callback=start, help="json"),
        ] = False,
    ) -> None:
        del json

    return typer.main.get_command(app).params[0]


def _as_flag(option: Any) -> Any:
    """Let --help be false where it is not given: for "nothing" Typer loads its validation."""
    if option is not None:
        option.default = False
    return option


class Group(typer.core.TyperGroup):
    """A group of commands, `hub` itself too."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.path = "" if attributes.get("callback") else str(self.name)
        self.below = Commands(self.path)
        self.commands = self.below

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Print the help; it lists every command and loads none."""
        from hub.cli.output import help_page

        del formatter
        self.help = text(f"help.{_id_of_help(self.path or 'hub')}")
        for option in self.params:
            option.help = text(f"options.{option.name}")  # type: ignore[attr-defined]
        listed = [(name, self.below.sentence(name)) for name in self.below]
        help_page.show(self, ctx.command_path, listed)

    def get_help_option(self, ctx: Any) -> Any:
        """Return --help with a value of its own kind, see `_as_flag`."""
        return _as_flag(super().get_help_option(ctx))

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command, loaded now, or None."""
        if cmd_name in self.below:
            command = self.below[cmd_name]
        elif not self.path and cmd_name in FORMER:
            _name_the_new_verb(cmd_name)
            command = load(FORMER[cmd_name])
        else:
            return None
        _as_flag(command.get_help_option(ctx))
        return command

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names; the base class would load every command for it."""
        del ctx
        return list(self.below)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Give a group that was called alone its default command."""
        use_language(language_of(os.environ))
        alone = not args or (args[0].startswith("-") and args[0] != "--help")
        if alone and self.path in DEFAULTS:
            args = [DEFAULTS[self.path], *args]
        elif alone and self.path in FORMER:
            _name_the_new_verb(self.path)
            args = [FORMER[self.path].rpartition(" ")[2], *args]
        return super().parse_args(ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command of the next word; one that there is not ends with a sentence."""
        word = args[0]
        if word in self.below or word.startswith("-") or (not self.path and word in FORMER):
            return super().resolve_command(ctx, args)
        from hub.cli import misuse

        answer.begin("", json=False)
        misuse.show_no_command(word, list(self.below), path=ctx.command_path)
        raise typer.Exit(2)

    def make_context(self, *args: Any, **extra: Any) -> Any:
        """Read the words up to the command; mistakes end with a sentence."""
        try:
            return super().make_context(*args, **extra)
        except typer.TyperException as error:
            raise _refused(error) from None

    def invoke(self, ctx: Any) -> Any:
        """Run the command; a sentence names what it stands on and does not find."""
        if self.path:
            return super().invoke(ctx)
        acting.forget()
        answer.begin("", json=False)
        code = 1
        try:
            result = super().invoke(ctx)
            code = 0
            return result
        except typer.Exit as ended:
            code = ended.exit_code
            raise
        except typer.TyperException as error:
            raise _refused(error) from None
        except typer.Abort:
            from hub.cli import misuse

            misuse.show_aborted()
            raise typer.Exit(code) from None
        except Exception as error:
            from hub.cli import unavailable  # only a failure needs to know every way to fail

            refusal = unavailable.explain(error)
            if refusal is None:
                raise
            refusal.show()
            code = refusal.code
            raise typer.Exit(code) from None
        finally:
            answer.end(code)


def _refused(error: typer.TyperException) -> Exception:
    """Print what is wrong with a command line; return the exception that ends the command.

    A group that was called alone has printed its help, which is no mistake to explain.
    """
    if type(error).__name__ == "NoArgsIsHelpError":
        return error
    from hub.cli import misuse  # only a mistake needs it

    answer.begin("", json=False)  # there is no answer, so no document
    misuse.show(error)
    return typer.Exit(error.exit_code)


def _name_the_new_verb(former: str) -> None:
    sys.stderr.write(f"{text('unavailable.former_verb', former=former, new=FORMER[former])}\n")
