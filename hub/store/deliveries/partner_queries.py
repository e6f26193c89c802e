"""Queries to partners that belong to no delivery's attempts, of the last hour, for the quotas."""

from datetime import datetime

import sqlalchemy as sa

from hub.store.engine.store import Tx
from hub.store.schema.tables.contracts import partner_queries as table


def add(tx: Tx, destination: str, *, now: datetime, since: datetime) -> None:
    """Count a query that is made now; what is older than `since` goes."""
    tx.execute(sa.delete(table).where(table.c.at <= since))
    tx.execute(sa.insert(table).values(destination=destination, at=now))


def made_since(tx: Tx, destination: str, since: datetime) -> list[datetime]:
    """Return when a partner was queried."""
    query = sa.select(table.c.at).where(table.c.destination == destination, table.c.at > since)
    return list(tx.execute(query).scalars())
