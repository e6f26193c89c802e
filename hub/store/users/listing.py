"""Accounts as lists show them: with their open sessions, their codes and the end of their key."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from hub.rules.users.sign_in import IDLE
from hub.store.engine.store import Tx
from hub.store.schema.tables.operators.users import (
    user_keys,
    user_recovery_codes,
    user_sessions,
    users,
)
from hub.store.users.accounts import UserAccount, account_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedAccount:
    """An account, and what the person has opened and has left."""

    account: UserAccount
    sessions: int
    codes_left: int
    key_ends_at: datetime | None


def listed(tx: Tx, *, now: datetime) -> Sequence[ListedAccount]:
    """Return every account by name, with retired ones."""
    live = sa.and_(user_sessions.c.ends_at > now, user_sessions.c.last_seen_at > now - IDLE)
    opened = dict(_counts(tx, user_sessions.c.user, live))
    codes = dict(_counts(tx, user_recovery_codes.c.user, user_recovery_codes.c.used_at.is_(None)))
    ends = sa.select(user_keys.c.user, user_keys.c.ends_at)
    keys = {row.user: row.ends_at for row in tx.execute(ends)}
    return [
        ListedAccount(
            account=account_of(row),
            sessions=opened.get(row.name, 0),
            codes_left=codes.get(row.name, 0),
            key_ends_at=keys.get(row.name),
        )
        for row in tx.execute(sa.select(users).order_by(users.c.name))
    ]


def _counts(
    tx: Tx, user: sa.ColumnElement[str], which: sa.ColumnElement[bool]
) -> Sequence[tuple[str, int]]:
    query = sa.select(user, sa.func.count()).where(which).group_by(user)
    return [(name, count) for name, count in tx.execute(query)]
