"""Heartbeats: which process runs which roles, and whether they work. One row a process.

Times are those of the process itself, so a reader on the same machine compares one clock.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from hub.store.engine.store import Tx, insert
from hub.store.schema.tables.exchange import heartbeats

SILENT_AT_MOST = timedelta(seconds=45)
"""A process that was not heard of for longer does not work: four beats, and a little for a slow
disk."""


def beat(
    tx: Tx,
    process: str,
    *,
    host: str,
    roles: str,
    started_at: datetime,
    now: datetime,
    troubles: str,
) -> None:
    """Write that the process is there now; keeps what its preflight found."""
    changing = {
        "host": host,
        "roles": roles,
        "started_at": started_at,
        "beat_at": now,
        "troubles": troubles,
    }
    statement = insert(tx, heartbeats).values(process=process, **changing)
    tx.execute(
        statement.on_conflict_do_update(index_elements=[heartbeats.c.process], set_=changing)
    )


def record_preflight(tx: Tx, process: str, *, now: datetime, findings: str) -> None:
    """Write what the preflight of a process found."""
    found = {"looked_at": now, "findings": findings}
    tx.execute(sa.update(heartbeats).where(heartbeats.c.process == process).values(found))


def forget(tx: Tx, process: str) -> None:
    """Take a process out that ended in good order."""
    tx.execute(sa.delete(heartbeats).where(heartbeats.c.process == process))


def forget_old(tx: Tx, before: datetime) -> None:
    """Take processes out that were not heard of since `before`."""
    tx.execute(sa.delete(heartbeats).where(heartbeats.c.beat_at < before))


def count_others(tx: Tx, process: str, *, role: str, since: datetime) -> int:
    """Return how many processes beside one have a role and were heard of since a time."""
    query = sa.select(heartbeats.c.roles).where(
        heartbeats.c.beat_at >= since, heartbeats.c.process != process
    )
    return sum(role in roles.split(",") for roles in tx.execute(query).scalars())


def known(tx: Tx, host: str = "") -> Sequence[sa.Row[Any]]:
    """Return the processes of a host, or of all, the one heard of last first."""
    query = sa.select(heartbeats).order_by(heartbeats.c.beat_at.desc())
    return tx.execute(query.where(heartbeats.c.host == host) if host else query).all()
