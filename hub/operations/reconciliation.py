"""The daily comparison by dossier: what the ward knows, what the hub sent, what the partner has.

The partner is asked by `find` about the newest delivered message of each type; asking has no
effect. Each difference becomes one task with an owner, a due time in office hours and a proposed
repair; a task whose difference is gone is closed. What cannot be asked now opens and closes none.
Dossiers that a partner has and the hub never sent are not found: no partner lists its dossiers.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

from hub.messages import catalog
from hub.operations.verbs import By
from hub.ports import Absence, Destination
from hub.records.calendar import LOCAL, CalendarMissing
from hub.records.rulebook import Rulebook
from hub.rules.errors import DeliveryFailure
from hub.rules.states import FINAL, DeliveryState
from hub.store import audit, tasks
from hub.store.engine import Store
from hub.store.repair_tables import CLERK, PROVINCE, TOWN, WARD_IT
from hub.store.tasks import Finding, Sent

NOT_SENT, NOT_SETTLED, STATUS_DIFFERS = "not_sent", "not_settled", "status_differs"
PARTNER_LACKS, PARTNER_DIFFERS = "partner_lacks", "partner_differs"
OURS = frozenset({NOT_SENT, NOT_SETTLED, STATUS_DIFFERS, PARTNER_LACKS, PARTNER_DIFFERS})
TIME_TO_REPAIR = timedelta(hours=8)
"""Office hours until a task is due."""
_OWNERS = {catalog.PROVINCIAL: PROVINCE, catalog.TOWN_CENTER: TOWN}
_FOR_A_PERSON = {DeliveryState.DEAD, DeliveryState.AMBIGUOUS}


@dataclass(frozen=True, slots=True)
class Compared:
    """What the comparison of one dossier found; `unasked` names partners that gave no answer."""

    number: str
    findings: tuple[Finding, ...]
    unasked: frozenset[str]


@dataclass(frozen=True, slots=True)
class Report:
    """What a day's comparison found and what it did with the tasks."""

    dossiers: int
    findings: tuple[Finding, ...]
    opened: int
    closed: int
    unasked: int


def reconcile_day(
    store: Store,
    day: date,
    destinations: Sequence[Destination],
    rules: Rulebook,
    *,
    by: By,
    at_once: int = 4,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> Report:
    """Compare the dossiers that changed on `day` and those that still have a task from before."""
    start = datetime(day.year, day.month, day.day, tzinfo=LOCAL)
    with store.read() as tx:
        wanted = tasks.changed_between(tx, start, start + timedelta(days=1))
        wanted |= {task.subject for task in tasks.still_open(tx) if task.kind in OURS}
    partners = {destination.name: destination for destination in destinations}
    compared = []
    with ThreadPoolExecutor(at_once, thread_name_prefix="reconcile.day") as pool:
        for one in pool.map(partial(compare, store, partners), sorted(wanted)):
            compared.append(one)
            progress(len(compared), len(wanted))
    return _keep(store, compared, rules, by)


def compare(store: Store, partners: Mapping[str, Destination], number: str) -> Compared:
    """Compare one dossier."""
    with store.read() as tx:
        status, sent = tasks.of_dossier(tx, number)
    found = [*_ward_and_hub(number, status, sent), *_unsettled(number, sent)]
    newest = {(s.destination, s.type): s for s in sent if s.state is DeliveryState.DELIVERED}
    unasked = set()
    for one in newest.values():
        answer = _ask(partners.get(one.destination), one)
        if answer is None:
            unasked.add(one.destination)
        elif answer != "there":
            found.append(_partner(number, one, lacks=answer == "absent"))
    unique = {finding.identity: finding for finding in found}
    return Compared(number, tuple(unique.values()), frozenset(unasked))


def _ward_and_hub(number: str, status: int | None, sent: Sequence[Sent]) -> Iterator[Finding]:
    told = [s for s in sent if s.destination == catalog.PROVINCIAL]
    make = partial(Finding, subject=number, destination=catalog.PROVINCIAL, owner=WARD_IT)
    if not told:
        yield make(
            kind=NOT_SENT,
            detail="the ward has it, the hub never opened a delivery",
            repair="keep database and log, tell the engineers",
        )
        return
    said = [value for value in map(tasks.status_said, told) if value is not None]
    if said and status is not None and said[-1] != status:
        yield make(
            kind=STATUS_DIFFERS,
            detail=f"the ward has status {status}, the hub told {said[-1]} last",
            repair="keep database and log, tell the engineers",
        )


def _unsettled(number: str, sent: Sequence[Sent]) -> Iterator[Finding]:
    for destination in sorted({s.destination for s in sent}):
        here = [s for s in sent if s.destination == destination and s.state not in FINAL]
        if not here:
            continue
        head = here[0]
        person = head.state in _FOR_A_PERSON
        yield Finding(
            kind=NOT_SETTLED,
            subject=number,
            destination=destination,
            owner=WARD_IT if person else _OWNERS.get(destination, WARD_IT),
            detail=f"delivery {head.id} is {head.state}, {len(here)} open",
            repair="hub stuck, then the runbook" if person else "ask when the partner is back",
        )


def _partner(number: str, one: Sent, *, lacks: bool) -> Finding:
    if lacks:
        return Finding(
            kind=PARTNER_LACKS,
            subject=number,
            destination=one.destination,
            owner=_OWNERS.get(one.destination, WARD_IT),
            detail=f"delivery {one.id} ({one.type}) is delivered, the partner does not have it",
            repair="show the partner its receipt",
        )
    return Finding(
        kind=PARTNER_DIFFERS,
        subject=number,
        destination=one.destination,
        owner=CLERK,
        detail=f"what the partner holds is not proven to be delivery {one.id} ({one.type})",
        repair="compare with the partner's screen",
    )


def _ask(destination: Destination | None, one: Sent) -> str | None:
    """Return there, absent or unknown; None when the partner cannot be asked now."""
    if destination is None or not destination.traits.findable:
        return None
    try:
        answer = destination.find(destination.prepare(one.message, catalog.read(one.message)))
    except DeliveryFailure:
        return None
    return answer.value if isinstance(answer, Absence) else "there"


def _keep(store: Store, compared: Sequence[Compared], rules: Rulebook, by: By) -> Report:
    now, opened, closed = by["now"], 0, 0
    try:
        due = rules.add_working_time(now, TIME_TO_REPAIR)
    except CalendarMissing:
        due = None
    findings = tuple(finding for one in compared for finding in one.findings)
    present = {finding.identity for finding in findings}
    looked = {one.number: one.unasked for one in compared}
    with store.write() as tx:
        for finding in findings:
            opened += tasks.open_once(tx, finding, due_at=due, now=now)
        for task in tasks.still_open(tx):
            identity = (task.kind, task.subject, task.destination)
            unasked = looked.get(task.subject)
            if task.kind not in OURS or identity in present or unasked is None:
                continue
            if task.kind in (PARTNER_LACKS, PARTNER_DIFFERS) and task.destination in unasked:
                continue
            tasks.close(tx, task.number, actor="hub", reason="the difference is gone", now=now)
            closed += 1
        what = f"{len(findings)} differences, {opened} tasks opened, {closed} closed"
        audit.record(
            tx, by["actor"], "reconcile.day", object=str(len(compared)), reason=what, now=now
        )
    return Report(len(compared), findings, opened, closed, sum(bool(o.unasked) for o in compared))
