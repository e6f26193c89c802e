"""Makes the open tasks of one kind those of what a check found: missing ones open, others close.

Nothing is written while they are the same, so that a check at every sweep costs a read.
"""

from collections.abc import Collection, Mapping
from datetime import datetime

from hub.store.engine.store import Store
from hub.store.repair import tasks
from hub.store.repair.tasks import TaskFinding

Wanted = tuple[TaskFinding, datetime | None]
"""A task's content, and until when it is to be done."""


def match_open_tasks(
    store: Store,
    kind: str,
    wanted: Mapping[str, Wanted],
    *,
    now: datetime,
    unknown: Collection[str] = (),
) -> list[str]:
    """Open and close the tasks of a kind by subject; return the subjects of those opened.

    `unknown`: subjects that the check could say nothing about; their tasks stay as they are.
    """
    with store.read() as tx:
        known = tasks.open_of_kind(tx, kind)
    gone = [task.number for task in known if task.subject not in (*wanted, *unknown)]
    missing = sorted(wanted.keys() - {task.subject for task in known})
    if not gone and not missing:
        return []
    with store.write() as tx:
        for number in gone:
            tasks.close_gone(tx, number, now=now)
        opened = []
        for subject in missing:
            finding, due_at = wanted[subject]
            if tasks.open_once(tx, finding, due_at=due_at, now=now):
                opened.append(subject)
    return opened
