"""Calls of clients within any 60 seconds, counted for all processes together.

The count and the call are one transaction with a lock for the client, so that two processes cannot
both take the last call. Times are those of the processes: a clock that is a second off moves the
window by that second. What is older than the window is deleted as the next call is counted.
"""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from hub.store.engine.store import Tx, insert
from hub.store.schema.tables.clients import client_calls

WINDOW = timedelta(seconds=60)


def reserve(tx: Tx, client: str, wanted: int, *, most: int, now: datetime) -> int:
    """Count up to `wanted` calls of a client now; return how many there was room for."""
    _lock(tx, client)
    second = int(now.timestamp())
    oldest = second - int(WINDOW.total_seconds())
    tx.execute(
        sa.delete(client_calls).where(
            client_calls.c.client == client, client_calls.c.second <= oldest
        )
    )
    # A clock that was ahead leaves a second of the future: it counts until that time has passed.
    made = sa.select(sa.func.coalesce(sa.func.sum(client_calls.c.calls), 0)).where(
        client_calls.c.client == client
    )
    count: int = tx.execute(made).scalar_one()
    room = max(0, min(wanted, most - count))
    if room:
        row = insert(tx, client_calls).values(client=client, second=second, calls=room)
        tx.execute(
            row.on_conflict_do_update(
                index_elements=[client_calls.c.client, client_calls.c.second],
                set_={"calls": client_calls.c.calls + room},
            )
        )
    return room


def free_at(tx: Tx, client: str, *, now: datetime) -> datetime:
    """Return when the oldest counted call leaves the window, `now` where none is counted."""
    oldest = tx.execute(
        sa.select(sa.func.min(client_calls.c.second)).where(client_calls.c.client == client)
    ).scalar_one()
    if oldest is None:
        return now
    return datetime.fromtimestamp(oldest, tz=UTC) + WINDOW + timedelta(seconds=1)


def _lock(tx: Tx, client: str) -> None:
    if tx.dialect.name == "postgresql":
        lock = sa.func.pg_advisory_xact_lock(sa.func.hashtext(f"calls of {client}"))
        tx.execute(sa.select(lock))
