"""The items of the overview: each is something that a person can do, and with what.

What the hub settles by itself is no item. Pure but for reading; the same for console and terminal.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from functools import cache

from hub.messages.partners import named
from hub.operations.alerts import words
from hub.operations.devices.listing import described, troubled
from hub.operations.devices.source_troubles import own_troubles
from hub.operations.type_names import type_text
from hub.records.dossiers.numbering import is_dossier_number
from hub.rules.alerts.incidents import Incident
from hub.rules.alerts.rule import AlertSeverity
from hub.rules.alerts.signals import SIGNALS
from hub.rules.deliveries.states import DeliveryState
from hub.rules.failures.errors import FAULTS
from hub.rules.failures.fault_catalog import Explanation, load
from hub.rules.owners import CLERK, WARD_IT
from hub.rules.users.scope import Scope
from hub.store.conservation.balance import Balance
from hub.store.console import groups
from hub.store.console.groups import AttentionGroup, ParkedGroup
from hub.store.console.tasks import UrgentTask, most_urgent_tasks
from hub.store.devices.states import KeptState
from hub.store.engine.store import Tx
from hub.store.monitoring import attention, heartbeats
from hub.store.repair import deadline_alerts
from hub.texts import Text, both, joined

_OTHERWISE_SHOWN = (deadline_alerts.KIND,)
"""Kinds of tasks that the overview shows as a list of their own."""
_AN_ITEM_ANYWAY = frozenset(
    {
        *("attention_count", "parked_count", "balance_wrong", "tasks_overdue", "unknown_codes"),
        *("certificate_days", "secret_days", "webhook_failing"),
        *("process_silent", "process_trouble", "device_trouble"),
    }
)
"""Signals whose cause is an item by itself: a group, a task, a process, a device."""


class Severity(IntEnum):
    """How soon a person has to act."""

    URGENT = 0
    SOON = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing to do."""

    kind: str
    severity: Severity
    what: Text
    to_do: Text
    who: tuple[str, ...]
    """Owners, by the names that tasks keep."""
    since: datetime | None
    count: int = 1
    due_at: datetime | None = None
    command: str = ""
    """The command that settles it, "" where none does alone."""
    filters: dict[str, str] = field(default_factory=dict)
    """What finds its deliveries in the search, empty where there are none."""
    dossier: str = ""
    """The dossier that it is about, "" where it is about several or none."""
    task: int = 0
    """Number of the task that it is, 0 where it is none."""
    incident: int = 0
    """Number of the incident that it is, 0 where it is none."""
    message_kind: tuple[str, str] | None = None
    """Type and cause of the parked messages that it is about, None where it is about none."""


def items(
    tx: Tx,
    scope: Scope,
    balances: Iterable[Balance],
    *,
    devices: Sequence[KeptState],
    incidents: Iterable[Incident],
    now: datetime,
) -> list[Item]:
    """Return what needs a person, most urgent first.

    Balances, devices and open incidents are those that the scope reaches; who asks has read them.
    """
    found = [
        *_imbalances(balances, now),
        *(_silent_processes(tx, now) if scope.everything else ()),
        *map(_of_device, troubled(devices)),
        *map(_of_group, groups.needing_attention(tx, scope)),
        *(map(_of_message, groups.message_groups(tx)) if scope.everything else ()),
        *(_of_task(it, now) for it in most_urgent_tasks(tx, scope, but=_OTHERWISE_SHOWN)),
        *_incidents(incidents, now),
        *_missing_steps(tx, scope),
        *_waiting_papers(tx, scope),
    ]
    return sorted(found, key=_priority)


def _priority(item: Item) -> tuple[int, float, float]:
    due = item.due_at.timestamp() if item.due_at else float("inf")
    since = item.since.timestamp() if item.since else 0.0
    return item.severity, due, since


def _imbalances(balances: Iterable[Balance], now: datetime) -> Iterator[Item]:
    for it in balances:
        if not it.holds:
            partner = named(it.destination).title
            yield Item(
                kind="imbalance",
                severity=Severity.URGENT,
                what=both(
                    "overview.imbalance",
                    partner=partner,
                    accepted=it.accepted,
                    found=sum(it.states.values()),
                ),
                to_do=both("overview.imbalance_to_do"),
                who=(WARD_IT,),
                since=now,
                command="hub verify --full",
            )


def _silent_processes(tx: Tx, now: datetime) -> Iterator[Item]:
    for row in heartbeats.known(tx):
        silent = now - row.beat_at > heartbeats.SILENT_AT_MOST
        troubles = own_troubles(row)
        if silent or troubles:
            about = {"process": row.process, "roles": row.roles.replace(",", ", ")}
            yield Item(
                kind="process",
                severity=Severity.URGENT,
                what=both("overview.process_silent", **about)
                if silent
                else both("overview.process_troubled", trouble="; ".join(troubles), **about),
                to_do=both("overview.process_to_do"),
                who=(WARD_IT,),
                since=row.beat_at,
                command="hub doctor",
            )


