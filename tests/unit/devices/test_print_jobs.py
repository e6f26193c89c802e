"""A printer's words about its jobs: what proves that a paper came out, and what that it did not."""

from datetime import timedelta

import pytest

from adapters.devices.printer.ipp import Attributes, Value, Values
from adapters.devices.printer.jobs import (
    JobFate,
    Sought,
    fate_of,
    find_job,
    name_of,
    weigh_missing,
    words_of,
)
from hub.ports import Absent, Doubt, Unclear

ID, OTHER = "0" * 31 + "a", "0" * 31 + "b"
NUMBER = "000.99.01.H57-180806-0001"
NOW = 100_000


def job(
    name: str, *, seconds_ago: int, ended_ago: int | None = None, state: int = 9
) -> dict[str, Values]:
    """Return a job as a printer lists it; it ended when it was made, or some seconds ago."""
    return {
        "job-id": [7],
        "job-name": [name],
        "job-state": [state],
        "time-at-creation": [NOW - seconds_ago],
        "time-at-completed": [NOW - (seconds_ago if ended_ago is None else ended_ago)],
        "job-printer-up-time": [NOW],
    }


def sought(id: str = ID, *, minutes: float = 1) -> Sought:
    """Return what is sought: wanted some minutes ago."""
    return Sought(message_id=id, number=NUMBER, age=timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("state", "pages", "fate"),
    [
        (9, 1, JobFate.PRINTED),
        (9, 0, JobFate.PRINTED),  # many printers count no page
        (3, 0, JobFate.UNDER_WAY),
        (6, 0, JobFate.UNDER_WAY),
        (7, 0, JobFate.NOT_PRINTED),
        (8, 0, JobFate.NOT_PRINTED),
        (8, 2, JobFate.BROKEN_OFF),
        (7, None, JobFate.BROKEN_OFF),
        (99, 1, JobFate.UNKNOWN),
    ],
)
def test_the_state_and_the_pages_of_a_job_say_what_became_of_it(
    state: int, pages: int | None, fate: JobFate
) -> None:
    """A page that may lie on the tray is never "not printed"."""
    found: Attributes = {"job-state": [state], "job-impressions-completed": [pages]}
    assert fate_of(found) is fate


@pytest.mark.parametrize("reason", ["job-completed-with-errors", "aborted-by-system"])
def test_a_job_that_is_over_with_errors_is_asked_about(reason: str) -> None:
    """The printer calls it completed, and says in the same breath that it was not."""
    lying = {**job(name_of(ID, NUMBER), seconds_ago=5), "job-state-reasons": [reason]}
    assert fate_of(lying) is JobFate.BROKEN_OFF


@pytest.mark.parametrize("state", [{"member": [9]}, b"9", "completed", None])
def test_a_state_of_another_syntax_tells_nothing(state: Value) -> None:
    """Also a collection, which is no key of a table."""
    assert fate_of({"job-state": [state]}) is JobFate.UNKNOWN


def test_a_job_is_told_in_the_printers_own_words() -> None:
    """An operator looks them up in the printer's manual."""
    found: Attributes = {
        "job-id": [7],
        "job-state": [6],
        "job-state-reasons": ["job-printing", "media-needed"],
    }
    assert words_of(found) == "job 7: processing-stopped, job-printing, media-needed"


@pytest.mark.parametrize("shown", [name_of(ID, NUMBER), name_of(ID, NUMBER)[:40], ID])
def test_a_job_is_ours_by_our_whole_message_id(shown: str) -> None:
    """Printers cut names: what is left of the dossier number does not matter."""
    jobs: list[Attributes] = [job(name_of(OTHER, NUMBER), seconds_ago=2), job(shown, seconds_ago=1)]
    assert find_job(jobs, sought()) is jobs[1]


def test_a_missing_job_is_absent_where_the_list_reaches_back_beyond_it() -> None:
    """An older job is still there, so ours would be, too."""
    jobs: list[Attributes] = [job("Trang thử", seconds_ago=3600)]
    assert weigh_missing(jobs, sought(), [], response_hash="") == Absent()


@pytest.mark.parametrize(
    ("jobs", "why"),
    [
        ([], Doubt.NOT_SHOWN),
        ([job("Trang thử", seconds_ago=30)], Doubt.NOT_SHOWN),
        ([job("Trang thử", seconds_ago=3600, ended_ago=5)], Doubt.NOT_SHOWN),
        ([job("Trang thử", seconds_ago=3600, state=6)], Doubt.NOT_SHOWN),
        ([job("Trang thử", seconds_ago=3600), job(ID[:10], seconds_ago=30)], Doubt.ALIKE),
        ([job("Trang thử", seconds_ago=3600), job("", seconds_ago=30)], Doubt.ALIKE),
    ],
    ids=[
        "no history",
        "history too short",
        "old but ended lately",
        "old and still waiting",
        "name cut too short",
        "name not shown",
    ],
)
def test_a_missing_job_is_no_proof(jobs: list[Attributes], why: Doubt) -> None:
    """Printers forget jobs, some after a minute, and some hide their names."""
    found = weigh_missing(jobs, sought(), [], response_hash="")
    assert isinstance(found, Unclear)
    assert found.why is why


def test_a_list_without_what_was_printed_since_is_behind() -> None:
    """It lacks a paper of the same dossier that certainly came out."""
    jobs: list[Attributes] = [job("Trang thử", seconds_ago=3600)]
    found = weigh_missing(jobs, sought(), [sought(OTHER, minutes=5)], response_hash="")
    assert isinstance(found, Unclear)
    assert found.why is Doubt.BEHIND
    before = [sought(OTHER, minutes=90)]  # forgotten with all that is as old
    assert weigh_missing(jobs, sought(), before, response_hash="") == Absent()
