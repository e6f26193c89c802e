"""Failed sign-ins by source (see `hub.rules.users.sign_in`), for all processes together.

An attempt counts as failed before it is checked, and the count is taken back when it was right: so
a hundred attempts at once are a hundred attempts. What is a day old is deleted, and so is the
oldest beyond the most, so that strangers cannot fill the table.
"""

from datetime import datetime

import sqlalchemy as sa

from hub.rules.users.sign_in import FORGOTTEN, wait_after
from hub.store.engine.store import Tx, insert
from hub.store.schema.tables.users import sign_in_failures as failures

MOST = 10_000


def begin(tx: Tx, source: str, *, now: datetime) -> datetime | None:
    """Count an attempt as failed; None where it may be made, else when the next one may."""
    _lock(tx)
    tx.execute(sa.delete(failures).where(failures.c.last_at <= now - FORGOTTEN))
    row = tx.execute(sa.select(failures).where(failures.c.source == source)).one_or_none()
    if row is not None and row.free_at > now:
        free_at: datetime = row.free_at
        return free_at
    count = 1 if row is None else row.failures + 1
    values = {"failures": count, "last_at": now, "free_at": now + wait_after(count)}
    statement = insert(tx, failures).values(source=source, **values)
    tx.execute(statement.on_conflict_do_update(index_elements=[failures.c.source], set_=values))
    if row is None:
        _delete_surplus(tx)
    return None


def succeeded(tx: Tx, source: str) -> None:
    """Begin the count of a source anew."""
    tx.execute(sa.delete(failures).where(failures.c.source == source))


def _delete_surplus(tx: Tx) -> None:
    count: int = tx.execute(sa.select(sa.func.count()).select_from(failures)).scalar_one()
    if count <= MOST:
        return
    oldest = sa.select(failures.c.source).order_by(failures.c.last_at).limit(count - MOST)
    tx.execute(sa.delete(failures).where(failures.c.source.in_(oldest)))


def _lock(tx: Tx) -> None:
    if tx.dialect.name == "postgresql":
        lock = sa.func.pg_advisory_xact_lock(sa.func.hashtext("sign-in failures"))
        tx.execute(sa.select(lock))
