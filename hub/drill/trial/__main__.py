"""`python -m hub.drill.trial`, which `script/run --drill` runs in the project's directory."""

import argparse
import os
import signal
import sys
from pathlib import Path
from types import FrameType

from rich.console import Console

from hub.drill.trial import accounts
from hub.drill.trial.layout import Layout
from hub.drill.trial.processes import TrialFailed
from hub.drill.trial.run import run
from hub.texts import language_of, text, use_language

_HIGHEST = 65_000


def main() -> int:
    """Run a drill until Ctrl-C or SIGTERM; return the exit code."""
    os.umask(0o077)
    language = language_of(os.environ)
    use_language(language)
    given = _parser().parse_args()
    layout = Layout(
        directory=given.directory.absolute(),
        secrets=given.directory.absolute().parent / "secrets",
        first_port=given.port,
        language=language.value,
    )
    console = Console()
    if given.sign_in:
        return _show_sign_ins(layout, console)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end)
    try:
        run(layout, console, empty=given.empty)
    except TrialFailed as error:
        console.print(str(error), style="red", soft_wrap=True, highlight=False, markup=False)
        return 1
    except KeyboardInterrupt:
        return 0
    return 0


def _end(_number: int, _frame: FrameType | None) -> None:
    """Leave what runs as Ctrl-C does; a second signal must not disturb how that is cleaned up."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _show_sign_ins(layout: Layout, console: Console) -> int:
    try:
        for it in accounts.sign_ins(layout.directory):
            line = text(
                "drill.code",
                name=f"{it.name:8}",
                password=it.password,
                code=it.code,
                seconds=it.seconds,
            )
            console.print(line, soft_wrap=True, highlight=False, markup=False)
    except FileNotFoundError:
        console.print(text("drill.no_accounts"), style="red", soft_wrap=True, markup=False)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="script/run --drill", description=text("drill.about"))
    add = parser.add_argument
    add("--port", type=_port, default=8080, metavar="N", help=text("drill.port"))
    add("--empty", action="store_true", help=text("drill.empty"))
    add("--sign-in", action="store_true", help=text("drill.sign_in"))
    add("--directory", type=Path, default=Path("var/drill"), help=argparse.SUPPRESS)
    return parser


def _port(written: str) -> int:
    port = int(written)
    if not 1024 <= port <= _HIGHEST:
        raise argparse.ArgumentTypeError(f"1024-{_HIGHEST}")
    return port


if __name__ == "__main__":
    sys.exit(main())
