"""Counts of what is under way; nothing here writes."""

import sqlalchemy as sa

from hub.store.engine.store import Tx
from hub.store.schema.tables.exchange import UNHANDLED, UNSETTLED, deliveries, journal


def read_one_row(tx: Tx) -> None:
    """Read one row, or find that there is none: that SQLite begins a transaction proves nothing."""
    tx.execute(sa.select(journal.c.state).limit(1)).all()


def open_count(tx: Tx) -> int:
    """Return the number of deliveries that are not final."""
    query = sa.select(sa.func.count()).select_from(deliveries).where(UNSETTLED)
    return tx.execute(query).scalar_one()


def unhandled_count(tx: Tx) -> int:
    """Return the number of accepted messages that are not handled yet."""
    waiting = journal.c.state.in_(["accepted", "early"])
    query = sa.select(sa.func.count()).where(waiting, UNHANDLED)
    return tx.execute(query).scalar_one()
