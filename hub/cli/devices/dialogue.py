"""What the acceptance of devices asks a person at the terminal, and how the answers are read."""

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
        answer = _KEYS.get(word := _line(question), word)
        if answer in allowed:
            return answer


def reason() -> str:
    """Return why a device is skipped, never an empty one. Raises NobodyAnswers."""
    while not (words := _line(text("acceptance.why_skipped"), lower=False)):
        pass
    return "".join(it for it in words if it.isprintable())[:300]


def waiting(seconds: int) -> AbstractContextManager[object]:
    """Show for the length of the block that the hub waits."""
    return aside.status(text("acceptance.waiting", seconds=seconds))


def _line(question: str, *, lower: bool = True) -> str:
    print_line(question, style="bold")
    line = sys.stdin.readline()
    if not line:
        raise NobodyAnswers
    words = unicodedata.normalize("NFC", line.strip())
    return words.lower() if lower else words
