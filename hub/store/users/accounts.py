"""The accounts of persons by name. Nothing is deleted: a name never becomes somebody else's."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.rules.users.rights import UserRole
from hub.rules.users.user import User
from hub.store.engine.store import Tx, insert
from hub.store.schema.tables.users import users
from hub.texts import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class UserAccount:
    """A user, and what the user proves to be that person with."""

    user: User
    made_at: datetime
    retired_at: datetime | None
    password: str = field(repr=False)
    """Its argon2 hash."""
    password_at: datetime
    password_given: bool
    """Whether another person chose it, so that it has to be changed first."""
    code_salt: str = field(repr=False)
    code_step: int
    """The step of the last one-time code that was used."""


def are_there(tx: Tx) -> bool:
    """Return whether there is an account that is not retired."""
    query = sa.select(users.c.name).where(users.c.retired_at.is_(None)).limit(1)
    return tx.execute(query).first() is not None


def add(tx: Tx, user: User, *, password: str, code_salt: str, now: datetime) -> bool:
    """Add an account with the hash of a password that another person chose.

    False where its name was given before, also to one that is retired.
    """
    row = _row_of(user) | {"name": user.name, "made_at": now, "code_salt": code_salt}
    row |= {"password": password, "password_at": now, "password_given": True}
    return tx.execute(insert(tx, users).on_conflict_do_nothing(), row).rowcount == 1


def named(tx: Tx, name: str) -> UserAccount | None:
    """Return an account, None where there is none; a retired one, too."""
    return _one(tx, sa.select(users).where(users.c.name == name))


def locked(tx: Tx, name: str) -> UserAccount | None:
    """Return an account as `named` does; it is locked until the transaction ends."""
    return _one(tx, sa.select(users).where(users.c.name == name).with_for_update())


def all_of(tx: Tx) -> Sequence[UserAccount]:
    """Return every account by name."""
    return [account_of(row) for row in tx.execute(sa.select(users).order_by(users.c.name))]


def change(tx: Tx, user: User) -> None:
    """Write what a user is anew; the caller has locked the row."""
    tx.execute(sa.update(users).where(users.c.name == user.name).values(**_row_of(user)))


def retire(tx: Tx, name: str, *, now: datetime) -> None:
    """Retire an account; the caller has locked the row."""
    tx.execute(sa.update(users).where(users.c.name == name).values(retired_at=now))


def set_password(tx: Tx, name: str, password: str, *, given: bool, now: datetime) -> None:
    """Keep the hash of another password; `given`: another person than the user chose it."""
    values = {"password": password, "password_at": now, "password_given": given}
    tx.execute(sa.update(users).where(users.c.name == name).values(**values))


def keep_hash(tx: Tx, name: str, password: str, *, instead_of: str) -> None:
    """Keep another hash of the same password, unless the password was changed meanwhile."""
    statement = sa.update(users).where(users.c.name == name, users.c.password == instead_of)
    tx.execute(statement.values(password=password))


def set_code_salt(tx: Tx, name: str, salt: str) -> None:
    """Give the person's one-time codes another secret; those of the old one are worth nothing."""
    tx.execute(sa.update(users).where(users.c.name == name).values(code_salt=salt, code_step=0))


def use_step(tx: Tx, name: str, step: int, *, salt: str) -> bool:
    """Use up a step of one-time codes; False where it, or a later one, was used before."""
    statement = sa.update(users).where(
        users.c.name == name, users.c.code_salt == salt, users.c.code_step < step
    )
    return tx.execute(statement.values(code_step=step)).rowcount == 1


def account_of(row: sa.Row[Any]) -> UserAccount:
    """Return the account of a row that has the columns of `users`."""
    user = User(
        name=row.name,
        full_name=row.full_name,
        role=UserRole(row.role),
        sectors=frozenset(json.loads(row.sectors)),
        language=Language(row.language),
    )
    return UserAccount(
        user=user,
        made_at=row.made_at,
        retired_at=row.retired_at,
        password=row.password,
        password_at=row.password_at,
        password_given=row.password_given,
        code_salt=row.code_salt,
        code_step=row.code_step,
    )


def _one(tx: Tx, query: sa.Select[Any]) -> UserAccount | None:
    row = tx.execute(query).one_or_none()
    return None if row is None else account_of(row)


def _row_of(user: User) -> dict[str, object]:
    return {
        "full_name": user.full_name,
        "role": user.role.value,
        "sectors": json.dumps(sorted(user.sectors), ensure_ascii=False),
        "language": user.language.value,
    }
