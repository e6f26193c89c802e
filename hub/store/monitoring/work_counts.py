"""Counts of what is under way; nothing here writes."""

from datetime import datetime

import sqlalchemy as sa

from hub.store.engine.store import Tx
from hub.store.messages.parked import DISCARDED_CODE
from hub.store.schema.tables.exchange import (
    STATE_ACCEPTED,
    STATE_EARLY,
    STATE_PARKED,
    UNHANDLED,
    UNSETTLED,
    deliveries,
    journal,
)


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


def unhandled_by_state(tx: Tx) -> dict[str, int]:
    """Return how many messages are accepted, early or parked; what was discarded is not counted."""
    query = sa.select(journal.c.state, sa.func.count()).where(UNHANDLED)
    query = query.where(sa.or_(journal.c.code.is_(None), journal.c.code != DISCARDED_CODE))
    found = dict.fromkeys((STATE_ACCEPTED, STATE_EARLY, STATE_PARKED), 0)
    found.update(map(tuple, tx.execute(query.group_by(journal.c.state))))
    return found


def oldest_open(tx: Tx) -> dict[tuple[str, str], datetime]:
    """Return since when the oldest delivery of each destination and open state is open.

    The cost grows with the open deliveries, not with what was ever done.
    """
    query = sa.select(
        deliveries.c.destination, deliveries.c.state, sa.func.min(deliveries.c.created_at)
    )
    query = query.where(UNSETTLED).group_by(deliveries.c.destination, deliveries.c.state)
    return {(row[0], row[1]): row[2] for row in tx.execute(query)}
