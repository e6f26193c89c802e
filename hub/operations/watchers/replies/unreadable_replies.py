"""Raises one task where a partner's replies cannot be read, three calls in a row and more.

One for a partner and a place in its replies, whatever number of dossiers and operations met it. It
is closed by itself when calls of each of these operations were read again. The timer looks once a
sweep at the evidence of the latest calls; what it finds is a row, so nothing is raised twice.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from hub.messages.partners import named
from hub.records.deadlines.calendar import local
from hub.rules.actors import BY_HUB
from hub.rules.owners import WARD_IT
from hub.runtime.telemetry import Event, log
from hub.store.engine.store import Store, Tx
from hub.store.repair import tasks
from hub.store.repair.replies import unreadable_replies
from hub.store.repair.replies.unreadable_replies import Calls, UnreadablePlace
from hub.texts import Text, both, joined

KIND = "reply_unreadable"
IN_A_ROW = 3
"""Calls from which it is no accident of the line."""
OPEN_AT_MOST = 8
"""Open tasks of a partner: one whose replies are all different is told in eight parts."""
_OPERATION = re.compile(r"^[A-Za-z][\w.\-]*(?=[,:] )(?:, |: )?")
_COUNTED = re.compile(r"\d+")
SUBJECT_LENGTH = 200


class ReplyPlace(NamedTuple):
    """Where replies of a partner cannot be read: what makes two of them the same finding."""

    partner: str
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Calls of one place that could not be read, the newest first, since others last were."""

    place: ReplyPlace
    calls: Sequence[UnreadablePlace]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadableReplies:
    """Keeps no state: calls and open tasks are read from the store at each check."""

    store: Store

    def check(self, now: datetime) -> int:
        """Close the tasks whose cause is gone, raise those that are missing; say how many."""
        with self.store.read() as tx:
            rows, stand = _rows(tx)
            known = {ReplyPlace(it.destination, it.subject): it.number for it in _open(tx)}
        raising = [it for it in rows if it.place not in known and len(it.calls) >= IN_A_ROW]
        closing = [number for place, number in known.items() if place not in stand]
        if not raising and not closing:
            return 0
        with self.store.write() as tx:
            for number in closing:
                _close(tx, number, now)
            raised = [
                it
                for it in raising
                if tasks.open_among_few(tx, finding(it), most=OPEN_AT_MOST, now=now)
            ]
        for row in raised:
            log.warning(
                Event.REPLIES_UNREADABLE,
                destination=row.place.partner,
                count=len(row.calls),
                detail=row.calls[0].detail,
            )
        return len(raised)


def subject_of(detail: str) -> str:
    """Return what is the same in equal failures: place and what was read, without the operation."""
    cause = _OPERATION.sub("", detail.partition(";")[0], count=1)
    return _COUNTED.sub("#", cause).strip()[:SUBJECT_LENGTH] or "reply"


def in_a_row(found: Sequence[UnreadablePlace], read: Mapping[Calls, int]) -> Iterator[Row]:
    """Yield for each place the calls after which none of their operation was read."""
    grouped: defaultdict[ReplyPlace, list[UnreadablePlace]] = defaultdict(list)
    for one in found:
        if one.seq > read.get(one.calls, 0):
            grouped[ReplyPlace(one.calls.partner, subject_of(one.detail))].append(one)
    for place, calls in grouped.items():
        yield Row(place=place, calls=calls)


def finding(row: Row) -> tasks.TaskFinding:
    """Return the task's content, Vietnamese and English."""
    partner = row.place.partner
    names = named(partner)
    where, _, fix = row.calls[0].detail.partition(";")
    repair = both(
        "tasks.unreadable_repair",
        partner=names.text,
        name=names.short,
        setting=names.profile_setting,
    )
    if fix.strip():
        repair = joined("", (repair, Text(f" ({fix.strip()})", f" ({fix.strip()})")))
    return tasks.TaskFinding(
        kind=KIND,
        subject=row.place.subject,
        destination=partner,
        owner=WARD_IT,
        detail=both(
            "tasks.unreadable",
            count=len(row.calls),
            partner=names.text,
            since=f"{local(row.calls[-1].at):%H:%M %d/%m/%Y}",
            operations=", ".join(dict.fromkeys(it.calls.operation for it in row.calls)),
            where=where,
        ),
        repair=repair,
    )


def _rows(tx: Tx) -> tuple[list[Row], set[ReplyPlace]]:
    """Return the rows, and the places where not every operation was read since."""
    found = unreadable_replies.latest(tx)
    rows = list(in_a_row(found, unreadable_replies.last_read(tx))) if found else []
    return rows, {row.place for row in rows}


def _open(tx: Tx) -> Sequence[tasks.OpenTask]:
    return tasks.open_of_kind(tx, KIND)


def _close(tx: Tx, number: int, now: datetime) -> None:
    try:
        tasks.close(tx, number, actor=BY_HUB, reason="replies are read again", now=now)
    except tasks.NoSuchTask:
        return  # another timer, or a person
