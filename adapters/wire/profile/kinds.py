"""What every key of a profile has beside its type: what is allowed, and what it means."""

import re
from dataclasses import dataclass
from datetime import timedelta

from msgspec import Struct

DURATION = 'duration: "90s", "5m", "2h", "1d"'
STATUSES = "list of HTTP statuses"
TEXTS = "list of texts"
PATHS = "table: operation (or `every`) = address"

_DURATION = re.compile(r"([0-9]{1,9})(ms|s|m|h|d)")
_UNITS = {
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}
LONGEST = timedelta(days=366)


class Section(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One table of the file."""


@dataclass(frozen=True, slots=True)
class ProfileKey:
    """What is allowed, and what it means: for refusals, for `hub partners show`, for documents."""

    allowed: str
    meaning: str


def duration(text: object) -> timedelta:
    """Return the duration that a text such as "90s" names; raises ValueError."""
    found = _DURATION.fullmatch(text.strip()) if isinstance(text, str) else None
    if found is None:
        raise ValueError("no duration")
    length = int(found[1]) * _UNITS[found[2]]
    if length > LONGEST:
        raise ValueError("longer than a year")
    return length


def shown(length: timedelta) -> str:
    """Return a duration as it is written in a profile, in the largest unit that fits."""
    for unit in ("d", "h", "m", "s"):
        if not length % _UNITS[unit]:
            count = length // _UNITS[unit]
            if count or unit == "s":
                return f"{count}{unit}"
    return f"{length // _UNITS['ms']}ms"
