"""Dossier numbers (mã hồ sơ): `<agency>-<yyMMdd or yyyyMMdd>-<4 to 7 digits>`.

Reading is tolerant, because real numbers differ in every width; writing has one form. Nothing here
promises that numbers have no gaps: they may be given out by another system, which skips some.
"""

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from hub.messages.invalid import InvalidMessage

_NUMBER = re.compile(r"([0-9A-Z.]{1,30})-([0-9]{6}|[0-9]{8})-([0-9]{4,7})", re.ASCII)
_AGENCY = re.compile(r"[0-9A-Z.]{1,30}", re.ASCII)
_WHERE = "maHoSo"
HIGHEST = 9_999_999
"""The highest running number that fits."""


@dataclass(frozen=True, slots=True)
class DossierNumber:
    """A dossier number and its parts; `text` is the number as it was given."""

    text: str
    agency: str
    """Agency identifier (mã định danh cơ quan), three or four groups, in either order."""
    day: date
    """The day of reception."""
    sequence: int

    def __str__(self) -> str:
        return self.text


@lru_cache(256)  # a call is asked for its number several times
def parse(text: str) -> DossierNumber:
    """Return the number in `text`, spaces around it dropped (a barcode reader adds a line end).

    Raises InvalidMessage (`number_malformed`).
    """
    text = text.strip()
    found = _NUMBER.fullmatch(text)
    if found is None:
        raise InvalidMessage("number_malformed", where=_WHERE, why="not <agency>-<date>-<number>")
    agency, digits, sequence = found.groups()
    return DossierNumber(text, agency, _day(digits), int(sequence))


def format(agency: str, day: date, *, sequence: int) -> str:  # noqa: A001 - the domain's word
    """Return the number that `agency` gives to its `sequence`-th dossier of `day`.

    Raises ValueError when a part does not fit the form.
    """
    if not is_agency(agency):
        raise ValueError(f"not an agency identifier: {agency!r}")
    if not 1 <= sequence <= HIGHEST:
        raise ValueError(f"a running number is 1 to {HIGHEST}, not {sequence}")
    return f"{agency}-{day:%y%m%d}-{sequence:04d}"


def short(number: str) -> str:
    """Return a number with its year in two digits, as `format` writes it; as it is where that
    cannot be. Two numbers that agree in this are one dossier to a partner that writes years in
    another way."""
    agency, digits, sequence = number.rsplit("-", 2)
    if len(digits) == 8 and digits.startswith("20"):
        digits = digits[2:]
    return f"{agency}-{digits}-{sequence}"


def long(number: str) -> str:
    """Return a number with its year in four digits."""
    agency, digits, sequence = number.rsplit("-", 2)
    return f"{agency}-{digits if len(digits) == 8 else f'20{digits}'}-{sequence}"


def _day(digits: str) -> date:
    if len(digits) == 6:
        digits = f"20{digits}"
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        raise InvalidMessage("number_malformed", where=_WHERE, why="there is no such day") from None


def is_agency(text: str) -> bool:
    """Tell whether a text has the form of an agency's identifier."""
    return _AGENCY.fullmatch(text) is not None


def is_dossier_number(text: str) -> bool:
    """Tell whether a text can be a dossier's number, not a code, a client or a certificate."""
    try:
        parse(text)
    except InvalidMessage:
        return False
    return True