def _of_device(it: KeptState) -> Item:
    worst = it.findings[0]
    return Item(
        kind="device",
        severity=Severity.SOON if it.state.works else Severity.URGENT,
        what=both("overview.device", about=described(it)),
        to_do=worst.to_do,
        who=(worst.owner,),
        since=it.since,
        command="hub devices check",
    )


def _of_group(group: AttentionGroup) -> Item:
    partner = named(group.destination).text
    fault = FAULTS.get(group.code)
    cause = fault.text if fault else Text(group.code, group.code)
    explained = explanation(group.code)
    dead = group.state == DeliveryState.DEAD
    return Item(
        kind=group.state,
        severity=Severity.URGENT,
        what=both(
            "overview.dead" if dead else "overview.ambiguous",
            count=group.count,
            operation=type_text(group.operation),
            partner=partner,
            cause=cause,
        ),
        to_do=Text(**explained.to_do) if explained else both("overview.standing_to_do"),
        who=explained.who if explained else (WARD_IT,),
        since=group.since,
        count=group.count,
        command="hub deliveries attention",
        filters={
            "state": group.state,
            "partner": group.destination,
            "operation": group.operation,
            "fault": group.code,
        },
    )


@cache
def _explanations() -> dict[str, Explanation]:
    return {it.ours: it for it in load({}) if not it.partner and it.ours}


def explanation(code: str) -> Explanation | None:
    """Return what the dictionary says of one of the hub's own codes."""
    return _explanations().get(code)


def _of_message(group: ParkedGroup) -> Item:
    explained = explanation(group.code)
    fault = FAULTS.get(group.code)
    cause = fault.text if fault else Text(group.code, group.code)
    return Item(
        kind="parked",
        severity=Severity.SOON,
        what=both("overview.parked", count=group.count, type=type_text(group.type), cause=cause),
        to_do=Text(**explained.to_do) if explained else both("overview.parked_to_do"),
        who=explained.who if explained else (WARD_IT,),
        since=group.since,
        count=group.count,
        command="hub messages retry",
        message_kind=(group.type, group.code),
    )


def _of_task(task: UrgentTask, now: datetime) -> Item:
    late = task.due_at is not None and task.due_at <= now
    subject = Text(task.subject, task.subject)
    return Item(
        kind="task",
        severity=Severity.URGENT if late else Severity.SOON,
        what=joined(": ", (subject, task.detail)),
        to_do=task.repair,
        who=(task.owner,),
        since=task.opened_at,
        due_at=task.due_at,
        command=f"hub tasks done {task.number}",
        dossier=task.subject if is_dossier_number(task.subject) else "",
        task=task.number,
    )


def _incidents(found: Iterable[Incident], now: datetime) -> Iterator[Item]:
    """Yield what only an alert tells of, unless a person has taken it."""
    for it in found:
        if it.signal in _AN_ITEM_ANYWAY or it.is_acknowledged(now):
            continue
        critical = it.severity is AlertSeverity.CRITICAL
        of_file = SIGNALS[it.signal].is_outside  # its number is one of the file's
        yield Item(
            kind="incident",
            severity=Severity.URGENT if critical else Severity.SOON,
            what=words.what(it),
            to_do=words.to_do(it),
            who=(SIGNALS[it.signal].owner,),
            since=it.started_at,
            command="" if of_file else f"hub alerts show {it.number}",
            incident=0 if of_file else it.number or 0,
        )


def _missing_steps(tx: Tx, scope: Scope) -> Iterator[Item]:
    if not scope.everything:
        return
    for gap in attention.gaps(tx, 20):
        yield Item(
            kind="gap",
            severity=Severity.SOON,
            what=both("overview.gap", number=gap.number, steps=gap.missing, kept=gap.kept),
            to_do=both("attention.gaps_advice"),
            who=("town",),
            since=gap.since,
            dossier=gap.number,
        )


def _waiting_papers(tx: Tx, scope: Scope) -> Iterator[Item]:
    if not scope.everything:
        return
    for papers in attention.papers_not_at_town(tx, 20):
        yield Item(
            kind="papers",
            severity=Severity.SOON,
            what=both("overview.papers", number=papers.number, count=papers.count),
            to_do=both("attention.papers_advice" if papers.count else "attention.no_papers_left"),
            who=(CLERK,),
            since=papers.since,
            dossier=papers.number,
        )
