"""Closing a task by hand: once, with a reason."""

from hub.operations.signed_by import SignedBy
from hub.store.engine.store import Store
from hub.store.evidence import audit
from hub.store.repair import tasks


def close_task(store: Store, number: int, *, by: SignedBy) -> None:
    """Close an open task. Raises NoSuchTask."""
    with store.write() as tx:
        tasks.close(tx, number, **by)
        audit.record(tx, action="task.done", object=str(number), **by)
