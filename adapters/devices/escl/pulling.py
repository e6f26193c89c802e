"""What a reply to "the next page, please" means, in the light of how the job is. Pure.

Scanners answer 503 while a page is not ready, 404 when there is no more, 409 and 410 for either,
and some say 404 between two sheets. So the job's own state decides, and its count of pages; where
the scanner does not list the job, the status does.
"""

from dataclasses import dataclass
from enum import StrEnum

from adapters.devices.escl.documents import JobStatus

ENDS_WITHOUT_JOB = (404, 410)


class NextStep(StrEnum):
    """What to do after a reply that is no page."""

    PULL_AGAIN = "pull_again"
    END = "end"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Pulled:
    """The next step, and why it fails."""

    step: NextStep
    why: str = ""
    """`canceled`, `aborted`, `missing_pages` or `refused`."""


def next_step(status: int, job: JobStatus | None, *, pages: int) -> Pulled:
    """Return what follows a reply with `status` when `pages` pages have come."""
    if status not in (404, 409, 410, 503):
        return Pulled(NextStep.FAIL, "refused")
    if job is None:
        return Pulled(NextStep.END if status in ENDS_WITHOUT_JOB else NextStep.PULL_AGAIN)
    if job.state == "Canceled":
        return Pulled(NextStep.FAIL, "canceled")
    if job.state == "Aborted":
        return Pulled(NextStep.FAIL, "aborted")
    if job.is_open:
        return Pulled(NextStep.PULL_AGAIN)
    if job.images > pages:
        # It says that it scanned more than it gave: the pages are lost, or still on their way.
        again = status == 503 or job.waiting > 0
        return Pulled(NextStep.PULL_AGAIN) if again else Pulled(NextStep.FAIL, "missing_pages")
    return Pulled(NextStep.END)
