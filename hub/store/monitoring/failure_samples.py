"""Samples of the groups of failures: how many deliveries of each waited for a person.

Kept for a week, a row each five minutes, so that a trend costs a few rows and no delivery is read.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa

from hub.store.engine.store import Tx, insert
from hub.store.schema.tables.repair import failure_samples as table

KEPT = timedelta(days=7)
EVERY = timedelta(minutes=5)
Group = tuple[str, str, str]
"""Destination, operation, code."""
Points = list[tuple[datetime, int]]


def newest(tx: Tx) -> datetime | None:
    """Return when the last sample was collected."""
    return tx.execute(sa.select(sa.func.max(table.c.at))).scalar()


def groups_at(tx: Tx, at: datetime) -> set[Group]:
    """Return the groups of a sample that still had deliveries."""
    query = sa.select(table.c.destination, table.c.operation, table.c.code)
    rows = tx.execute(query.where(table.c.at == at, table.c["count"] > 0))
    return {(row.destination, row.operation, row.code) for row in rows}


def record(tx: Tx, counts: Mapping[Group, int], *, now: datetime) -> None:
    """Keep a sample; delete those that are too old for any chart."""
    rows = [
        {"destination": destination, "operation": operation, "code": code, "at": now, "count": n}
        for (destination, operation, code), n in counts.items()
    ]
    if rows:
        tx.execute(insert(tx, table).on_conflict_do_nothing(), rows)
    tx.execute(sa.delete(table).where(table.c.at < now - KEPT))


def of_groups(
    tx: Tx, groups: Iterable[Group], *, since: datetime, each: timedelta = EVERY
) -> dict[Group, Points]:
    """Return the samples of groups from a moment on, oldest first, one of each part of time.

    `each`: the length of the parts; of several samples in one the largest count is returned.
    """
    wanted = list(groups)
    if not wanted:
        return {}
    part = sa.type_coerce(table.c.at, sa.BigInteger) // (each // timedelta(microseconds=1))
    keys = (table.c.destination, table.c.operation, table.c.code)
    query = (
        sa.select(*keys, sa.func.max(table.c.at).label("last"))
        .add_columns(sa.func.max(table.c["count"]).label("most"))
        .where(sa.tuple_(*keys).in_(wanted), table.c.at >= since)
        .group_by(*keys, part)
        .order_by(*keys, part)
    )
    found: dict[Group, Points] = {group: [] for group in wanted}
    for row in tx.execute(query):
        found[row.destination, row.operation, row.code].append((row.last, row.most))
    return found
