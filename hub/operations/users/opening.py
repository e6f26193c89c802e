"""Opening a session once a person has proven something: its row, the browser's mark, the audit."""

from dataclasses import dataclass, field
from datetime import datetime

from hub.rules.clients.api_keys import random_letters
from hub.rules.users import keys
from hub.rules.users.sign_in import LONGEST, UNFINISHED, SessionStage, masked_address
from hub.store.engine.store import Tx
from hub.store.evidence import audit
from hub.store.users import accounts, devices, sessions
from hub.store.users.accounts import UserAccount
from hub.store.users.sessions import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Browser:
    """Where an attempt comes from."""

    address: str
    mark: str = field(default="", repr=False)
    """What the browser keeps since its last sign-in, "" for nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedSession:
    """A session that was just opened, and what the browser keeps of it."""

    token: str = field(repr=False)
    stage: SessionStage
    user: str
    mark: str = field(default="", repr=False)


def open_session(
    tx: Tx, account: UserAccount, stage: SessionStage, browser: Browser, now: datetime
) -> OpenedSession:
    """Open a session at a stage."""
    token = keys.fresh_token()
    session = Session(
        id=random_letters(8),
        user=account.user.name,
        stage=stage,
        made_at=now,
        last_seen_at=now,
        ends_at=now + (LONGEST if stage is SessionStage.WHOLE else UNFINISHED),
        address=masked_address(browser.address),
    )
    sessions.add(tx, keys.digest(token), session, now=now)
    return OpenedSession(token=token, stage=stage, user=account.user.name)


def finish(
    tx: Tx, account: UserAccount, browser: Browser, how: str, now: datetime
) -> OpenedSession:
    """Open the session of a person who has proven everything; the browser is known from now on.

    `how`: what the last step was, for the audit.
    """
    name, mark = account.user.name, browser.mark
    if not mark or not devices.is_known(tx, name, keys.digest(mark), now=now):
        mark = keys.fresh_token()
    devices.used(tx, name, keys.digest(mark), now=now)
    stage = SessionStage.PASSWORD if account.password_given else SessionStage.WHOLE
    accounts.signed_in(tx, name, now=now)
    record(tx, account, "users.sign_in", now, object=how)
    opened = open_session(tx, account, stage, browser, now)
    return OpenedSession(token=opened.token, stage=stage, user=name, mark=mark)


def record(
    tx: Tx,
    account: UserAccount,
    action: str,
    now: datetime,
    *,
    object: str = "",
    allowed: bool = True,
) -> None:
    """Write into the audit what an attempt at an account came to."""
    name = f"{account.user.name} {object}".strip()
    audit.record(tx, account.user.actor, action, object=name, allowed=allowed, now=now)
