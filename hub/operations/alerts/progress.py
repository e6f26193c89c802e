"""Whether the hub makes progress: its processes beat without trouble, database and broker answer.

A device that is switched off is no silence of the hub: an alert of its own tells of it.
"""

from collections.abc import Callable
from datetime import datetime

from hub.operations.devices.source_troubles import own_troubles
from hub.ports import BrokerUnavailable
from hub.runtime.process.processes import present
from hub.store.engine.store import Store, is_away
from hub.store.monitoring import heartbeats


def standstill(store: Store, query_broker: Callable[[], object] | None, now: datetime) -> str:
    """Return what does not work, "" where all does.

    `query_broker` raises BrokerUnavailable; None where no broker is to be reached.
    """
    try:
        with store.read() as tx:
            rows = heartbeats.known(tx)
    except Exception as error:
        if not is_away(error):
            raise
        return "database"
    if query_broker is not None:
        try:
            query_broker()
        except BrokerUnavailable:
            return "broker"
    there = present(rows, now)
    if not there:
        return "no process"
    for row in there:
        if own_troubles(row) or now - row.beat_at > heartbeats.SILENT_AT_MOST:
            return f"process {row.process} ({row.roles})"
    return ""
