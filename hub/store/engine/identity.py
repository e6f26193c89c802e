"""The store's id: which store this is, by a name that lies in the store itself.

Promises that the id never changes and that a copy has it too: a database that was put back from a
backup, or moved to another machine, is the same store. So it does not tell two copies apart.
"""

import re
import secrets
from datetime import datetime

import sqlalchemy as sa

from hub.store.engine.store import Tx, insert
from hub.store.schema.tables.exchange import store_identity

_LONGEST_HOST = 20


def known(tx: Tx) -> str:
    """Return the store's id, "" as long as it has none."""
    found: str | None = tx.execute(sa.select(store_identity.c.id)).scalar()
    return found or ""


def ensure_id(tx: Tx, wanted: str) -> str:
    """Give the store the id `wanted` unless it has one; return the one that it has."""
    tx.execute(insert(tx, store_identity).values(one=1, id=wanted).on_conflict_do_nothing())
    return known(tx)


def fresh(*, host: str, now: datetime) -> str:
    """Return a new id. Where and when the store was made is in it, so that a person knows it."""
    place = re.sub(r"[^a-z0-9]+", "-", host.lower()).strip("-")[:_LONGEST_HOST] or "host"
    return f"{place}-{now:%Y%m%d}-{secrets.token_hex(4)}"
