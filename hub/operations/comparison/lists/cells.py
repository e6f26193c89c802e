"""What a cell of a partner's list says, whatever a spreadsheet made of it. Pure.

Read is what is certain only: a status whose number and name contradict one another is none, and a
row is a footer only if no dossier can have been in it.
"""

import re
import unicodedata
from collections.abc import Sequence

from hub.messages.invalid import InvalidMessage
from hub.messages.payloads import Status
from hub.records.dossiers import numbering
from hub.records.dossiers.status import LABELS

_AS_TEXT = re.compile(r'="(.*)"', re.DOTALL)
"""How Excel keeps a number from being taken for one."""
_STATUS = re.compile(r"0?([0-9]{1,2})(?:[.,]0+)?(?:\W+(\D.*)|\W*)", re.DOTALL)
"""A status by its number, as `2`, `02`, `2.0`, with or without its name behind it."""
_SUM = re.compile(r"(tổng|cộng)\b")
"""With its marks, because Tống and Công are names."""
_WORDS = re.compile(r"[^\W\d_]+\W+\w+")


def plain(text: str) -> str:
    """Return a text without what people write differently: case, diacritics, spaces, signs."""
    apart = unicodedata.normalize("NFD", text).casefold().replace("đ", "d")
    return "".join(letter for letter in apart if letter.isalnum())


_NUMBERS = {int(status): status for status in Status}
_NAMES = {plain(LABELS[status][0]): status for status in Status}


def bare(cell: str) -> str:
    """Return a cell without spaces around it and without Excel's mark for text."""
    cell = cell.strip()
    found = _AS_TEXT.fullmatch(cell)
    return found[1].strip() if found else cell


def number_in(cell: str) -> str | None:
    """Return the dossier number that a cell holds, in capitals; None where it holds none."""
    cell = bare(cell)
    try:
        return numbering.parse(cell.upper() if cell.isascii() else cell).text
    except InvalidMessage:
        return None


def status_in(cell: str) -> Status | None:
    """Return the status that a cell tells by number, name or both; None for any other."""
    cell = bare(cell)
    found = _STATUS.fullmatch(cell)
    if found is None:
        return _NAMES.get(plain(cell))
    by_number, name = _NUMBERS.get(int(found[1])), found[2]
    return by_number if name is None or _NAMES.get(plain(name)) is by_number else None


def is_footer(row: Sequence[str], status_at: int | None, *, ended: bool) -> bool:
    """Tell whether a row at the end stands below the table: a sum, a date, who signed.

    `ended` says whether a line end follows: a row without one may have been cut off.
    """
    filled = [bare(cell) for cell in row if cell.strip()]
    if not filled or any(number_in(cell) for cell in filled):
        return False
    if _SUM.match(unicodedata.normalize("NFC", filled[0]).casefold()):
        return True
    if status_at is not None and status_at < len(row) and status_in(row[status_at]):
        return False
    return ended and len(filled) <= 2 and _WORDS.match(filled[0]) is not None
