"""Keys of persons for the command line, one each; kept is the sha256."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from hub.store.engine.store import Tx
from hub.store.schema.tables.operators.users import user_keys


@dataclass(frozen=True, slots=True, kw_only=True)
class UserKey:
    """A key as it is kept."""

    digest: str
    user: str
    made_at: datetime
    ends_at: datetime
    last_used_at: datetime | None = None
    issued_by: str = ""
    """The account that made it; "" where nobody was named."""


def replace(
    tx: Tx, name: str, digest: str, *, ends_at: datetime, now: datetime, by: str = ""
) -> None:
    """Give a person a key in the place of the one that the person has; `by`: who made it."""
    remove(tx, name)
    row = {"user": name, "digest": digest, "made_at": now, "ends_at": ends_at, "issued_by": by}
    tx.execute(sa.insert(user_keys), row)


def remove(tx: Tx, name: str) -> None:
    """Take a person's key away."""
    tx.execute(sa.delete(user_keys).where(user_keys.c.user == name))


def of_user(tx: Tx, name: str) -> UserKey | None:
    """Return a person's key."""
    row = tx.execute(sa.select(user_keys).where(user_keys.c.user == name)).one_or_none()
    return None if row is None else UserKey(**row._asdict())


def used(tx: Tx, name: str, *, now: datetime) -> None:
    """Write down that a person's key was used."""
    tx.execute(sa.update(user_keys).where(user_keys.c.user == name).values(last_used_at=now))
