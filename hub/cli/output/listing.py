"""Tables at any width: what identifies a case is never cut, nor broken into two lines.

Nor is a word: a path, a setting or a command is copied from the screen. A table that does not fit
is printed as a record for each row. Headings are texts (`hub/texts/headings.toml`) by the names
that the fields have in `--json`.
"""

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text as Cell

from hub.records.deadlines.calendar import local
from hub.texts import Text, text

NARROWEST = 14
"""Cells that a column of words needs at least; narrower, its lines are hard to read."""
_BORDER = 3
"""Cells between two columns."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A table by its name in `--json`, with the names of its columns."""

    name: str
    columns: tuple[str, ...]
    whole: frozenset[str]
    """Columns that identify a case: numbers, codes, ids, partners, times."""


def listing(name: str, columns: str) -> Listing:
    """Return the listing whose columns are named in a line; `*` marks what identifies a case."""
    words = columns.split()
    return Listing(
        name,
        tuple(word.removeprefix("*") for word in words),
        frozenset(word[1:] for word in words if word.startswith("*")),
    )


def render(console: Console, of: Listing, rows: Sequence[Sequence[object]], title: str) -> None:
    """Print the rows as a table, or as records where a table would have to cut something."""
    cells = [[shown(value) for value in row] for row in rows]
    headings = [text(f"headings.{name}") for name in of.columns]
    if title:
        console.print(title, style="bold", markup=False, highlight=False, soft_wrap=True)
    widths = _widths(of, headings, cells, console.width)
    if widths:
        console.print(_table(of, headings, cells, widths))
        return
    for row in cells:
        for line in _record(of, headings, row, console.width):
            console.print(line, markup=False, highlight=False, soft_wrap=True)
        console.print()


def shown(value: object) -> str:
    """Return a value as a person reads it: times in the ward's zone, yes and no in words.

    What a row keeps in both languages is shown in that of the process.
    """
    if value is None or value == "":
        return "–"
    if isinstance(value, datetime):
        return f"{local(value):%d/%m/%Y %H:%M:%S}"
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    if isinstance(value, bool):
        return text("headings.yes" if value else "headings.no")
    return str(Text.read(value)) if isinstance(value, str) else str(value)


def _widths(
    of: Listing, headings: Sequence[str], cells: Sequence[Sequence[str]], width: int
) -> list[int]:
    """Return the width of each column, none where a table would have to cut or break something."""
    least, wished = [], []
    for place, name in enumerate(of.columns):
        values = [row[place] for row in cells]
        longest = max(map(_longest_line, values), default=0)
        word = max(map(_longest_word, [*values, headings[place]]))
        needed = longest if name in of.whole else max(word, min(longest, NARROWEST))
        least.append(max(needed, _longest_word(headings[place])))
        wished.append(max(least[-1], longest, cell_len(headings[place])))
    room = width - 1 - _BORDER * len(least) - sum(least)
    if room < 0:
        return []
    missing = sum(wished) - sum(least)
    if missing <= room:
        return wished
    # The columns of words share what is left by what each of them lacks.
    return [few + (many - few) * room // missing for few, many in zip(least, wished, strict=True)]


def _longest_line(value: str) -> int:
    return max(map(cell_len, value.splitlines()), default=0)


def _longest_word(value: str) -> int:
    return max(map(cell_len, value.split()), default=0)


def _table(
    of: Listing,
    headings: Sequence[str],
    cells: Sequence[Sequence[str]],
    widths: Sequence[int],
) -> Table:
    table = Table()
    for name, heading, width in zip(of.columns, headings, widths, strict=True):
        table.add_column(heading, no_wrap=name in of.whole, overflow="fold", width=width)
    for row in cells:
        table.add_row(*map(Cell, row))
    return table


def _record(of: Listing, headings: Sequence[str], row: Sequence[str], width: int) -> Iterator[str]:
    label = max(map(cell_len, headings)) + 2
    for name, heading, value in zip(of.columns, headings, row, strict=True):
        lines = value.splitlines() or [""]
        if name not in of.whole:
            lines = [part for line in lines for part in _wrapped(line, width - label)]
        yield f"{heading}{' ' * (label - cell_len(heading))}{lines[0]}"
        yield from (f"{' ' * label}{line}" for line in lines[1:])


def _wrapped(line: str, width: int) -> list[str]:
    width = max(width, NARROWEST)
    kept = textwrap.wrap(line, width, break_on_hyphens=False, break_long_words=False)
    return kept or [""]
