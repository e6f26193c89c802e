"""The daily comparison by dossier: what the ward knows, what the hub sent, what the partner has.

The partner is asked by `find` about every delivered message that must be there: each step, each
hand-over, and of what newer data replaces the newest one; asking has no effect. A dossier that
moved meanwhile is compared anew. Each difference becomes one task with an owner, a due time in
office hours and a proposed repair; a task whose difference is gone is closed. What cannot be asked
now opens and closes none. Dossiers that a partner has and the hub never sent are not found here,
because no partner's interface lists its dossiers: `lists` takes a list that an
officer exported.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial

from hub.messages import catalog
from hub.messages.local_time import LOCAL
from hub.messages.partners import PARTNERS
from hub.operations.signed_by import SignedBy
from hub.ports import Absent, Destination, Doubt, Receipt, Request, Unclear
from hub.records.deadlines.calendar import CalendarMissing
from hub.records.rulebook import Rulebook
from hub.rules.deliveries.states import FINAL, DeliveryState, state_text
from hub.rules.failures.errors import DeliveryFailure
from hub.rules.owners import CLERK, WARD_IT
from hub.store.engine.store import Store
from hub.store.evidence import audit
from hub.store.repair import tasks
from hub.store.repair.tasks import Sent, TaskFinding
from hub.texts import both

NOT_SENT, NOT_FINAL, STATUS_DIFFERS = "not_sent", "not_settled", "status_differs"
PARTNER_LACKS, PARTNER_DIFFERS = "partner_lacks", "partner_differs"
FILE_UNVERIFIED = "file_unverified"
BY_QUERY = frozenset({PARTNER_LACKS, PARTNER_DIFFERS, FILE_UNVERIFIED})
OURS = BY_QUERY | {NOT_SENT, NOT_FINAL, STATUS_DIFFERS}
COMPARISONS = 3
"""How often a dossier that moves while it is compared is compared."""
TIME_TO_REPAIR = timedelta(hours=8)
"""Office hours until a task is due."""
_FOR_A_PERSON = {DeliveryState.DEAD, DeliveryState.AMBIGUOUS}
_TAKEN_BACK = {DeliveryState.CANCELLED, DeliveryState.SUPERSEDED}
_DIFFERS = frozenset({Doubt.OTHER, Doubt.NO_ANSWER})
"""What is alike is what was delivered, written in another way; older steps need not be shown."""
Answered = tuple[Sent, Receipt | Absent | Unclear]


@dataclass(frozen=True, slots=True)
class Compared:
    """What the comparison of one dossier found; `unasked` names partners that gave no answer."""

    number: str
    findings: tuple[TaskFinding, ...]
    unasked: frozenset[str]


@dataclass(frozen=True, slots=True)
class ComparisonReport:
    """What a day's comparison found and what it did with the tasks."""

    dossiers: int
    findings: tuple[TaskFinding, ...]
    opened: int
    closed: int
    unasked: int


