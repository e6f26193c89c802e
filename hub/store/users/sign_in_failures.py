"""Failed sign-ins by source (see `hub.rules.users.sign_in`), for all processes together.

An attempt counts as failed before it is checked, and the count is taken back when it was right: so
a hundred attempts at once are a hundred attempts. What is a day old is deleted. Strangers cannot
fill the table: beyond the most the oldest row goes, first of those that wait for nothing, so that
nobody pushes out a wait.
"""

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

from hub.rules.users.sign_in import FORGOTTEN, FREE, wait_after
from hub.store.engine.store import Tx, insert
from hub.store.schema.tables.operators.users import sign_in_failures as failures

MOST = 10_000


def begin(
    tx: Tx, source: str, *, now: datetime, account: str = "", free: int = FREE
) -> datetime | None:
    """Count an attempt as failed; None where it may be made, else when the next one may.

    `account`: whose it is, as `hub.rules.users.sign_in.account_of` says; `free`: failures in a row
    without a wait.
    """
    lock(tx)
    tx.execute(sa.delete(failures).where(failures.c.last_at <= now - FORGOTTEN))
    row = tx.execute(sa.select(failures).where(failures.c.source == source)).one_or_none()
    if row is not None and row.free_at > now:
        free_at: datetime = row.free_at
        return free_at
    count = 1 if row is None else row.failures + 1
    wait = wait_after(count, free=free)
    values = {"failures": count, "last_at": now, "free_at": now + wait, "account": account}
    statement = insert(tx, failures).values(source=source, **values)
    tx.execute(statement.on_conflict_do_update(index_elements=[failures.c.source], set_=values))
    if row is None:
        _delete_surplus(tx, now)
    return None


def free_at(tx: Tx, sources: Collection[str], *, now: datetime) -> datetime | None:
    """Return when the last of the sources may try again; None where all may now. Counts nothing."""
    query = sa.select(sa.func.max(failures.c.free_at)).where(
        failures.c.source.in_(sources), failures.c.free_at > now
    )
    found: datetime | None = tx.execute(query).scalar()
    return found


def counted(tx: Tx, source: str) -> int:
    """Return how many attempts of a source are counted."""
    query = sa.select(failures.c.failures).where(failures.c.source == source)
    found: int = tx.execute(query).scalar() or 0
    return found


def discount(tx: Tx, source: str, *, now: datetime) -> None:
    """Take back one attempt that was right, and its wait; those before it stay counted."""
    lock(tx)
    tx.execute(sa.delete(failures).where(failures.c.source == source, failures.c.failures <= 1))
    statement = sa.update(failures).where(failures.c.source == source)
    tx.execute(statement.values(failures=failures.c.failures - 1, free_at=now))


def succeeded(tx: Tx, source: str) -> None:
    """Begin the count of a source anew."""
    tx.execute(sa.delete(failures).where(failures.c.source == source))


def forget_account(tx: Tx, account: str) -> None:
    """Begin every count of an account anew."""
    tx.execute(sa.delete(failures).where(failures.c.account == account))


def _delete_surplus(tx: Tx, now: datetime) -> None:
    there: int = tx.execute(sa.select(sa.func.count()).select_from(failures)).scalar_one()
    if there <= MOST:
        return
    waits = sa.case((failures.c.free_at > now, 1), else_=0)
    oldest = sa.select(failures.c.source).order_by(waits, failures.c.last_at).limit(there - MOST)
    tx.execute(sa.delete(failures).where(failures.c.source.in_(oldest)))


def lock(tx: Tx) -> None:
    """Have attempts counted one after the other until the transaction ends."""
    if tx.dialect.name == "postgresql":
        taken = sa.func.pg_advisory_xact_lock(sa.func.hashtext("sign-in failures"))
        tx.execute(sa.select(taken))
