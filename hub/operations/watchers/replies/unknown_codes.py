"""Raises one task for each reply code that nobody knows: find out what it means, then classify it.

One for a partner, operation and code, whatever number of dossiers got it: all of them wait for the
same word. It is closed by itself when the code is classified. The timer looks once a sweep; what it
finds is a row, so nothing is raised twice after a restart or by two timers.
"""

import shlex
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.messages.partners import named
from hub.operations.watchers.office_hours import due_within
from hub.records.deadlines.calendar import local
from hub.records.rulebook import Rulebook
from hub.rules.actors import BY_HUB
from hub.rules.owners import WARD_IT
from hub.runtime.telemetry import Event, log
from hub.store.engine.store import Store
from hub.store.repair import tasks
from hub.store.repair.replies import fault_classes
from hub.store.repair.replies.fault_classes import UnknownCode
from hub.texts import both

TIME_TO_CLASSIFY = timedelta(hours=8)
"""Office hours until a task is due."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownCodes:
    """Keeps no state; `rules` has the calendar by which a task is due."""

    store: Store
    rules: Rulebook

    def check(self, now: datetime) -> int:
        """Close the tasks whose code was classified, raise those that are missing; say how many."""
        with self.store.read() as tx:
            found = fault_classes.untold(tx)
            needless = tasks.some_are(tx, fault_classes.NEEDLESS)
        if not found and not needless:
            return 0
        due = due_within(self.rules, now, TIME_TO_CLASSIFY)
        with self.store.write() as tx:
            tasks.close_all(tx, fault_classes.NEEDLESS, actor=BY_HUB, reason="classified", now=now)
            raised = [
                one for one in found if tasks.open_once(tx, finding(one), due_at=due, now=now)
            ]
        for one in raised:
            log.warning(Event.CODE_UNKNOWN, destination=one.partner, code=one.code)
        return len(raised)


def finding(one: UnknownCode) -> tasks.TaskFinding:
    """Return the task's content, in the officer's words and in the operator's."""
    partner, since = named(one.partner).text, f"{local(one.first_seen):%H:%M %d/%m/%Y}"
    # Behind "--", because a code may begin with "-".
    operation, code = shlex.quote(one.operation), shlex.quote(one.code)
    record = (
        f"hub faults classify --operation {operation} --as transient|permanent|delivered"
        f' --reason "..." -- {one.partner} {code}'
    )
    return tasks.TaskFinding(
        kind=fault_classes.KIND,
        subject=one.subject,
        destination=one.partner,
        owner=WARD_IT,
        detail=both(
            "tasks.unknown_code",
            partner=partner,
            operation=one.operation,
            code=one.code,
            since=since,
        ),
        repair=both("tasks.unknown_code_repair", partner=partner, command=record),
    )
