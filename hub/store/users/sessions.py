"""Sessions of the console: which token is whose, how far its sign-in has come, when it ends.

Kept is the sha256 of the token. A session that is revoked or over is deleted; the audit says that
it was there. Reading one takes no lock.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from hub.rules.users.sign_in import IDLE, MOST_SESSIONS, SessionStage
from hub.store.engine.store import Tx
from hub.store.schema.tables.operators.users import user_sessions, users
from hub.store.users.accounts import UserAccount, account_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A session as lists show it."""

    id: str
    user: str
    stage: SessionStage
    made_at: datetime
    last_seen_at: datetime
    ends_at: datetime
    address: str
    """Without its last part."""

    def is_live(self, now: datetime) -> bool:
        """Return whether the session opens anything at `now`."""
        return now < self.ends_at and now < self.last_seen_at + IDLE


_SHOWN = [user_sessions.c[name] for name in Session.__slots__]


def add(tx: Tx, digest: str, session: Session, *, now: datetime) -> None:
    """Keep a session; what the person has beyond the most is deleted, the oldest first."""
    _delete_ended(tx, session.user, now)
    row = {name: getattr(session, name) for name in Session.__slots__} | {"digest": digest}
    tx.execute(sa.insert(user_sessions), row)
    newest = (
        sa.select(user_sessions.c.id)
        .where(user_sessions.c.user == session.user)
        .order_by(user_sessions.c.made_at.desc(), user_sessions.c.id)
        .limit(MOST_SESSIONS)
    )
    surplus = sa.delete(user_sessions).where(
        user_sessions.c.user == session.user, user_sessions.c.id.not_in(newest)
    )
    tx.execute(surplus)


def by_digest(tx: Tx, digest: str, *, now: datetime) -> tuple[Session, UserAccount] | None:
    """Return the live session of a token with its account, None where there is none."""
    query = sa.select(*_SHOWN).where(user_sessions.c.digest == digest)
    row = tx.execute(query).one_or_none()
    if row is None:
        return None
    session = _session(row)
    account = tx.execute(sa.select(users).where(users.c.name == session.user)).one()
    found = account_of(account)
    return (session, found) if session.is_live(now) and found.is_active else None


def of_user(tx: Tx, name: str, *, now: datetime) -> Sequence[Session]:
    """Return a person's live sessions, the last used first."""
    query = sa.select(*_SHOWN).where(user_sessions.c.user == name)
    found = tx.execute(query.order_by(user_sessions.c.last_seen_at.desc(), user_sessions.c.id))
    return [session for row in found if (session := _session(row)).is_live(now)]


def seen(tx: Tx, id: str, *, now: datetime) -> None:
    """Write down that a session was used."""
    statement = sa.update(user_sessions).where(user_sessions.c.id == id)
    tx.execute(statement.values(last_seen_at=now))


def end(tx: Tx, id: str, *, user: str) -> bool:
    """End a session of a person; False where the person has no such session."""
    statement = sa.delete(user_sessions).where(
        user_sessions.c.id == id, user_sessions.c.user == user
    )
    return tx.execute(statement).rowcount == 1


def end_all(tx: Tx, user: str, *, but: str = "") -> int:
    """End all sessions of a person but one; return how many."""
    statement = sa.delete(user_sessions).where(
        user_sessions.c.user == user, user_sessions.c.id != but
    )
    return tx.execute(statement).rowcount


def _delete_ended(tx: Tx, user: str, now: datetime) -> None:
    over = sa.or_(user_sessions.c.ends_at <= now, user_sessions.c.last_seen_at <= now - IDLE)
    tx.execute(sa.delete(user_sessions).where(user_sessions.c.user == user, over))


def _session(row: "sa.Row[tuple[object, ...]]") -> Session:
    values = row._asdict()
    return Session(**values | {"stage": SessionStage(values["stage"])})
