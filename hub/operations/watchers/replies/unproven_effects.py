"""Raises one task for each delivery whose effect asking could not settle: which field, what to do.

It is closed by itself when a person has resolved the delivery, in whatever way. The timer looks
once a sweep; what it finds is a row, so nothing is raised twice after a restart or by two timers.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.messages import catalog
from hub.messages.partners import named
from hub.operations.watchers.office_hours import due_within
from hub.records.rulebook import Rulebook
from hub.rules.actors import BY_HUB
from hub.rules.owners import CLERK
from hub.runtime.telemetry import Event, log
from hub.store.engine.store import Store
from hub.store.repair import tasks
from hub.store.repair.replies import unproven_effects as unproven
from hub.store.repair.replies.unproven_effects import Left
from hub.texts import Text, both, joined

TIME_TO_RESOLVE = timedelta(hours=4)
"""Office hours until a task is due: the dossier's later messages wait for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnprovenEffects:
    """Keeps no state; `rules` has the calendar by which a task is due."""

    store: Store
    rules: Rulebook

    def check(self, now: datetime) -> int:
        """Close the tasks that have become needless, raise those that are missing; say how many."""
        with self.store.read() as tx:
            found, needless = unproven.untold(tx), tasks.some_are(tx, unproven.NEEDLESS)
        if not found and not needless:
            return 0
        due = due_within(self.rules, now, TIME_TO_RESOLVE)
        with self.store.write() as tx:
            tasks.close_all(tx, unproven.NEEDLESS, actor=BY_HUB, reason="resolved", now=now)
            raised = [
                one for one in found if tasks.open_once(tx, finding(one), due_at=due, now=now)
            ]
        for one in raised:
            log.warning(
                Event.EFFECT_UNPROVEN,
                delivery=one.id,
                destination=one.destination,
                differs=one.differs,
            )
        return len(raised)


def finding(one: Left) -> tasks.TaskFinding:
    """Return the task's content, in the officer's words and in the operator's."""
    names = named(one.destination)
    values = {"partner": names.text, "id": one.id}
    repair = [both("tasks.unproven_repair", **values)]
    if one.differs:
        repair.append(both("tasks.unproven_differs", field=one.differs))
        if one.destination in catalog.PARTNERS:
            repair.append(both("tasks.unproven_profile", setting=names.profile_setting))
    return tasks.TaskFinding(
        kind=unproven.KIND,
        subject=one.number,
        destination=one.destination,
        owner=CLERK,
        detail=both("tasks.unproven", id=one.id, why=Text.read(one.detail)),
        repair=joined(" ", repair),
    )
