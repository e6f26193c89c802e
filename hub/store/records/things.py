"""What a right is asked for: the sector and the partners of a delivery or a dossier."""

import sqlalchemy as sa

from hub.rules.users.scope import WHOLE, Thing
from hub.store.engine.store import Tx
from hub.store.schema.tables.exchange import deliveries
from hub.store.schema.tables.records import dossiers


def of_number(tx: Tx, number: str) -> Thing:
    """Return the sector of a dossier; WHOLE for one that is not there."""
    query = sa.select(dossiers.c.sector).where(dossiers.c.number == number)
    sector = tx.execute(query).scalar()
    return Thing(sector=sector) if sector else WHOLE


def of_delivery(tx: Tx, id: int) -> Thing:
    """Return the sector of a delivery's dossier and its destination; WHOLE for one not there."""
    query = (
        sa.select(deliveries.c.destination, dossiers.c.sector)
        .join_from(deliveries, dossiers, dossiers.c.number == deliveries.c.lane, isouter=True)
        .where(deliveries.c.id == id)
    )
    row = tx.execute(query).one_or_none()
    if row is None:
        return WHOLE
    return Thing(sector=row.sector or "", partners=frozenset({row.destination}))
