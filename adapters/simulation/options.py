"""The options that every simulator's command line has for its dialects."""

import argparse
import sys
from typing import Any

from adapters.simulation.dialects.speech import Setting
from adapters.simulation.dialects.tables import DIALECTS, MIXED, NAMES, habits_of


def add_dialect_options(parser: argparse.ArgumentParser) -> None:
    """Add `--dialect` and what belongs to it."""
    parser.add_argument(
        "--dialect",
        type=_names,
        default=(),
        metavar="NAME[,NAME...]",
        help=f"speak as such software does: {', '.join(NAMES)}, or single habits (--list-habits)",
    )
    parser.add_argument("--dialect-probability", type=float, default=1.0, help="of a reply, 0 to 1")
    parser.add_argument(
        "--lag-seconds", type=float, default=2.0, help="how far a replica is behind"
    )
    parser.add_argument(
        "--last-steps", type=int, default=10, help="of a look-up that does not show all"
    )
    parser.add_argument("--list-habits", action=_List, help="show every dialect's habits, and end")


def dialect_of(given: argparse.Namespace) -> Setting:
    """Return what the options say."""
    return Setting(
        names=given.dialect,
        probability=given.dialect_probability,
        lag_seconds=given.lag_seconds,
        last_steps=given.last_steps,
    )


def _names(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    for name in names:
        if name != MIXED:
            try:
                habits_of(name)
            except ValueError as error:
                raise argparse.ArgumentTypeError(str(error)) from None
    return names


class _List(argparse.Action):
    """Shows the habits and ends the program."""

    def __init__(self, option_strings: list[str], dest: str, **rest: Any) -> None:
        super().__init__(option_strings, dest, nargs=0, **rest)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        for name, habits in DIALECTS.items():
            sys.stdout.write(f"{name}\n")
            sys.stdout.writelines(f"  {habit.name:20} {habit.about}\n" for habit in habits)
        sys.stdout.write(f"{MIXED}\n  each reply in one of these, drawn anew\n")
        parser.exit()
