"""Papers that were sent to printers, as the deliveries say; read without locks."""

import sqlalchemy as sa

from hub.store.engine.store import Tx
from hub.store.schema.tables.exchange import deliveries


def count_of(tx: Tx, destination: str, number: str) -> int:
    """Return how many papers of a dossier were ever sent to printers."""
    mine = (deliveries.c.destination == destination) & (deliveries.c.lane == number)
    count: int = tx.execute(sa.select(sa.func.count()).where(mine)).scalar_one()
    return count
