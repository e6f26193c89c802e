"""Codes that stand in for a person's lost device, each for one use; kept is the sha256."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from hub.store.engine.store import Tx
from hub.store.schema.tables.operators.users import user_recovery_codes as codes


def replace(tx: Tx, name: str, digests: Sequence[str]) -> None:
    """Give a person other codes; the old ones are worth nothing."""
    tx.execute(sa.delete(codes).where(codes.c.user == name))
    tx.execute(sa.insert(codes), [{"user": name, "digest": digest} for digest in digests])


def use(tx: Tx, name: str, digest: str, *, now: datetime) -> bool:
    """Use up a code; False where the person has no such code, or it was used before."""
    statement = sa.update(codes).where(codes.c.user == name, codes.c.digest == digest)
    return tx.execute(statement.where(codes.c.used_at.is_(None)).values(used_at=now)).rowcount == 1


def left(tx: Tx, name: str) -> int:
    """Return how many codes a person has left."""
    query = sa.select(sa.func.count()).where(codes.c.user == name, codes.c.used_at.is_(None))
    found: int = tx.execute(query).scalar_one()
    return found
