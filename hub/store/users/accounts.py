"""The accounts of persons by name. Nothing is deleted: a name never becomes somebody else's."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.rules.users.rights import UserRole
from hub.rules.users.user import User
from hub.store.engine.store import Tx, insert
from hub.store.schema.tables.operators.users import users
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
    password_by: str
    """The account that chose the password; "" for the user, and where nobody was named."""
    code_salt: str = field(repr=False)
    codes_by: str
    """The account that gave the secret of the codes, or linked an identity, until the user chose a
    password since."""
    code_step: int
    """The step of the last one-time code that was used."""
    introduced_by: str
    """The account that added this one, or reset it, or made it an approver; "" once another
    approver confirmed the person, and where nobody was named."""
    locked_at: datetime | None = None
    """Since when it opens nothing, until a person unlocks it."""
    last_sign_in_at: datetime | None = None
    issuer: str = ""
    """The provider of identities that it is linked to, "" for none."""
    subject: str = field(default="", repr=False)
    """What that provider calls the person."""

    @property
    def is_active(self) -> bool:
        """Return whether the account opens anything: it is neither retired nor locked."""
        return self.retired_at is None and self.locked_at is None

    @property
    def version(self) -> str:
        """Return a mark of all that persons decide about the account; a page acts on that."""
        user = self.user
        decided = (
            *(user.full_name, user.role.value, sorted(user.sectors), user.language.value),
            *(self.retired_at is None, self.locked_at is None, self.issuer, self.subject),
            *(self.code_salt, self.password_at.isoformat(), self.introduced_by),
        )
        made = json.dumps(decided, ensure_ascii=False)
        return hashlib.sha256(made.encode()).hexdigest()[:16]


def are_there(tx: Tx) -> bool:
    """Return whether there is an account that is not retired."""
    query = sa.select(users.c.name).where(users.c.retired_at.is_(None)).limit(1)
    return tx.execute(query).first() is not None


def add(tx: Tx, user: User, *, password: str, code_salt: str, now: datetime, by: str = "") -> bool:
    """Add an account with the hash of a password that another person chose, the account `by`.

    False where its name was given before, also to one that is retired.
    """
    row = _row_of(user) | {"name": user.name, "made_at": now, "code_salt": code_salt}
    row |= {"password": password, "password_at": now, "password_given": True}
    row |= {"password_by": by, "codes_by": by}
    return tx.execute(insert(tx, users).on_conflict_do_nothing(), row).rowcount == 1


def named(tx: Tx, name: str) -> UserAccount | None:
    """Return an account, None where there is none; a retired one, too."""
    return _one(tx, sa.select(users).where(users.c.name == name))


def locked(tx: Tx, name: str) -> UserAccount | None:
    """Return an account as `named` does; it is locked until the transaction ends."""
    return _one(tx, sa.select(users).where(users.c.name == name).with_for_update())


def lock_all(tx: Tx) -> None:
    """Let roles change, and accounts retire, one after the other until the transaction ends.

    Else two that manage accounts retire each other at once, and none is left. SQLite has one writer
    anyway.
    """
    if tx.dialect.name == "postgresql":
        lock = sa.func.pg_advisory_xact_lock(sa.func.hashtext("roles of accounts"))
        tx.execute(sa.select(lock))


def all_of(tx: Tx) -> Sequence[UserAccount]:
    """Return every account by name."""
    return [account_of(row) for row in tx.execute(sa.select(users).order_by(users.c.name))]


def change(tx: Tx, user: User) -> None:
    """Write what a user is anew; the caller has locked the row."""
    tx.execute(sa.update(users).where(users.c.name == user.name).values(**_row_of(user)))


def retire(tx: Tx, name: str, *, now: datetime) -> None:
    """Retire an account; the caller has locked the row."""
    tx.execute(sa.update(users).where(users.c.name == name).values(retired_at=now))


def set_password(
    tx: Tx, name: str, password: str, *, given: bool, now: datetime, by: str = ""
) -> None:
    """Keep the hash of another password; `given`: another person than the user chose it, `by`.

    A password of the user's own ends what another person gave before, the secret of codes too: the
    user has shown a code to choose it.
    """
    values = {"password": password, "password_at": now, "password_given": given, "password_by": by}
    values |= {} if given else {"codes_by": ""}
    tx.execute(sa.update(users).where(users.c.name == name).values(**values))


def keep_hash(tx: Tx, name: str, password: str, *, instead_of: str) -> None:
    """Keep another hash of the same password, unless the password was changed meanwhile."""
    statement = sa.update(users).where(users.c.name == name, users.c.password == instead_of)
    tx.execute(statement.values(password=password))


def set_code_salt(tx: Tx, name: str, salt: str, *, by: str = "") -> None:
    """Give the person's one-time codes another secret; those of the old one are worth nothing.

    `by`: the account that gives it.
    """
    values = {"code_salt": salt, "code_step": 0, "codes_by": by}
    tx.execute(sa.update(users).where(users.c.name == name).values(**values))


def introduce(tx: Tx, name: str, *, by: str) -> None:
    """Keep which account introduced a person; "": the person is confirmed."""
    tx.execute(sa.update(users).where(users.c.name == name).values(introduced_by=by))


def lock(tx: Tx, name: str, *, at: datetime | None) -> None:
    """Have an account open nothing from a moment on; None: it works again."""
    tx.execute(sa.update(users).where(users.c.name == name).values(locked_at=at))


def signed_in(tx: Tx, name: str, *, now: datetime) -> None:
    """Write down that the person finished a sign-in."""
    tx.execute(sa.update(users).where(users.c.name == name).values(last_sign_in_at=now))


def link(tx: Tx, name: str, *, issuer: str | None, subject: str | None, by: str = "") -> None:
    """Keep what a provider of identities calls the person; None: it is linked to none.

    `by`: the account that links. Trap: an identity may stand for the codes, too, so who gave it is
    kept as who gives codes is, until the user chose a password, which no identity can.
    """
    values = {"issuer": issuer, "subject": subject}
    values |= {"codes_by": by} if by not in ("", name) else {}
    tx.execute(sa.update(users).where(users.c.name == name).values(**values))


def linked(tx: Tx, issuer: str, subject: str) -> UserAccount | None:
    """Return the account of an identity, None where none is linked; one that is not active, too."""
    same = sa.and_(users.c.issuer == issuer, users.c.subject == subject)
    return _one(tx, sa.select(users).where(same))


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
        password_by=row.password_by,
        code_salt=row.code_salt,
        codes_by=row.codes_by,
        code_step=row.code_step,
        introduced_by=row.introduced_by,
        locked_at=row.locked_at,
        last_sign_in_at=row.last_sign_in_at,
        issuer=row.issuer or "",
        subject=row.subject or "",
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
