"""Seeing that somebody waits for a lock of PostgreSQL."""

import threading

import sqlalchemy as sa

from hub.store.engine.store import Store

_BLOCKED = sa.text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE wait_event_type = 'Lock' AND datname = current_database()"
)


def wait_blocked(store: Store, who: threading.Thread) -> bool:
    """Wait until somebody waits for a lock of this database; False if `who` ends without that."""
    for _ in range(1000):
        with store.read() as tx:
            if tx.execute(_BLOCKED).scalar_one():
                return True
        who.join(0.02)
        if not who.is_alive():
            return False
    raise AssertionError("nobody waits for the row")
