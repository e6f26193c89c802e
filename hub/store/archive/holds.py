"""Legal holds: dossiers that must stay, readable, until a person releases them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.store.engine.store import Tx, insert
from hub.store.schema.tables.archive import legal_holds


def place(tx: Tx, number: str, *, actor: str, reason: str, now: datetime) -> bool:
    """Place a hold on a dossier; False when it has one, which stays as it is."""
    values = {"number": number, "placed_at": now, "placed_by": actor, "reason": reason}
    return tx.execute(insert(tx, legal_holds).on_conflict_do_nothing(), values).rowcount == 1


def release(tx: Tx, number: str) -> bool:
    """Release a dossier; False when it has no hold."""
    return tx.execute(sa.delete(legal_holds).where(legal_holds.c.number == number)).rowcount == 1


def has(tx: Tx, number: str) -> bool:
    """Tell whether a dossier has a hold."""
    return tx.execute(sa.select(sa.exists().where(legal_holds.c.number == number))).scalar_one()


def all_of(tx: Tx) -> Sequence[sa.Row[Any]]:
    """Return every hold, oldest first."""
    return tx.execute(
        sa.select(legal_holds).order_by(legal_holds.c.placed_at, legal_holds.c.number)
    ).all()
