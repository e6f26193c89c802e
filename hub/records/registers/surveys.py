"""Satisfaction slips (phiếu khảo sát): what they ask, and what an answered one says.

Each criterion is scored 0, 1 or 2. The codes are wire names and never change their meaning; the
wording is dated data in `data/survey.toml`. Slips are anonymous: nothing here knows who gave one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path

import msgspec
from msgspec import Struct

from hub.messages.invalid import InvalidMessage

DATA = Path(__file__).parents[1] / "data"
BEST = 2
WORST = 0

CRITERIA_CODES = (
    "thoi_gian",
    "thoi_gian_buoc",
    "so_lan_di_lai",
    "so_co_quan",
    "dung_quy_dinh",
    "thai_do",
    "phan_anh",
    "cong_khai",
    "truc_tuyen",
)
"""Codes of what a slip may ask, in the order in which it asks."""


class FormBroken(ValueError):
    """The form's data do not match the codes; nothing may start with them."""


class Satisfaction(StrEnum):
    """What a whole slip says."""

    SATISFIED = "satisfied"
    """The best score for everything that was asked."""
    NEUTRAL = "neutral"
    UNSATISFIED = "unsatisfied"
    """The worst score for something."""


class Criterion(Struct, frozen=True, forbid_unknown_fields=True):
    """One question of the form in its present wording."""

    code: str
    vi: str
    en: str


class Form(Struct, frozen=True, forbid_unknown_fields=True):
    """The form in force from a day on, to the first day of the next one."""

    valid_from: date
    source: str
    criterion: tuple[Criterion, ...]


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    form: tuple[Form, ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """How many slips say what."""

    total: int = 0
    satisfied: int = 0
    neutral: int = 0
    unsatisfied: int = 0


@cache
def load(folder: Path = DATA) -> tuple[Form, ...]:
    """Return the forms by their day, read once; raises FormBroken."""
    try:
        file = msgspec.toml.decode((folder / "survey.toml").read_bytes(), type=_File)
    except msgspec.DecodeError as error:
        raise FormBroken(f"survey.toml: {error}") from None
    for form in file.form:
        codes = [criterion.code for criterion in form.criterion]
        if not codes or len(set(codes)) < len(codes) or not set(codes) <= set(CRITERIA_CODES):
            raise FormBroken(f"survey.toml: the codes of {form.valid_from} are wrong")
    return tuple(sorted(file.form, key=lambda form: form.valid_from))


def check(scores: Mapping[str, int]) -> None:
    """Raise InvalidMessage (`payload_invalid`) unless a slip answers known criteria, 0 to 2."""
    unknown = sorted(set(scores) - set(CRITERIA_CODES))
    if unknown or not scores:
        why = f"unknown criteria: {len(unknown)}" if scores else "nothing is answered"
        raise InvalidMessage("payload_invalid", where="$.payload.diem", why=why)
    if not all(WORST <= value <= BEST for value in scores.values()):
        raise InvalidMessage("payload_invalid", where="$.payload.diem", why="a score is 0 to 2")


def score(scores: Mapping[str, int]) -> Satisfaction:
    """Return what one slip says; `scores` are its answers by criterion.

    Only what was answered counts. A slip without answers is neutral.
    """
    values = scores.values()
    if any(value <= WORST for value in values):
        return Satisfaction.UNSATISFIED
    if scores and all(value >= BEST for value in values):
        return Satisfaction.SATISFIED
    return Satisfaction.NEUTRAL


def tally(slips: Iterable[Mapping[str, int]]) -> Tally:
    """Count slips by what they say, one at a time."""
    counts = dict.fromkeys(Satisfaction, 0)
    for slip in slips:
        counts[score(slip)] += 1
    return Tally(
        sum(counts.values()),
        counts[Satisfaction.SATISFIED],
        counts[Satisfaction.NEUTRAL],
        counts[Satisfaction.UNSATISFIED],
    )