def reconcile_day(
    store: Store,
    day: date,
    destinations: Sequence[Destination],
    rules: Rulebook,
    *,
    by: SignedBy,
    at_once: int = 4,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> ComparisonReport:
    """Compare the dossiers that changed on `day` and those that still have a task from before."""
    start = datetime(day.year, day.month, day.day, tzinfo=LOCAL)
    with store.read() as tx:
        wanted = tasks.changed_between(tx, start, start + timedelta(days=1))
        wanted |= {task.subject for task in tasks.still_open(tx) if task.kind in OURS}
    partners = {destination.name: destination for destination in destinations}
    compared = []
    with ThreadPoolExecutor(at_once, thread_name_prefix="reconcile.day") as pool:
        for one in pool.map(partial(compare, store, partners, now=by["now"]), sorted(wanted)):
            compared.append(one)
            progress(len(compared), len(wanted))
    return _keep(store, compared, rules, by)


def compare(
    store: Store, partners: Mapping[str, Destination], number: str, *, now: datetime
) -> Compared:
    """Compare one dossier."""
    seen = _read(store, number)
    for _ in range(COMPARISONS):
        before = seen
        found = _compare(partners, number, *before, now=now)
        seen = _read(store, number)
        if not found.findings or _snapshot(*seen) == _snapshot(*before):
            break
    return found


def _read(store: Store, number: str) -> tuple[int | None, list[Sent]]:
    with store.read() as tx:
        return tasks.of_dossier(tx, number)


def _snapshot(status: int | None, sent: Sequence[Sent]) -> tuple[object, ...]:
    return status, *((one.id, one.state) for one in sent)


def _compare(
    partners: Mapping[str, Destination],
    number: str,
    status: int | None,
    sent: Sequence[Sent],
    *,
    now: datetime,
) -> Compared:
    found = [*_ward_and_hub(number, status, sent), *_not_final(number, sent)]
    answers: dict[str, list[Answered]] = {}
    unasked = set()
    fresh = {one.id for one in sent if _is_fresh(one, partners.get(one.destination), now)}
    requests = _requests(partners, sent)
    for one in _expected(sent):
        answer = _query(partners, one, requests, sent)
        if answer is None or _may_lag(one, answer, fresh):
            unasked.add(one.destination)
        else:
            answers.setdefault(one.destination, []).append((one, answer))
    last = {(s.destination, s.type): s.id for s in sent if s.state not in _TAKEN_BACK}
    for destination, given in answers.items():
        found += _of_partner(number, destination, given, frozenset(last.values()))
    return Compared(number, tuple(found), frozenset(unasked))


def _expected(sent: Sequence[Sent]) -> list[Sent]:
    """Return what the partners must have: of what newer data replaces, only the newest."""
    there = [one for one in sent if one.state is DeliveryState.DELIVERED]
    newest = {(one.destination, one.type): one.id for one in there}
    return [
        one
        for one in there
        if newest[one.destination, one.type] == one.id
        or not catalog.find(one.message.type, one.message.version).newest_if
    ]


def _ward_and_hub(number: str, status: int | None, sent: Sequence[Sent]) -> Iterator[TaskFinding]:
    to_province = [s for s in sent if s.destination == catalog.PROVINCIAL]
    make = partial(TaskFinding, subject=number, destination=catalog.PROVINCIAL, owner=WARD_IT)
    if not to_province:
        yield make(
            kind=NOT_SENT,
            detail=both("tasks.not_sent"),
            repair=both("tasks.for_engineers"),
        )
        return
    statuses = [value for value in map(tasks.status_sent, to_province) if value is not None]
    if statuses and status is not None and statuses[-1] != status:
        yield make(
            kind=STATUS_DIFFERS,
            detail=both("tasks.status_differs", ward=status, sent=statuses[-1]),
            repair=both("tasks.for_engineers"),
        )


def _not_final(number: str, sent: Sequence[Sent]) -> Iterator[TaskFinding]:
    for destination in sorted({s.destination for s in sent}):
        here = [s for s in sent if s.destination == destination and s.state not in FINAL]
        if not here:
            continue
        head = here[0]
        person = head.state in _FOR_A_PERSON
        yield TaskFinding(
            kind=NOT_FINAL,
            subject=number,
            destination=destination,
            owner=WARD_IT if person else _owner(destination),
            detail=both(
                "tasks.not_settled", id=head.id, state=state_text(head.state), count=len(here)
            ),
            repair=both("tasks.see_stuck" if person else "tasks.partner_away"),
        )


def _owner(destination: str) -> str:
    """Return who settles what concerns a destination."""
    partner = PARTNERS.get(destination)
    return partner.short if partner else WARD_IT


def _of_partner(
    number: str, destination: str, given: Sequence[Answered], last: frozenset[int]
) -> Iterator[TaskFinding]:
    """Tell what a partner does not have as it was sent; one finding of a kind, naming them all.

    Only of the last message of a type it is a difference that the partner's record went further.
    """
    make = partial(TaskFinding, subject=number, destination=destination)
    owner = _owner(destination)
    if lacks := [one for one, answer in given if _lacks(answer)]:
        yield make(
            kind=PARTNER_LACKS,
            owner=owner,
            detail=both("tasks.partner_lacks", deliveries=_named(lacks)),
            repair=both("tasks.partner_lacks_repair"),
        )
    named = {
        one.id: answer.differs
        for one, answer in given
        if (isinstance(answer, Receipt) and answer.differs and one.id in last)
        or (isinstance(answer, Unclear) and answer.why in _DIFFERS)
    }
    if differs := [one for one, _ in given if one.id in named]:
        fields = ", ".join(sorted({name for names in named.values() for name in names})) or "–"
        yield make(
            kind=PARTNER_DIFFERS,
            owner=CLERK,
            detail=both("tasks.partner_differs", deliveries=_named(differs), fields=fields),
            repair=both("tasks.partner_differs_repair"),
        )
    receipts = [answer for _, answer in given if isinstance(answer, Receipt)]
    if wrong := sorted({sha256 for receipt in receipts for sha256 in receipt.unverified}):
        yield _unverified(make, wrong)


def _lacks(answer: Receipt | Absent | Unclear) -> bool:
    """Tell whether the partner does not show what it was given: long after that is no lag."""
    return isinstance(answer, Absent) or (
        isinstance(answer, Unclear) and answer.why is Doubt.BEHIND
    )


def _named(several: Sequence[Sent]) -> str:
    return ", ".join(f"{one.id} ({one.type})" for one in several)


def _unverified(make: Callable[..., TaskFinding], wrong: Sequence[str]) -> TaskFinding:
    return make(
        kind=FILE_UNVERIFIED,
        owner=WARD_IT,
        detail=both("tasks.file_unverified", files=", ".join(wrong)),
        repair=both("tasks.file_unverified_repair"),
    )


def _is_fresh(one: Sent, destination: Destination | None, now: datetime) -> bool:
    """Tell whether the partner's look-up need not show it yet."""
    lag = destination.traits.lag if destination is not None else timedelta()
    return one.settled_at is not None and now < one.settled_at + lag


def _may_lag(one: Sent, answer: Receipt | Absent | Unclear, fresh: Collection[int]) -> bool:
    """Tell whether an answer lacks what the partner's look-up need not show yet."""
    behind = isinstance(answer, Unclear) and answer.why is Doubt.BEHIND
    return (one.id in fresh and _lacks(answer)) or (behind and bool(fresh))


def _requests(partners: Mapping[str, Destination], sent: Sequence[Sent]) -> dict[int, Request]:
    """Return by delivery the request for what a partner has and can be asked about."""
    made = {}
    for one in sent:
        destination = partners.get(one.destination)
        if destination is None or not destination.traits.findable:
            continue
        if one.state is DeliveryState.DELIVERED:
            with suppress(DeliveryFailure):
                made[one.id] = destination.prepare(one.message, catalog.read(one.message))
    return made


def _query(
    partners: Mapping[str, Destination],
    one: Sent,
    requests: Mapping[int, Request],
    sent: Sequence[Sent],
) -> Receipt | Absent | Unclear | None:
    """Return the partner's answer; None when it cannot be asked now."""
    request = requests.get(one.id)
    if request is None:
        return None
    others = (it for it in sent if it.destination == one.destination and it.id != one.id)
    beside = tuple(requests[it.id] for it in others if it.id in requests)
    try:
        return partners[one.destination].find(replace(request, beside=beside))
    except DeliveryFailure:
        return None


def due_for_repair(rules: Rulebook, now: datetime) -> datetime | None:
    """Return when a task is due that is opened now; None where no calendar tells."""
    try:
        return rules.add_working_time(now, TIME_TO_REPAIR)
    except CalendarMissing:
        return None


def _keep(
    store: Store, compared: Sequence[Compared], rules: Rulebook, by: SignedBy
) -> ComparisonReport:
    now, opened, closed = by["now"], 0, 0
    due = due_for_repair(rules, now)
    findings = tuple(finding for one in compared for finding in one.findings)
    present = {finding.identity for finding in findings}
    compared_numbers = {one.number: one.unasked for one in compared}
    with store.write() as tx:
        for finding in findings:
            opened += tasks.open_once(tx, finding, due_at=due, now=now)
        for task in tasks.still_open(tx):
            identity = (task.kind, task.subject, task.destination)
            unasked = compared_numbers.get(task.subject)
            if task.kind not in OURS or identity in present or unasked is None:
                continue
            if task.kind in BY_QUERY and task.destination in unasked:
                continue
            tasks.close_gone(tx, task.number, now=now)
            closed += 1
        what = f"{len(findings)} differences, {opened} tasks opened, {closed} closed"
        audit.record(
            tx, by["actor"], "reconcile.day", object=str(len(compared)), reason=what, now=now
        )
    return ComparisonReport(
        len(compared), findings, opened, closed, sum(bool(o.unasked) for o in compared)
    )
