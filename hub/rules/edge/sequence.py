"""The sequence of a device's events: which number is new, a repeat, or missing. Pure.

An agent numbers the events of each device from 1 without gaps and sends them in that order. So a
number that comes too early proves that earlier events did not come. What is a repeat is not decided
here: the id of its message decides that. A new message under a used number proves that the spool
was copied, see `hub/rules/edge/copies.py`.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

MOST_RANGES: Final = 50
"""Missing ranges that are kept apart; beyond that the two oldest become one."""
Range = tuple[int, int]
"""First and last missing number."""


class SequencePlace(StrEnum):
    """Where an event stands in its sequence."""

    NEXT = "next"
    REPEAT = "repeat"
    LATE = "late"
    """It was missing until now."""
    AHEAD = "ahead"
    """Others before it are missing."""


@dataclass(frozen=True, slots=True)
class Progress:
    """What has come of a device's events."""

    last: int = 0
    """The highest number."""
    missing: tuple[Range, ...] = ()
    """Ranges below `last` that have not come, in order."""


def record(progress: Progress, sequence: int) -> tuple[Progress, SequencePlace]:
    """Return the progress after an event with a number (1 or more) came, and where it stands."""
    if sequence == progress.last + 1:
        return Progress(sequence, progress.missing), SequencePlace.NEXT
    if sequence > progress.last:
        gap = (progress.last + 1, sequence - 1)
        return Progress(sequence, _bounded((*progress.missing, gap))), SequencePlace.AHEAD
    for nth, (first, last) in enumerate(progress.missing):
        if first <= sequence <= last:
            rest = [it for it in ((first, sequence - 1), (sequence + 1, last)) if it[0] <= it[1]]
            missing = (*progress.missing[:nth], *rest, *progress.missing[nth + 1 :])
            return Progress(progress.last, _bounded(missing)), SequencePlace.LATE
    return progress, SequencePlace.REPEAT


def is_used(progress: Progress, sequence: int) -> bool:
    """Tell whether an event with this number came before."""
    return record(progress, sequence)[1] is SequencePlace.REPEAT


def count_missing(progress: Progress) -> int:
    """Return how many numbers have not come."""
    return sum(last - first + 1 for first, last in progress.missing)


def described(progress: Progress) -> str:
    """Return the missing numbers as a line: `12-14, 20`."""
    return ", ".join(
        str(first) if first == last else f"{first}-{last}" for first, last in progress.missing
    )


def _bounded(missing: tuple[Range, ...]) -> tuple[Range, ...]:
    if len(missing) <= MOST_RANGES:
        return missing
    return ((missing[0][0], missing[1][1]), *missing[2:])
