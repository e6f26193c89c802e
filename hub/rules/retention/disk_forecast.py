"""How long a disk lasts at the present rate. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

FULL = 0.8
"""Share of a disk from which somebody has to make room."""
SOON = 60
"""Days: less is a warning. It takes an office weeks to get a disk."""
LEAST = 3
"""Days that a rate is taken from at least: one busy morning is no rate."""


@dataclass(frozen=True, slots=True)
class Sample:
    """How many bytes of a disk were used on a day."""

    day: date
    used: int


def days_left(samples: Sequence[Sample], *, today: date, used: int, total: int) -> int | None:
    """Return how many days the disk lasts, None where nothing tells, or it does not fill up.

    `samples`: of the last weeks. The rate is that from the oldest of them until now.
    """
    if not samples:
        return None
    first = min(samples, key=lambda one: one.day)
    days = (today - first.day).days
    grown = used - first.used
    if days < LEAST or grown <= 0:
        return None
    return (total - used) * days // grown
