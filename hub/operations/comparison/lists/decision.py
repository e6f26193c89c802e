"""Compares a partner's list of a day with what ward and hub know. Pure.

One dossier at a time, and at most one difference of each: only there (`unknown_here`), there and
known here but never sent there (`listed_unsent`), delivered and not there (`not_listed`), there
with another status than was told last (`listed_differs`). A dossier that is under way, or got
something after the list was exported, is not decided: the list shows another moment.

A list is expected to hold the dossiers of one reception day (*ngày tiếp nhận*), because both
partners are told it with each dossier. A number on it may be of any other day; only one of this day
can be missed.
"""

from dataclasses import dataclass
from datetime import date

from hub.messages.partners import named
from hub.messages.payloads import Status
from hub.operations.comparison.lists.checks import is_of
from hub.operations.comparison.lists.reader import PartnerList
from hub.records.dossiers.status import LABELS
from hub.rules.owners import CLERK
from hub.store.records.reading.partner_view import DossierView
from hub.store.repair.tasks import TaskFinding
from hub.texts import Text, both

UNKNOWN_HERE, LISTED_UNSENT = "unknown_here", "listed_unsent"
NOT_LISTED, LISTED_DIFFERS = "not_listed", "listed_differs"
BY_LIST = frozenset({UNKNOWN_HERE, LISTED_UNSENT, NOT_LISTED, LISTED_DIFFERS})


@dataclass(frozen=True, slots=True)
class ListDecision:
    """What a list says of one dossier."""

    finding: TaskFinding | None = None
    decided: frozenset[str] = frozenset()
    """The kinds about which it says anything: those but the finding's are not there, or gone."""
    unsure: bool = False
    """Whether it should have been decided and could not be."""


def decide(
    listed: PartnerList, number: str, here: DossierView | None, *, day: date
) -> ListDecision:
    """Compare one number with the list of reception day `day`."""
    on_list = number in listed.statuses
    if here is None:
        return (
            ListDecision(_finding(UNKNOWN_HERE, listed, number, day), BY_LIST)
            if on_list
            else ListDecision()
        )
    of_the_day = is_of(here, day)
    later = here.last_at is not None and here.last_at > listed.exported_at
    if later or not here.settled:
        return ListDecision(None, frozenset({UNKNOWN_HERE}), unsure=on_list or of_the_day)
    if on_list and not here.opened:
        return ListDecision(_finding(LISTED_UNSENT, listed, number, day), BY_LIST)
    if on_list:
        return _by_status(listed, number, here.status, day)
    if not of_the_day:
        return ListDecision(None, frozenset({UNKNOWN_HERE}))
    if not here.opened:
        return ListDecision(None, BY_LIST - {LISTED_UNSENT})
    if not here.delivered:
        return ListDecision(None, BY_LIST)
    owner = named(listed.partner).short
    return ListDecision(_finding(NOT_LISTED, listed, number, day, owner=owner), BY_LIST)


def is_gone(verdict: ListDecision, kind: str, *, shown: str | None, day: date, whole: bool) -> bool:
    """Tell whether a task's difference is gone.

    That a number is not on a list any more says something only by a list of the day that has
    `shown` it, and only if that one is `whole`: its task may be the only trace of a dossier.
    """
    if verdict.finding and verdict.finding.kind == kind:
        return False
    if kind in verdict.decided:
        return True
    by_absence = kind in {UNKNOWN_HERE, LISTED_UNSENT} and not verdict.unsure
    return by_absence and shown == day.isoformat() and whole


def _by_status(listed: PartnerList, number: str, ours: Status | None, day: date) -> ListDecision:
    theirs = listed.statuses[number]
    if theirs is None or ours is None:
        return ListDecision(None, BY_LIST - {LISTED_DIFFERS})
    if theirs is ours:
        return ListDecision(None, BY_LIST)
    finding = _finding(LISTED_DIFFERS, listed, number, day, there=_label(theirs), here=_label(ours))
    return ListDecision(finding, BY_LIST)


def _finding(
    kind: str, listed: PartnerList, number: str, day: date, *, owner: str = CLERK, **values: object
) -> TaskFinding:
    """Return the task of a difference; its texts are named for its kind."""
    values |= {"partner": named(listed.partner).text, "on": f"{day:%d/%m/%Y}", "number": number}
    return TaskFinding(
        kind=kind,
        subject=number,
        destination=listed.partner,
        list_day=day.isoformat(),
        owner=owner,
        detail=both(f"list_tasks.{kind}", **values),
        repair=both(f"list_tasks.{kind}_repair", **values),
    )


def _label(status: Status) -> Text:
    return Text(f"{status:d} {LABELS[status][0]}", f"{status:d}")
