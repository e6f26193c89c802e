"""What a client may use once, remembered for all processes until its call would be too old."""

from datetime import datetime

import sqlalchemy as sa

from hub.store.engine.store import Tx, insert
from hub.store.schema.tables.clients import used_nonces


def use(tx: Tx, client: str, digest: str, *, until: datetime, now: datetime) -> bool:
    """Remember a nonce by its sha256; False where the client used it before."""
    if tx.dialect.name == "postgresql":  # two that delete the same rows must not wait in a circle
        lock = sa.func.pg_advisory_xact_lock(sa.func.hashtext(f"nonces of {client}"))
        tx.execute(sa.select(lock))
    tx.execute(
        sa.delete(used_nonces).where(used_nonces.c.client == client, used_nonces.c.until <= now)
    )
    row = {"client": client, "digest": digest, "until": until}
    return tx.execute(insert(tx, used_nonces).on_conflict_do_nothing(), row).rowcount == 1
