"""Questions to a person at the terminal, and how the answers are read."""

import sys
import unicodedata
from contextlib import AbstractContextManager

from hub.cli.output.answer import aside, print_line
from hub.texts import text

_KEYS = {
    **dict.fromkeys(("c", "có", "co", "y", "yes"), "yes"),
    **dict.fromkeys(("k", "không", "khong", "n", "no"), "no"),
    **dict.fromkeys(("l", "lại", "lai", "r", "repeat"), "repeat"),
    **dict.fromkeys(("s", "skip"), "skip"),
}


class NobodyAnswers(Exception):
    """The input has ended."""


def choose(question: str, *allowed: str) -> str:
    """Ask until the answer is one of those allowed: `yes`, `no`, `repeat`, `skip`, "" for Enter.

    Raises NobodyAnswers.
    """
    while True:
        answer = _KEYS.get(word := line(question).lower(), word)
        if answer in allowed:
            return answer


def line(question: str, *, needed: bool = False) -> str:
    """Return what a person types; where something is needed, it is asked until something comes.

    Raises NobodyAnswers.
    """
    while True:
        print_line(question, style="bold")
        typed = sys.stdin.readline()
        if not typed:
            raise NobodyAnswers
        words = unicodedata.normalize("NFC", typed.strip())
        if words or not needed:
            return words


def reason() -> str:
    """Return why a device is skipped, never an empty one. Raises NobodyAnswers."""
    words = line(text("acceptance.why_skipped"), needed=True)
    return "".join(it for it in words if it.isprintable())[:300]


def waiting(seconds: int) -> AbstractContextManager[object]:
    """Show for the length of the block that the hub waits."""
    return aside.status(text("acceptance.waiting", seconds=seconds))
