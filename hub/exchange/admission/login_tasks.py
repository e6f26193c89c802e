"""A pause that a person has to end is one task, however many dossiers wait for its end.

Opened in the transaction that shows the pause, one for a partner and fault code. It is closed by
itself when no operation of the partner is paused with that code and no delivery waits with it. A
partner that accepted a call counts as not paused, although only a few go out at once.
"""

from datetime import datetime

from hub.messages.partners import named
from hub.rules.calls.circuit import Phase
from hub.rules.failures.errors import FAULTS
from hub.rules.failures.login_remedies import TASKS
from hub.rules.owners import WARD_IT
from hub.store.deliveries.pauses import Pause
from hub.store.engine.store import Tx
from hub.store.repair import tasks
from hub.store.repair.replies import login_tasks
from hub.texts import both


def raise_finding(tx: Tx, pause: Pause, now: datetime) -> bool:
    """Open the task of a pause; False where it needs none or has one.

    A pause that ramps needs none: the partner has accepted a call since.
    """
    if pause.code not in TASKS or pause.phase == Phase.RAMPING:
        return False
    partner, operation = named(pause.destination).text, pause.operation
    found = tasks.TaskFinding(
        kind=login_tasks.KIND,
        subject=pause.code,
        destination=pause.destination,
        owner=WARD_IT,
        detail=both(
            "tasks.paused", partner=partner, operation=operation, fault=FAULTS[pause.code].text
        ),
        repair=both(f"faults.{pause.code}_to_do"),
    )
    return tasks.open_once(tx, found, due_at=None, now=now)


def close_findings(tx: Tx, destination: str, now: datetime) -> int:
    """Close the tasks whose cause is gone, after a pause was lifted; return how many."""
    return login_tasks.close_gone(tx, destination, now=now)
