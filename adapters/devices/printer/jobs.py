"""What a printer's own words about its jobs mean: done, under way, over without paper. Pure.

A job carries our message id at the beginning of its name. Printers cut names, forget jobs after a
minute or a week, and count no pages: so a name is compared as far as it goes, and a job that is not
listed is absent only where the list certainly reaches back to before the paper was wanted. A job
is forgotten some time after its end, so only jobs that had ended before prove that: an old one that
waited for paper until now does not. Times of jobs are seconds of the printer's own clock; only
their age is used.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from adapters.devices.printer.calls import first
from adapters.devices.printer.ipp import Attributes
from hub.ports import Absent, Doubt, Unclear

CANCELED, ABORTED, COMPLETED = 7, 8, 9
ENDED: Final = (CANCELED, ABORTED, COMPLETED)
"""States of a job that do not change any more, RFC 8011."""
_STATES: Final = {
    3: "pending",
    4: "pending-held",
    5: "processing",
    6: "processing-stopped",
    CANCELED: "canceled",
    ABORTED: "aborted",
    COMPLETED: "completed",
}
_WITH_ERRORS: Final = ("job-completed-with-errors", "aborted-by-system")
"""Reasons with which a printer says that a job is over, though not all of it came out well."""
MARGIN: Final = timedelta(seconds=5)
"""How inexactly two ages are compared: printers count whole seconds."""


class JobFate(StrEnum):
    """What became of a job."""

    PRINTED = "printed"
    UNDER_WAY = "under_way"
    """It waits, prints, or stands still for want of paper."""
    NOT_PRINTED = "not_printed"
    """Over, and no page came out."""
    BROKEN_OFF = "broken_off"
    """Over, and some pages came out or not well, or the printer does not say how many."""
    UNKNOWN = "unknown"


def fate_of(job: Attributes) -> JobFate:
    """Return what a printer says of a job; a printer that completed it may have counted no page."""
    state, pages = first(job, "job-state"), first(job, "job-impressions-completed")
    if state == COMPLETED:
        erred = any(it in _WITH_ERRORS for it in job.get("job-state-reasons", ()))
        return JobFate.BROKEN_OFF if erred else JobFate.PRINTED
    if state in (CANCELED, ABORTED):
        return JobFate.NOT_PRINTED if pages == 0 else JobFate.BROKEN_OFF
    known = isinstance(state, int) and state in _STATES
    return JobFate.UNDER_WAY if known else JobFate.UNKNOWN


def words_of(job: Attributes) -> str:
    """Return a job in the printer's own words, e.g. `job 7: processing-stopped, media-needed`."""
    state = first(job, "job-state")
    words = [_STATES.get(state, str(state)) if isinstance(state, int) else "no state"]
    words += [str(it) for it in job.get("job-state-reasons", ()) if it not in (None, "none")]
    return f"job {first(job, 'job-id')!s}: {', '.join(words)}"


def name_of(message_id: str, number: str) -> str:
    """Return the name of the job of a message; officers see it at the printer."""
    return f"{message_id} {number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """A job that a printer is asked for."""

    message_id: str
    number: str
    age: timedelta
    """How long ago its paper was wanted; its job is not older."""


def find_job(jobs: Iterable[Attributes], sought: Sought) -> Attributes | None:
    """Return the job of a message: its name holds at least our whole message id."""
    return next((job for job in jobs if _is_ours(job, sought)), None)


def weigh_missing(
    jobs: Sequence[Attributes], sought: Sought, beside: Sequence[Sought], *, response_hash: str
) -> Absent | Unclear:
    """Return what follows from a list of jobs without the job that is sought.

    `beside`: papers of the same dossier that the printer is known to have printed.
    """
    ended = [age for job in jobs if (age := ended_ago(job)) is not None]
    oldest = max(ended, default=timedelta()) - MARGIN
    listed = [it for it in beside if it.age < oldest]
    if any(find_job(jobs, it) is None for it in listed):
        return Unclear(why=Doubt.BEHIND, response_hash=response_hash)
    if any(_may_be_ours(job, sought) for job in jobs):
        return Unclear(why=Doubt.ALIKE, differs=("job-name",), response_hash=response_hash)
    if oldest <= sought.age:
        return Unclear(why=Doubt.NOT_SHOWN, differs=("job-id",), response_hash=response_hash)
    return Absent(response_hash=response_hash)


def age_of(job: Attributes) -> timedelta | None:
    """Return how long ago a job was made, by the printer's clock; None where it does not tell."""
    return _since(job, "time-at-creation")


def ended_ago(job: Attributes) -> timedelta | None:
    """Return how long ago a job ended, by the printer's clock; None for one that has not, and
    where the printer does not tell."""
    return _since(job, "time-at-completed") if first(job, "job-state") in ENDED else None


def _since(job: Attributes, moment: str) -> timedelta | None:
    then, now = first(job, moment), first(job, "job-printer-up-time")
    if isinstance(then, int) and isinstance(now, int):
        return timedelta(seconds=now - then)
    return None


def _is_ours(job: Attributes, sought: Sought) -> bool:
    shown = str(first(job, "job-name") or "")
    name = name_of(sought.message_id, sought.number)
    return len(shown) >= len(sought.message_id) and name.startswith(shown)


def _may_be_ours(job: Attributes, sought: Sought) -> bool:
    """Tell whether a job's name was cut too short, or is not shown, and its age fits."""
    age, shown = age_of(job), str(first(job, "job-name") or "")
    fits = age is None or age <= sought.age + MARGIN
    return fits and name_of(sought.message_id, sought.number).startswith(shown)
