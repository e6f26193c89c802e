"""Reads the list of a day's dossiers that an officer exported from a partner's software (CSV).

Only two columns are looked at, the dossier number and, where there is one, the status. All others
may hold personal data: no cell of the file is kept or quoted, not even in a refusal, because in a
row that has slipped a name may stand where the number belongs. A list is read whole or refused
whole, with every line that is wrong: a list of which a part is missing would name dossiers as lost.
What the partners' software really exports nobody has seen; the shape is an assumption.
"""

import csv
import hashlib
import io
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from hub.messages.invalid import InvalidMessage
from hub.messages.payloads import Status
from hub.operations import list_problems as problems
from hub.operations.list_problems import ListRefused
from hub.records import numbering
from hub.records.status import LABELS

LARGEST = 4 * 1024 * 1024
"""Bytes: a day of the whole province, with all its columns."""
MOST_ROWS = 20_000
HEADER_WITHIN = 10
"""Rows in which the header must stand: software writes a title above it."""
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
    written_at: datetime
    """When the file was written: what came to the partner later cannot stand in it."""
    sha256: str


def read(content: bytes, *, partner: str, written_at: datetime) -> PartnerList:
    """Return the list in a file's bytes; raises ListRefused with everything that is wrong."""
    if len(content) > LARGEST:
        raise ListRefused(problems.too_large(f"{LARGEST // 1024 // 1024} MiB"))
    text = _decoded(content)
    delimiter, skipped, header = _header(text)
    number_at = _column(header, _NUMBER)
    status_at = _column(header, _STATUS) if _STATUS & set(map(plain, header)) else None
    statuses: dict[str, Status | None] = {}
    first_line: dict[str, int] = {}
    wrong, unread = [], []
    for line, row in _rows(text, delimiter, skipped, len(header)):
        if row is None:
            wrong.append(problems.torn(line))
            continue
        try:
            number = numbering.parse(row[number_at]).text
        except InvalidMessage:
            wrong.append(problems.no_number(line))
            continue
        said = row[status_at].strip() if status_at is not None else ""
        status = _STATUSES.get(plain(said))
        if statuses.setdefault(number, status) is not status:
            wrong.append(problems.twice(line, first_line[number]))
        first_line.setdefault(number, line)
        if said and status is None:
            unread.append(line)
        if len(first_line) > MOST_ROWS:
            raise ListRefused(problems.too_large(f"{MOST_ROWS} dòng · rows"))
    if wrong:
        raise ListRefused(*wrong)
    return PartnerList(
        partner=partner,
        statuses=statuses,
        unread=tuple(unread),
        written_at=written_at,
        sha256=hashlib.sha256(content).hexdigest(),
    )


def plain(text: str) -> str:
    """Return a text without what people write differently: case, diacritics, spaces, signs."""
    apart = unicodedata.normalize("NFD", text).casefold().replace("đ", "d")
    return "".join(letter for letter in apart if letter.isalnum())


_STATUSES: dict[str, Status] = {
    name: status for status in Status for name in (str(int(status)), plain(LABELS[status][0]))
}
"""How a list may tell a status: by its number or by its official name."""


def _decoded(content: bytes) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ListRefused(problems.NOT_UTF8) from None
    if "\0" in text:  # UTF-16 without its mark
        raise ListRefused(problems.NOT_UTF8)
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
        raise ListRefused(problems.TWO_COLUMNS)
    return places[0]


def _rows(
    text: str, delimiter: str, skipped: int, width: int
) -> Iterator[tuple[int, list[str] | None]]:
    """Yield (line, cells) of the rows below the header; None where there are not `width` cells."""
    for line, row in islice(_records(text, delimiter), skipped, None):
        if row is not None and not any(cell.strip() for cell in row):
            continue
        while row and len(row) > width and not row[-1].strip():
            row.pop()
        yield line, row if row and len(row) == width else None


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
