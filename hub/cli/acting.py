"""As whom a command acts: `--as NAME --key-file FILE`, which every command with a decision has.

Where they are not given, HUB_OPERATOR_ACCOUNT and HUB_OPERATOR_KEY_FILE stand for them: a
terminal of one person names its account once.
The options are added to the commands where they are loaded (`hub.cli.root`), and read by
`hub.cli.context.by`.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

ACCOUNT, KEY_FILE = "HUB_OPERATOR_ACCOUNT", "HUB_OPERATOR_KEY_FILE"


@dataclass(slots=True)
class _Acting:
    name: str = ""
    key_file: Path | None = None


_now = _Acting()


def acting() -> tuple[str, Path | None]:
    """Return the name of the account and the file of its key, as this command was given them."""
    return _now.name, _now.key_file


def forget() -> None:
    """Forget what an earlier command in this process was given; a command may lack the options."""
    _now.name, _now.key_file = "", None


def options(taken: bool) -> list[Any]:
    """Return the two options.

    `taken`: the command has another option `--as`, so it has only `--as-user`.
    """
    names = ("--as-user",) if taken else ("--as", "--as-user")

    def name(value: str) -> None:
        _now.name = value.strip().lower()

    def file(value: Path | None) -> None:
        _now.key_file = value

    app = typer.Typer(add_completion=False)

    @app.command()
    def only(
        as_: Annotated[
            str,
            typer.Option(*names, envvar=ACCOUNT, expose_value=False, callback=name, help="act_as"),
        ] = "",
        key_file: Annotated[
            Path | None,
            typer.Option(
                "--key-file", envvar=KEY_FILE, expose_value=False, callback=file, help="key_file"
            ),
        ] = None,
    ) -> None:
        del as_, key_file

    return list(typer.main.get_command(app).params[:2])
