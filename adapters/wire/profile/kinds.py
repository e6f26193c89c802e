"""What every key of a profile has beside its type: what is allowed, and what it means."""

import re
from dataclasses import dataclass
from datetime import timedelta

from msgspec import Struct

from hub.texts import Text, both

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
    """What is allowed, and what it means: for refusals, for `hub partners show`, for documents.

    The sentences are texts of hub/texts/profile_keys.toml: of the key, and of what may stand there.
    """

    id: str
    """Section and key, `lookup_lag`."""
    form: str = ""
    """What may stand there, where several keys allow the same."""
    choices: tuple[str, ...] = ()

    @property
    def meaning(self) -> Text:
        """What the key means."""
        return both(f"profile_keys.{self.id}")

    @property
    def allowed(self) -> Text:
        """What may stand there."""
        if self.choices:
            choices = " | ".join(self.choices)
            return Text(choices, choices)
        return both(
            f"profile_keys.form_{self.form}" if self.form else f"profile_keys.{self.id}_allowed"
        )


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
