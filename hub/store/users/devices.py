"""Browsers that a person signed in with: their failures are counted apart, see `sign_in_failures`.

Kept is the sha256 of a mark that the browser keeps. A known browser proves nothing: it still needs
password and code.
"""

from datetime import datetime

import sqlalchemy as sa

from hub.rules.users.sign_in import DEVICE_LASTS, MOST_DEVICES
from hub.store.engine.store import Tx, insert
from hub.store.schema.tables.operators.users import user_devices


def is_known(tx: Tx, name: str, digest: str, *, now: datetime) -> bool:
    """Return whether a person has signed in with the browser of that mark."""
    query = sa.select(user_devices.c.last_used_at).where(
        user_devices.c.digest == digest, user_devices.c.user == name
    )
    used_at: datetime | None = tx.execute(query).scalar_one_or_none()
    return used_at is not None and now < used_at + DEVICE_LASTS


def used(tx: Tx, name: str, digest: str, *, now: datetime) -> None:
    """Remember a browser; what the person has beyond the most is forgotten, the oldest first.

    Trap: a mark belongs to one person. On a shared computer the next person gets another mark.
    """
    row = {"digest": digest, "user": name, "last_used_at": now}
    known = insert(tx, user_devices).values(**row)
    known = known.on_conflict_do_update(
        index_elements=[user_devices.c.digest],
        set_={"last_used_at": now},
        where=user_devices.c.user == name,
    )
    tx.execute(known)
    newest = (
        sa.select(user_devices.c.digest)
        .where(user_devices.c.user == name)
        .order_by(user_devices.c.last_used_at.desc(), user_devices.c.digest)
        .limit(MOST_DEVICES)
    )
    surplus = sa.delete(user_devices).where(
        user_devices.c.user == name, user_devices.c.digest.not_in(newest)
    )
    tx.execute(surplus)


def forget_all(tx: Tx, name: str) -> None:
    """Forget every browser of a person."""
    tx.execute(sa.delete(user_devices).where(user_devices.c.user == name))
