"""The comparison with lists that officers exported at the partners: it finds what only they have.

All lists of a run are compared before anything is written, so a list that is refused leaves
nothing behind. Each difference becomes one task by the rules of the daily comparison. These kinds
are opened and closed by a list of the partner only. The audit keeps who compared which file (its
sha256); nothing else of a file is kept.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from hub.operations.list_comparison import BY_LIST, Verdict, check_day, is_gone, judge
from hub.operations.partner_list import PartnerList
from hub.operations.reconciliation import due_for_repair
from hub.operations.verbs import By
from hub.records.calendar import LOCAL
from hub.records.rulebook import Rulebook
from hub.store import audit, listing, tasks
from hub.store.engine import Store, Tx
from hub.store.tasks import Finding


@dataclass(frozen=True, slots=True)
class ListReport:
    """What the comparison with one list found and what it did with the tasks."""

    listed: PartnerList
    findings: tuple[Finding, ...]
    opened: int
    closed: int
    unsure: int
    """Dossiers that are under way or got something after the list was written."""

    @property
    def agrees(self) -> bool:
        """Whether everything was judged and nothing differs."""
        return not (self.findings or self.unsure or self.listed.unread)


def reconcile_lists(
    store: Store, day: date, lists: Sequence[PartnerList], rules: Rulebook, *, by: By
) -> list[ListReport]:
    """Compare the lists of reception day `day`; raises ListRefused, then nothing is written."""
    with store.read() as tx:
        judged = [_judge(tx, day, listed) for listed in lists]
    due = due_for_repair(rules, by["now"])
    with store.write() as tx:
        reports = [
            _keep(tx, listed, verdicts, day=day, due=due, now=by["now"])
            for listed, verdicts in zip(lists, judged, strict=True)
        ]
        for report in reports:
            _record(tx, day, report, by)
    return reports


def _judge(tx: Tx, day: date, listed: PartnerList) -> dict[str, Verdict]:
    start = datetime(day.year, day.month, day.day, tzinfo=LOCAL)
    numbers = listing.received_between(tx, start, start + timedelta(days=1))
    numbers |= listed.statuses.keys()
    numbers |= {
        task.subject
        for task in tasks.still_open(tx)
        if task.kind in BY_LIST and task.destination == listed.partner
    }
    here = listing.known(tx, listed.partner, numbers)
    check_day(listed, here, day)
    return {number: judge(listed, number, here.get(number), day=day) for number in sorted(numbers)}


def _keep(
    tx: Tx,
    listed: PartnerList,
    verdicts: Mapping[str, Verdict],
    *,
    day: date,
    due: datetime | None,
    now: datetime,
) -> ListReport:
    opened = closed = 0
    findings = tuple(verdict.finding for verdict in verdicts.values() if verdict.finding)
    for finding in findings:
        opened += tasks.open_once(tx, finding, due_at=due, now=now)
    for task in tasks.still_open(tx):
        verdict = verdicts.get(task.subject)
        if verdict is None or task.kind not in BY_LIST or task.destination != listed.partner:
            continue
        if is_gone(verdict, task.kind, shown=task.list_day, day=day):
            tasks.close(tx, task.number, actor="hub", reason="the difference is gone", now=now)
            closed += 1
    unsure = sum(verdict.unsure for verdict in verdicts.values())
    return ListReport(listed, findings, opened, closed, unsure)


def _record(tx: Tx, day: date, report: ListReport, by: By) -> None:
    listed = report.listed
    file = f"{listed.partner} {day:%Y-%m-%d} sha256:{listed.sha256}"
    what = (
        f"{len(listed.statuses)} numbers, {len(report.findings)} differences,"
        f" {report.opened} tasks opened, {report.closed} closed"
    )
    audit.record(tx, by["actor"], "reconcile.list", object=file, reason=what, now=by["now"])
