"""The comparison with lists that officers exported at the partners: it finds what only they have.

All lists of a run are compared before anything is written, so a list that is refused leaves
nothing behind. Each difference becomes one task by the rules of the daily comparison. These kinds
are opened and closed by a list of the partner only. The audit keeps who compared which file (its
sha256); nothing else of a file is kept.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from hub.messages.local_time import LOCAL
from hub.operations.comparison.daily import due_for_repair
from hub.operations.comparison.lists import problems
from hub.operations.comparison.lists.checks import (
    MOST_FINDINGS,
    as_the_ward_writes,
    check_day,
    forms,
    is_whole,
    of_this_ward,
    ward_of,
)
from hub.operations.comparison.lists.decision import BY_LIST, ListDecision, decide, is_gone
from hub.operations.comparison.lists.problems import ListRefused
from hub.operations.comparison.lists.reader import PartnerList
from hub.operations.signed_by import SignedBy
from hub.records.registers import agencies
from hub.records.rulebook import Rulebook
from hub.store.engine.store import Store, Tx
from hub.store.evidence import audit
from hub.store.records.reading import partner_view
from hub.store.repair import tasks
from hub.store.repair.tasks import TaskFinding


@dataclass(frozen=True, slots=True, kw_only=True)
class ListReport:
    """What the comparison with one list found and what it did with the tasks."""

    listed: PartnerList
    findings: tuple[TaskFinding, ...]
    """But for those that a person settled."""
    opened: int
    closed: int
    left: int
    """Tasks whose number the list does not show, although it may lack something."""
    dismissed: int
    """Differences that a person closed before, by a list of the same day."""
    others: int
    """Numbers of other agencies, which were left out."""
    unsure: int
    """Dossiers that are under way or got something after the list was exported."""

    @property
    def agrees(self) -> bool:
        """Whether everything was judged and nothing differs but what a person settled."""
        return not (self.findings or self.left or self.unsure or self.listed.unread)


@dataclass(frozen=True, slots=True)
class _Decided:
    """A list in the ward's form, and what it says of each number."""

    listed: PartnerList
    verdicts: Mapping[str, ListDecision]
    others: int
    whole: bool


def reconcile_lists(
    store: Store,
    day: date,
    lists: Sequence[PartnerList],
    rules: Rulebook,
    *,
    agency: str,
    by: SignedBy,
) -> list[ListReport]:
    """Compare the lists of reception day `day` with what a ward knows whose code is `agency`.

    Raises ListRefused, then nothing is written.
    """
    with store.read() as tx:
        decided = [_named(tx, day, listed, agency) for listed in lists]
    due = due_for_repair(rules, by["now"])
    with store.write() as tx:
        reports = [_keep(tx, one, day=day, due=due, now=by["now"]) for one in decided]
        for report in reports:
            _record(tx, day, report, by)
    return reports


def _named(tx: Tx, day: date, listed: PartnerList, agency: str) -> _Decided:
    try:
        return _decide_all(tx, day, listed, agency)
    except ListRefused as refused:
        refused.partner = listed.partner
        raise


def _decide_all(tx: Tx, day: date, listed: PartnerList, agency: str) -> _Decided:
    start = datetime(day.year, day.month, day.day, tzinfo=LOCAL)
    received = partner_view.received_between(tx, start, start + timedelta(days=1))
    ward = ward_of(agency, received, agencies.load())
    ours = received | {
        task.subject
        for task in tasks.still_open(tx)
        if task.kind in BY_LIST and task.destination == listed.partner
    }
    theirs = {form for number in listed.statuses for form in forms(number)}
    here = partner_view.known(tx, listed.partner, ours | theirs)
    listed, others = of_this_ward(as_the_ward_writes(listed, here, ward), here, ward)
    check_day(listed, here, day)
    numbers = sorted(ours | listed.statuses.keys())
    verdicts = {one: decide(listed, one, here.get(one), day=day) for one in numbers}
    if (found := sum(one.finding is not None for one in verdicts.values())) > MOST_FINDINGS:
        raise ListRefused(problems.too_many(found, MOST_FINDINGS))
    return _Decided(listed, verdicts, others, is_whole(listed, here, day))


def _keep(
    tx: Tx, decided: _Decided, *, day: date, due: datetime | None, now: datetime
) -> ListReport:
    partner, verdicts = decided.listed.partner, decided.verdicts
    found = [verdict.finding for verdict in verdicts.values() if verdict.finding]
    by_hand = tasks.settled_by_hand(tx, partner, day.isoformat())
    findings = [one for one in found if one.content not in by_hand]
    opened = sum(tasks.open_once(tx, one, due_at=due, now=now) for one in findings)
    closed = left = 0
    for task in tasks.still_open(tx):
        verdict = verdicts.get(task.subject)
        if verdict is None or task.kind not in BY_LIST or task.destination != partner:
            continue
        if is_gone(verdict, task.kind, shown=task.list_day, day=day, whole=decided.whole):
            tasks.close_gone(tx, task.number, now=now)
            closed += 1
        elif is_gone(verdict, task.kind, shown=task.list_day, day=day, whole=True):
            left += 1
    return ListReport(
        listed=decided.listed,
        findings=tuple(findings),
        opened=opened,
        closed=closed,
        left=left,
        dismissed=len(found) - len(findings),
        others=decided.others,
        unsure=sum(verdict.unsure for verdict in verdicts.values()),
    )


def _record(tx: Tx, day: date, report: ListReport, by: SignedBy) -> None:
    listed = report.listed
    file = f"{listed.partner} {day:%Y-%m-%d} sha256:{listed.sha256}"
    what = (
        f"{len(listed.statuses)} numbers, {len(report.findings)} differences,"
        f" {report.opened} tasks opened, {report.closed} closed"
    )
    audit.record(tx, by["actor"], "reconcile.list", object=file, reason=what, now=by["now"])
