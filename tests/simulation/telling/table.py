"""A story as a person reads it: when, who, what, and what the store and the ledgers then said.

Dossiers have letters and deliveries their numbers, the same ones in every column. The line that
breaks the promise is red.
"""

import re
from collections import Counter
from collections.abc import Sequence

from rich.console import Group
from rich.markup import escape
from rich.table import Table

from tests.simulation.plot import Ended
from tests.simulation.promises.promise import SENTENCES, sentence_of
from tests.simulation.telling.watch import Row

_NUMBER = re.compile(r"(?:\b[\w.]+-)?\b\d{6}-\d{4}\b")
LEDGER = 34
"""Letters of the ledgers' column: what the hub did needs the room more."""
GAP = 60.0
"""Seconds without a line that get one."""


class Letters:
    """Names of dossiers: A, B, ... in the order in which they are named."""

    def __init__(self) -> None:
        self.of: dict[str, str] = {}

    def put_into(self, told: str) -> str:
        """Return a text with the letters in the place of the numbers."""
        return _NUMBER.sub(lambda found: self._letter(found[0]), told)

    def _letter(self, number: str) -> str:
        nth = len(self.of)
        letter = chr(ord("A") + nth % 26) + (str(nth // 26) if nth >= 26 else "")
        return self.of.setdefault(number[-11:], letter)


def as_table(ended: Ended) -> Group:
    """Return a story: what broke in a sentence, the table, and what the letters stand for."""
    letters = Letters()
    table = Table("Time", "Who", "What", "The store", "The ledger", box=None, padding=(0, 2, 0, 0))
    for column in (0, 1):
        table.columns[column].no_wrap = True
    table.columns[4].max_width = LEDGER
    culprit = _culprit(ended.rows, ended.broken)
    last = 0.0
    for nth, row in enumerate(ended.rows):
        if row.at - last > GAP:
            table.add_row("", "", f"... {_span(row.at - last)} later", style="dim")
        last = row.at
        cells = (letters.put_into(escape(cell)) for cell in (row.what, row.store, row.ledger))
        table.add_row(_clock(row.at), row.who, *cells, style="bold red" if nth == culprit else "")
    head = letters.put_into(escape(_sentence(ended))) if ended.broken else ""
    names = ", ".join(f"{letter} is {number}" for number, letter in letters.of.items())
    first = [f"[bold red]{head}[/]\n"] if head else []
    return Group(*first, table, f"[dim]Dossiers: {names}.[/]")


def needed(ended: Ended, short: Ended) -> str:
    """Return what of a story is needed to break the promise."""
    plot = short.plot
    counts = Counter(kind for kind, _ in short.struck)
    faults = ", ".join(f"{kind} x {n}" if n > 1 else kind for kind, n in counts.items())
    return (
        f"{plot.dossiers - len(plot.without)} of {plot.dossiers} dossiers, {short.steps} of "
        f"{ended.steps} steps and {len(short.struck)} of {len(ended.struck)} faults are needed"
        + (f": {faults}." if faults else ".")
    )


def _sentence(ended: Ended) -> str:
    """Return in a sentence what broke."""
    found = sentence_of(ended.broken)
    if found is None:
        return f"Seed {ended.plot.seed} breaks off: {ended.broken}."
    promise, what = found
    return f'Seed {ended.plot.seed} breaks promise {promise:d}, "{SENTENCES[promise]}" {what}.'


def _culprit(rows: Sequence[Row], broken: str) -> int:
    """Return the place of the line that broke the promise: the last that is about it."""
    about = re.search(r"delivery (\d+)", broken)
    if about:
        for nth, row in reversed(list(enumerate(rows))):
            if re.search(rf"^(\d+, )*{about[1]}\b", row.store, re.MULTILINE):
                return nth
    return len(rows) - 1 if broken else -1


def _clock(at: float) -> str:
    """Return a time of a story: with thousandths on its first day, with days after it."""
    days, rest = divmod(at, 86400)
    hours, rest = divmod(rest, 3600)
    minutes, seconds = divmod(rest, 60)
    if days:
        return f"{days:.0f} d {hours:02.0f}:{minutes:02.0f}:{int(seconds):02}"
    return f"{hours:.0f}:{minutes:02.0f}:{seconds:06.3f}"


def _span(seconds: float) -> str:
    for length, unit in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} seconds"
