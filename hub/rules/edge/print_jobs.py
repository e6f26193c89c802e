"""A paper at an agent: the states of its job, and how long each of them lasts. Pure.

The hub offers a job for some seconds. The agent takes it with a token of its own, and has it until
it reports an outcome. A job that was taken is never offered again: what became of it is reported by
its agent, or a person is asked.
"""

from datetime import timedelta
from enum import StrEnum
from typing import Final

OFFERED_FOR: Final = timedelta(seconds=10)
"""How long an agent may take a job; agents ask each second."""
LEASE: Final = timedelta(minutes=2)
"""How long an agent has a job without a word; each of its questions renews it."""
REPORTED_WITHIN: Final = timedelta(seconds=25)
"""How long the hub waits for the outcome before it is unknown. The agent follows the printer's job
for twenty seconds."""
PRINTED_WITHIN: Final = timedelta(hours=12)
"""An agent begins no job that it has had for longer: nobody waits for that paper any more."""
KEPT: Final = timedelta(days=90)
"""How long the hub keeps a job that has ended: longer than any delivery stays in doubt."""


class JobState(StrEnum):
    """Where a job is."""

    OFFERED = "offered"
    TAKEN = "taken"
    """An agent has it, and may print it at any moment."""
    PRINTED = "printed"
    NOT_BEGUN = "not_begun"
    """The agent gave it back: its printer was not ready, and nothing was sent to it."""
    BUSY = "busy"
    """The printer certainly did not take it, and may later."""
    REFUSED = "refused"
    """The printer certainly did not print it, and never will."""
    ENDED = "ended"
    """The printer ended it; whether a page came out, a person sees."""
    UNKNOWN = "unknown"
    """It may be printed; the agent still asks its printer."""
    LOST = "lost"
    """It may be printed, and the printer cannot tell."""
    WITHDRAWN = "withdrawn"
    """Nobody took it in time, or a person settled its delivery without a word of the agent."""


WITHOUT_EFFECT: Final = frozenset(
    {JobState.NOT_BEGUN, JobState.BUSY, JobState.REFUSED, JobState.WITHDRAWN}
)
"""Certainly nothing was printed."""
REPORTED: Final = frozenset(JobState) - {JobState.OFFERED, JobState.TAKEN, JobState.WITHDRAWN}
"""What an agent may say of a job."""
OPEN: Final = frozenset({JobState.TAKEN, JobState.UNKNOWN})
"""A report may still change it. A lost one too, where the printer remembers it later."""


def may_follow(before: JobState, after: JobState) -> bool:
    """Tell whether a report may change a job: what is certain stays, what is unknown may end."""
    return after in REPORTED and (before in OPEN or before is JobState.LOST)
