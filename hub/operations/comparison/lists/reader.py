"""Reads the list of a day's dossiers that an officer exported from a partner's software (CSV).

Only two columns are looked at, the dossier number and, where there is one, the status. All others
may hold personal data: no cell of the file is kept or quoted, not even in a refusal, because in a
row that has slipped a name may stand where the number belongs. A list is read whole or refused
whole, with every line that is wrong: a list of which a part is missing would name dossiers as lost.
Only lines below the table that hold no dossier, as a sum, are dropped, and named. What the
partners' software really exports nobody has seen; the shape is an assumption.
"""

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from hub.messages.payloads import Status
from hub.operations.comparison.lists import problems
from hub.operations.comparison.lists.cells import is_footer, number_in, plain, status_in
from hub.operations.comparison.lists.problems import ListRefused
from hub.records.dossiers import numbering

LARGEST = 4 * 1024 * 1024
"""Bytes: a day of the whole province, with all its columns."""
MOST_ROWS = 20_000
HEADER_WITHIN = 10
"""Rows in which the header must stand: software writes a title above it."""
FOOTERS_WITHIN = 10
"""Rows at the end that may stand below the table."""
_EXCEL = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
"""How .xlsx and .xls begin."""
_DELIMITERS = ",;\t"
"""Excel writes a semicolon where Windows has the comma for decimals, as in Vietnam."""
_NUMBER = frozenset({"mahoso"})
_STATUS = frozenset({"trangthai", "trangthaihoso"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerList:
    """What a partner's list says: the numbers, and of each the status."""

    partner: str
    statuses: Mapping[str, Status | None]
    """None where the list tells no status, or not one of the national list."""
    unread: tuple[int, ...]
    """The lines whose status is not one of the national list."""
    dropped: tuple[int, ...] = ()
    """The lines below the table that hold no dossier."""
    exported_at: datetime
    """When it was exported: what came to the partner later cannot stand in it."""
    sha256: str


def read(content: bytes, *, partner: str, exported_at: datetime) -> PartnerList:
    """Return the list in a file's bytes; raises ListRefused with everything that is wrong."""
    if content.startswith(_EXCEL):
        raise ListRefused(problems.excel())
    if len(content) > LARGEST:
        raise ListRefused(problems.too_large(f"{LARGEST // 1024 // 1024} MiB"))
    text = _decoded(content)
    delimiter, skipped, header = _header(text)
    number_at = _column(header, _NUMBER)
    status_at = _column(header, _STATUS) if _STATUS & set(map(plain, header)) else None
    rows, dropped = _table(text, delimiter, skipped, status_at)
    fitted = [(line, _fitted(row, len(header))) for line, row in rows]
    statuses, unread = _statuses(fitted, number_at, status_at)
    return PartnerList(
        partner=partner,
        statuses=statuses,
        unread=unread,
        dropped=dropped,
        exported_at=exported_at,
        sha256=hashlib.sha256(content).hexdigest(),
    )


def _statuses(
    rows: Iterable[tuple[int, Sequence[str] | None]], number_at: int, status_at: int | None
) -> tuple[dict[str, Status | None], tuple[int, ...]]:
    """Return the status of each number, and the lines whose status cannot be read."""
    statuses: dict[str, Status | None] = {}
    first: dict[str, tuple[int, Status | None]] = {}
    wrong, unread = [], []
    for line, cells in rows:
        if cells is None:
            wrong.append(problems.torn(line))
            continue
        number = number_in(cells[number_at])
        if number is None:
            wrong.append(problems.no_number(line))
            continue
        cell = cells[status_at] if status_at is not None else ""
        status = status_in(cell)
        if cell.strip() and status is None:
            unread.append(line)
        earlier, before = first.setdefault(numbering.short(number), (line, status))
        if earlier == line:
            statuses[number] = status
        elif before is not status:
            wrong.append(problems.twice(line, earlier))
    if wrong:
        raise ListRefused(*wrong)
    return statuses, tuple(unread)


def _decoded(content: bytes) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ListRefused(problems.not_utf8()) from None
    if "\0" in text:  # UTF-16 without its mark
        raise ListRefused(problems.not_utf8())
    return text


def _header(text: str) -> tuple[str, int, list[str]]:
    """Return (delimiter, rows up to and with the header, header).

    No guess by frequency: the delimiter is the one under which a header with the number's column
    appears, and of several the one that gives it the most columns.
    """
    found = []
    for delimiter in _DELIMITERS:
        for count, (_, row) in enumerate(islice(_records(text, delimiter), HEADER_WITHIN), 1):
            if row and _NUMBER & set(map(plain, row)):
                found.append((delimiter, count, row))
                break
    if not found:
        raise ListRefused(problems.no_header(HEADER_WITHIN))
    return max(found, key=lambda one: len(one[2]))


def _column(header: Sequence[str], names: frozenset[str]) -> int:
    places = [place for place, name in enumerate(header) if plain(name) in names]
    if len(places) > 1:
        raise ListRefused(problems.two_columns())
    return places[0]


def _table(
    text: str, delimiter: str, skipped: int, status_at: int | None
) -> tuple[list[tuple[int, list[str] | None]], tuple[int, ...]]:
    """Return the rows below the header that are not blank, with their lines, and the lines that
    stand below the table."""
    below = islice(_records(text, delimiter), skipped, None)
    filled = ((line, row) for line, row in below if row is None or any(map(str.strip, row)))
    rows = list(islice(filled, MOST_ROWS + FOOTERS_WITHIN + 1))
    dropped: list[int] = []
    ended = text.endswith(("\n", "\r"))
    while rows and len(dropped) < FOOTERS_WITHIN:
        line, row = rows[-1]
        if row is None or not is_footer(row, status_at, ended=ended or bool(dropped)):
            break
        dropped.append(line)
        rows.pop()
    if len(rows) > MOST_ROWS:
        raise ListRefused(problems.too_many_rows(MOST_ROWS))
    return rows, tuple(reversed(dropped))


def _fitted(row: list[str] | None, width: int) -> list[str] | None:
    """Return a row without the empty cells behind the header's last; None where it has others."""
    if row is None or len(row) < width or any(cell.strip() for cell in row[width:]):
        return None
    return row[:width]


def _records(text: str, delimiter: str) -> Iterator[tuple[int, list[str] | None]]:
    """Yield (line in which it begins, cells) of every record; None for one that ends the reading
    because its quotes are wrong."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for row in reader:
            yield line, row
            line = reader.line_num + 1
    except csv.Error:  # its words may quote the file
        yield line, None
